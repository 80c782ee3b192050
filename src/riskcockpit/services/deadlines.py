"""What became of the deadlines of a finding, in words: kept, missed, put off, none at all.

A deadline that was missed stays missed: neither a late fix nor another severity undoes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.severity import Severity
from riskcockpit.store.sql import sql
from riskcockpit.views.findings import PastDeadline

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Reader


def past_deadlines(reader: Reader, id_: str) -> tuple[PastDeadline, ...]:
    """Return the deadlines of a finding that are over, oldest first."""
    rows = reader.rows(sql("services", "finding_past_deadlines"), id=id_)
    return tuple(PastDeadline(due_at, Severity(severity), at) for due_at, severity, at in rows)


def about_deadlines(
    due_at: datetime | None,
    severity: Severity,
    fixed_at: datetime | None,
    past: Sequence[PastDeadline],
) -> Iterator[str]:
    """Say how each deadline ended, and what the present one is."""
    for one in past:
        yield f"an earlier deadline, {rfc3339(one.due_at)}, was {_came(one.due_at, one.ended_at)}"
    if due_at is None:
        yield f"no deadline: there is none for {severity.word} findings, so it cannot be missed"
    elif fixed_at is not None:
        yield f"its deadline, {rfc3339(due_at)}, was {_came(due_at, fixed_at)}"
    else:
        yield f"to be fixed by {rfc3339(due_at)}"


def _came(due_at: datetime, ended_at: datetime) -> str:
    if ended_at <= due_at:
        return f"kept, {_span(due_at - ended_at)} before it"
    return f"missed by {_span(ended_at - due_at)}, which stays on record"


def _span(span: timedelta) -> str:
    hours = int(span.total_seconds() // 3600)
    return f"{hours // 24} d" if hours >= 48 else f"{hours} h"  # noqa: PLR2004 - two days
