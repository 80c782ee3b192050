"""The JSON documents about incidents: records → plain values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from riskcockpit.cli.documents import Json, document, plain
from riskcockpit.cli.subjects import preview

if TYPE_CHECKING:  # a command imports only what it shows
    from riskcockpit.config.incidents import Runbook
    from riskcockpit.domain.incident import Incident
    from riskcockpit.services.runbook_steps import StepDone


def listed(found: Iterable[Incident], now: datetime) -> Json:
    """`incident list --json`."""
    return document("incidents", incidents=[_incident(each, now) for each in found])


def shown(found: Incident, now: datetime) -> Json:
    """`incident show --json`, and after every step."""
    timeline = [
        {
            "at": plain(event.at),
            "kind": event.kind,
            "actor": event.actor,
            "detail": event.detail,
            "entry": event.entry,
        }
        for event in found.timeline
    ]
    return document(
        "incident", **_incident(found, now), alerts=list(found.alerts), timeline=timeline
    )


def _incident(each: Incident, now: datetime) -> Json:
    return {
        "id": each.id,
        "rule": each.rule,
        "subject": each.subject,
        "title": each.title,
        "severity": each.severity.word,
        "state": each.state.value,
        "owner": each.owner,
        "alert_count": len(each.alerts),
        "detected_at": plain(each.detected_at),
        "acknowledge_due_at": plain(each.acknowledge_due_at),
        "acknowledged_at": plain(each.acknowledged_at),
        "contained_at": plain(each.contained_at),
        "contained_by": each.contained_by.value if each.contained_by else "",
        "resolved_at": plain(each.resolved_at),
        "despite_alarms": each.is_despite_alarms,
        "escalated_at": plain(each.escalated_at),
        "review_due_at": plain(each.review_due_at),
        "reviewed_at": plain(each.reviewed_at),
        "review_overdue": each.is_review_overdue(now),
    }


def runbooks(found: Iterable[Runbook]) -> Json:
    """`incident runbooks --json`."""
    books = [
        {
            "id": book.id,
            "title": book.title,
            "rules": list(book.rules),
            "steps": [
                {"id": step.id, "title": step.title, "do": step.do or "", "say": step.say}
                for step in book.steps
            ],
        }
        for book in found
    ]
    return document("runbooks", runbooks=books)


def walked(book: Runbook, steps: Sequence[StepDone], seconds: float | None = None) -> Json:
    """`incident run --json` and `incident drill --json`."""
    return document(
        "runbook_run",
        runbook=book.id,
        dry_run=False,
        complete=all(each.is_done for each in steps),
        seconds=None if seconds is None else round(seconds, 3),
        steps=[_step(each, each.state) for each in steps],
    )


def foreseen(book: Runbook, steps: Sequence[StepDone]) -> Json:
    """`incident run --dry-run --json`: what each step would do."""
    return document(
        "runbook_run",
        runbook=book.id,
        dry_run=True,
        complete=False,
        seconds=None,
        steps=[_step(each, "would") for each in steps],
    )


def _step(each: StepDone, state: str) -> Json:
    return {
        "id": each.step.id,
        "title": each.step.title,
        "state": state,
        "done": state == "done",
        "waits_for": each.waits_for.value if each.waits_for else "",
        "waits_for_person": each.waits_for is not None and each.waits_for.value == "person",
        "detail": each.detail,
        "hint": each.hint,
        "warnings": list(each.warnings),
        "preview": None if each.preview is None else preview(each.preview),
    }
