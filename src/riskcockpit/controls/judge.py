"""From rows to a verdict: pure. Nothing here can turn missing or old evidence into a pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from riskcockpit.domain.control import ControlResult, ControlRow, RowStatus, Verdict

REQUIRED = ("resource", "status", "reason")
"""The columns every control returns, as text; every other column is a dimension."""
_STATUSES = {status.value: status for status in RowStatus}


def judged(
    control_id: str,
    at: datetime,
    rows: Sequence[ControlRow],
    outdated: Sequence[str],
) -> ControlResult:
    """Return the result of a control that ran; `outdated` says which inputs are too old.

    The order is: an error is an error; no rows, or only skipped ones, is `no_data`; old inputs
    are `stale`; an alarm that no waiver covers is an alarm; the rest is ok.
    """
    verdict, message = _verdict(rows, outdated)
    return ControlResult(control_id, verdict, tuple(rows), at, message)


def failed(control_id: str, at: datetime, why: str) -> ControlResult:
    """Return the result of a control that could not run at all."""
    row = ControlRow(control_id, RowStatus.ERROR, why)
    return ControlResult(control_id, Verdict.ERROR, (row,), at, why)


def rows_of(names: Sequence[str], found: Iterable[Sequence[Any]]) -> list[ControlRow]:
    """Read the rows of a control; one that breaks the contract becomes an `error` row.

    An error row keeps its dimensions.
    """
    resource_at, status_at, reason_at = (names.index(name) for name in REQUIRED)
    others = [(name, place) for place, name in enumerate(names) if name not in REQUIRED]
    rows = []
    for values in found:
        resource, status, reason = values[resource_at], values[status_at], values[reason_at]
        dimensions = {
            name: "" if (value := values[place]) is None else str(value) for name, place in others
        }
        known = _STATUSES.get(status)
        if known is None or resource is None or reason is None:
            rows.append(_faulty(resource, status, reason, dimensions))
        else:
            rows.append(ControlRow(resource, known, reason, dimensions))
    return rows


def _faulty(
    resource: str | None, status: str | None, reason: str | None, dimensions: Mapping[str, str]
) -> ControlRow:
    if resource is None:
        return ControlRow("?", RowStatus.ERROR, "the resource is NULL", dimensions)
    if reason is None:
        return ControlRow(resource, RowStatus.ERROR, "the reason is NULL", dimensions)
    known = ", ".join(_STATUSES)
    why = f"the status is {status!r}, not one of {known}"
    return ControlRow(resource, RowStatus.ERROR, why, dimensions)


def outdated(
    inputs: Mapping[str, timedelta | None],
    freshness: Mapping[str, datetime | None],
    at: datetime,
) -> tuple[str, ...]:
    """Return one sentence for each input whose newest row is older than it may be."""
    found = []
    for table, max_age in inputs.items():
        if max_age is None:
            continue
        newest = freshness.get(table)
        if newest is None:
            found.append(f"{table} is empty")
        elif at - newest > max_age:
            age = _hours(at - newest)
            found.append(f"{table} is {age} old, {_hours(max_age)} at most is allowed")
    return tuple(found)


def _verdict(rows: Sequence[ControlRow], outdated_inputs: Sequence[str]) -> tuple[Verdict, str]:
    errors = [row for row in rows if row.status is RowStatus.ERROR]
    if errors:
        return Verdict.ERROR, f"{errors[0].resource}: {errors[0].reason}"
    if not rows:
        why = outdated_inputs[0] if outdated_inputs else "there is nothing to judge"
        return Verdict.NO_DATA, why
    if all(row.status is RowStatus.SKIP for row in rows):
        return Verdict.NO_DATA, "every resource was skipped"
    if outdated_inputs:
        return Verdict.STALE, "; ".join(outdated_inputs)
    if any(row.status is RowStatus.ALARM and not row.is_waived for row in rows):
        return Verdict.ALARM, ""
    return Verdict.OK, ""


def _hours(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if hours >= 1 else f"{hours * 60:.0f} min"
