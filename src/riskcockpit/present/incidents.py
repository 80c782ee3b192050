"""Incidents as words and columns: states, clocks against their limits, means."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from riskcockpit.domain.incident import Incident, IncidentState
from riskcockpit.domain.kpi import KpiState
from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.text import Glyphs, Mark, age, duration, severity_token, state_mark, until
from riskcockpit.views.incidents import IncidentView

_KIN = {
    IncidentState.OPEN: KpiState.ALARM,
    IncidentState.ACKNOWLEDGED: KpiState.WARN,
    IncidentState.CONTAINED: KpiState.WARN,
    IncidentState.RESOLVED: KpiState.OK,
    IncidentState.REVIEWED: KpiState.OK,
}


def incident_mark(state: IncidentState, glyphs: Glyphs) -> Mark:
    """Return word, symbol and token of how far an incident has come."""
    kin = state_mark(_KIN[state], glyphs)
    return Mark(state.value.upper(), kin.symbol, kin.token)


def acknowledge_clock(each: Incident, now: datetime) -> tuple[str, str]:
    """Return how the clock to acknowledge stands, and its token."""
    if each.acknowledged_at is not None:
        late = each.acknowledged_at > each.acknowledge_due_at
        return f"after {_took(each, each.acknowledged_at)}", "warn" if late else "ok"
    if each.state.is_over:
        return "never", "muted"
    if now > each.acknowledge_due_at:
        return until(each.acknowledge_due_at, now), "alarm"
    return f"due {until(each.acknowledge_due_at, now)}", "warn"


def contain_clock(each: Incident, now: datetime) -> tuple[str, str]:
    """Return how the clock to contain stands, and its token."""
    if each.contained_at is not None:
        by = f" by {each.contained_by.value}" if each.contained_by else ""
        return f"after {_took(each, each.contained_at)}{by}", "ok"
    return f"{age(each.detected_at, now)} so far", "alarm"


def means(found: Iterable[Incident]) -> str:
    """Return the mean times to acknowledge, to contain and to resolve, with how many each is of."""
    known = list(found)
    marks: tuple[tuple[str, list[timedelta]], ...] = (
        (
            "acknowledge",
            [e.acknowledged_at - e.detected_at for e in known if e.acknowledged_at],
        ),
        ("contain", [e.contained_at - e.detected_at for e in known if e.contained_at]),
        ("resolve", [e.resolved_at - e.detected_at for e in known if e.resolved_at]),
    )
    words = [
        f"{what} {duration(sum(took, timedelta()).total_seconds() / len(took))} ({len(took)})"
        for what, took in marks
        if took
    ]
    return f"mean to {', '.join(words)}" if words else "no clock has stopped yet"


def _took(each: Incident, at: datetime) -> str:
    return duration((at - each.detected_at).total_seconds())


def _state(row: IncidentView, frame: Frame) -> Cell:
    mark = incident_mark(row.incident.state, frame.glyphs)
    return Cell(str(mark), mark.token)


def _clock(text: tuple[str, str]) -> Cell:
    return Cell(*text)


def _contained(row: IncidentView, frame: Frame) -> Cell:
    words, token = contain_clock(row.incident, frame.now)
    return Cell(words, token, words.partition(" by ")[0])


def _review(row: IncidentView, frame: Frame) -> Cell:
    each = row.incident
    if each.reviewed_at is not None:
        return Cell("done", "ok")
    late = each.is_review_overdue(frame.now)
    return Cell(until(each.review_due_at, frame.now), "alarm" if late else "muted")


def _steps(steps: Sequence[object], done: int) -> str:
    return f"{done}/{len(steps)}" if steps else ""


INCIDENTS: tuple[Column[IncidentView], ...] = (
    Column("state", "state", _state, 14, rank=0),
    Column(
        "severity",
        "severity",
        lambda row, _: Cell(row.incident.severity.word, severity_token(row.incident.severity)),
        8,
        rank=2,
    ),
    Column("title", "incident", lambda row, _: Cell(row.incident.title), 26, grow=3, rank=0),
    Column("owner", "owner", lambda row, _: Cell(row.incident.owner or "nobody"), 14, rank=5),
    Column(
        "detected",
        "age",
        lambda row, frame: Cell(age(row.incident.detected_at, frame.now)),
        7,
        Align.RIGHT,
        rank=3,
    ),
    Column(
        "acknowledged",
        "acknowledged",
        lambda row, frame: _clock(acknowledge_clock(row.incident, frame.now)),
        13,
        rank=0,
    ),
    Column(
        "contained",
        "contained",
        _contained,
        14,
        grow=2,
        rank=1,
    ),
    Column(
        "steps",
        "steps",
        lambda row, _: Cell(_steps(row.steps, sum(step.is_done for step in row.steps))),
        5,
        Align.RIGHT,
        rank=6,
    ),
    Column("review", "review", _review, 10, rank=7),
)
