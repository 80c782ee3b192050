"""Incidents: alarms that belong together, and what people and automation did about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from riskcockpit.domain.severity import Severity


class IncidentState(StrEnum):
    """How far an incident has come."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CONTAINED = "contained"
    RESOLVED = "resolved"
    REVIEWED = "reviewed"

    @property
    def is_over(self) -> bool:
        """Whether nothing is going on any more."""
        return self in (IncidentState.RESOLVED, IncidentState.REVIEWED)


class ContainedBy(StrEnum):
    """What took the fault out of production."""

    AUTOMATION = "automation"
    PERSON = "person"
    END = "end"
    """Its alarms ended by themselves."""


@dataclass(frozen=True, slots=True)
class IncidentEvent:
    """Something in the timeline of an incident."""

    at: datetime
    kind: str
    """As `opened`, `acknowledged`, `contained`, `step`."""
    actor: str
    detail: str
    entry: str
    """Hash of the entry that says so."""


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as the ledger knows it."""

    id: str
    """Hash of the entry that opened it."""
    rule: str
    subject: str
    title: str
    severity: Severity
    owner: str
    """Empty: nobody yet."""
    alerts: tuple[str, ...]
    """Ids of findings."""
    detected_at: datetime
    acknowledge_due_at: datetime
    acknowledged_at: datetime | None
    contained_at: datetime | None
    contained_by: ContainedBy | None
    resolved_at: datetime | None
    escalated_at: datetime | None
    review_due_at: datetime | None
    """None: none is due, or it is not resolved yet."""
    reviewed_at: datetime | None
    timeline: tuple[IncidentEvent, ...]
    """In time order."""
    steps: tuple[tuple[str, str], ...]
    """(runbook, step) of what was done, in order, since it opened or last began anew."""
    is_despite_alarms: bool = False
    """Somebody said that it is over while its alarms stood: it goes on once they stand for longer,
    and counts as resolved when they end."""
    escalated_to: str = ""
    """Who is to be told of the escalation; empty: whoever has it."""

    @property
    def state(self) -> IncidentState:
        """How far it has come."""
        marks = (
            (self.reviewed_at, IncidentState.REVIEWED),
            (self.resolved_at, IncidentState.RESOLVED),
            (self.contained_at, IncidentState.CONTAINED),
            (self.acknowledged_at, IncidentState.ACKNOWLEDGED),
        )
        return next((state for at, state in marks if at is not None), IncidentState.OPEN)

    @property
    def containment(self) -> IncidentEvent | None:
        """What contained it; None while nothing does."""
        return next(
            (
                event
                for event in self.timeline
                if event.kind in ("contained", "resolved")
                and max(event.at, self.detected_at) == self.contained_at
            ),
            None,
        )

    def is_review_overdue(self, now: datetime) -> bool:
        """Whether its review should have been by `now`."""
        return (
            self.review_due_at is not None and self.reviewed_at is None and now > self.review_due_at
        )


@dataclass(frozen=True, slots=True)
class Drill:
    """A runbook that was walked through against simulators."""

    id: str
    runbook: str
    is_passed: bool
    seconds: float
    at: datetime
    actor: str
