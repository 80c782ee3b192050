"""Incidents, runbooks and their steps as text."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from riskcockpit.cli import output
from riskcockpit.cli.diagnostics import say
from riskcockpit.cli.pages import preview
from riskcockpit.domain.ids import short
from riskcockpit.present.text import duration, plural

if TYPE_CHECKING:  # a command imports only what it shows
    from riskcockpit.config.incidents import Runbook
    from riskcockpit.domain.incident import Incident
    from riskcockpit.services.runbook_steps import StepDone


def listed(found: Iterable[Incident], now: datetime) -> None:
    """Print one line for each incident."""
    rows = tuple(found)
    if not rows:
        say("no incident goes on, and none waits for its review")
    for each in rows:
        age = duration((now - each.detected_at).total_seconds())
        late = "  REVIEW OVERDUE" if each.is_review_overdue(now) else ""
        owner = each.owner or "nobody"
        output.line(
            f"{short(each.id)}  {each.severity.word:<8}  {each.state.value:<12}  {age:>8}  "
            f"{owner}  {each.title}{late}"
        )


def shown(each: Incident, now: datetime) -> None:
    """Print one incident with its clocks and its timeline."""
    output.line(f"{each.title}  {each.severity.word}  {each.state.value.upper()}")
    by = f" by {each.contained_by.value}" if each.contained_by else ""
    review = _moment(each.reviewed_at)
    if each.reviewed_at is None and each.review_due_at is not None:
        overdue = ", OVERDUE" if each.is_review_overdue(now) else ""
        review = f"due {_moment(each.review_due_at)}{overdue}"
    clocks = {
        "id": each.id,
        "owner": each.owner or "nobody",
        "alarms": plural(len(each.alerts), "finding"),
        "detected": _moment(each.detected_at),
        "acknowledged": _took(each, each.acknowledged_at)
        or f"not yet, due {_moment(each.acknowledge_due_at)}",
        "contained": f"{_took(each, each.contained_at) or 'not yet'}{by}",
        "resolved": _resolved(each),
        "escalated": _moment(each.escalated_at) or "no",
        "review": review or "none is due yet",
    }
    for label, value in clocks.items():
        output.line(f"  {label:<14}{value}")
    output.line("timeline")
    for event in each.timeline:
        output.line(f"  {_moment(event.at)}  {event.kind:<12}  {event.actor}  {event.detail}")


def runbooks(found: Iterable[Runbook]) -> None:
    """Print every runbook with its steps."""
    for book in found:
        output.line(f"{book.id}  {book.title}")
        for number, step in enumerate(book.steps, 1):
            how = f"do {step.do}" if step.do else "by hand"
            output.line(f"  {number}. {step.id:<10}  {how:<12}  {step.title}")


def step(each: StepDone) -> None:
    """Print what came of a step."""
    mark = each.state if each.is_done else each.state.upper()
    output.line(f"{mark:<6}  {each.step.id:<10}  {each.step.title}: {each.detail}")


def foreseen(each: StepDone) -> None:
    """Print what a step would do."""
    mark = "by you" if each.step.do is None else "would"
    if each.step.do == "rollback" and each.preview is None:
        mark = "nothing" if each.is_done else f"would {each.state}"
    output.line(f"{mark:<12}  {each.step.id:<10}  {each.step.title}: {each.detail}")
    if each.preview is not None:
        for row in preview(each.preview).splitlines():
            output.line(f"  {row}")


def _resolved(each: Incident) -> str:
    despite = ", although its alarms stood" if each.is_despite_alarms else ""
    return f"{_took(each, each.resolved_at)}{despite}" or "not yet"


def _took(each: Incident, at: datetime | None) -> str:
    if at is None:
        return ""
    return f"{_moment(at)}, after {duration((at - each.detected_at).total_seconds())}"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else ""
