"""Incidents of the bank: one that goes on, one that automation contained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from riskcockpit.domain.incident import ContainedBy, Incident, IncidentEvent
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import UnknownNameError
from riskcockpit.views.incidents import IncidentView, StepView
from support.bank_posture import NOW, finding_id


def incidents() -> tuple[IncidentView, ...]:
    began = NOW - timedelta(minutes=6)
    opened = IncidentEvent(began, "opened", "eng", "accuracy 0.81 is below 0.9", "0a" * 32)
    going = Incident(
        id="1a" * 32, rule="model-breach", subject="fraud-scoring",
        title="fraud-scoring: a model is beyond its limits", severity=Severity.CRITICAL,
        owner="payments-risk", alerts=(finding_id(3),), detected_at=began,
        acknowledge_due_at=began + timedelta(minutes=15), acknowledged_at=None, contained_at=None,
        contained_by=None, resolved_at=None, escalated_at=None, review_due_at=None,
        reviewed_at=None, timeline=(opened,), steps=(("model-breach", "look"),),
    )  # fmt: skip
    then = NOW - timedelta(days=3)
    answer = IncidentEvent(then + timedelta(minutes=4), "contained", "automation", "to v11", "0b")
    over = replace(
        going, id="2b" * 32, subject="credit-default", title="credit-default: beyond its limits",
        detected_at=then, acknowledge_due_at=then + timedelta(minutes=15),
        acknowledged_at=then + timedelta(minutes=4), contained_at=then + timedelta(minutes=4),
        contained_by=ContainedBy.AUTOMATION, resolved_at=then + timedelta(minutes=14),
        review_due_at=NOW - timedelta(hours=2), timeline=(replace(opened, at=then), answer),
    )  # fmt: skip
    steps = (
        StepView("look", "Read all sources again", "sync", is_done=True),
        StepView("data", "Rule out bad data", "", is_done=False),
        StepView("contain", "Roll back to the last approved version", "rollback", is_done=False),
    )
    return (IncidentView(going, "model-breach", steps), IncidentView(over))


class FakeIncidents:
    """Answers what the cockpit asks of incidents."""

    incidents_shown: tuple[IncidentView, ...]

    def _wait(self) -> None:
        raise NotImplementedError

    def incidents(self) -> tuple[IncidentView, ...]:
        self._wait()
        return self.incidents_shown

    def incident(self, id_: str) -> IncidentView:
        self._wait()
        for each in self.incidents_shown:
            if each.incident.id == id_:
                return each
        raise UnknownNameError(f"no incident {id_}", hint="riskcockpit incident list")


def hostile_incidents(text: Sequence[str]) -> tuple[IncidentView, ...]:
    """Every text of an incident tries to act."""
    return tuple(
        replace(
            view,
            incident=replace(
                view.incident, title=text[index], subject=text[index + 3], owner=text[index + 5],
                timeline=tuple(
                    IncidentEvent(NOW, each, each, each, each) for each in text
                ),
            ),
            runbook=text[index + 7],
            steps=tuple(StepView(each, each, each, is_done=False) for each in text),
        )
        for index, view in enumerate(incidents())
    )  # fmt: skip
