"""Deadlines of a finding in words: the one in force, and those that are over."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from riskcockpit.present.text import stamp, until

if TYPE_CHECKING:
    from riskcockpit.views.findings import FindingDetail, PastDeadline


def deadline(view: FindingDetail, now: datetime) -> str:
    """Return when it is due, or was and whether that was kept; empty without a deadline."""
    due_at = view.row.due_at
    if due_at is None:
        return ""
    if view.fixed_at is None:
        return f"{stamp(due_at)}, {until(due_at, now)}"
    return f"{stamp(due_at)}, {'missed' if view.fixed_at > due_at else 'kept'}"


def past_deadline(one: PastDeadline) -> str:
    """Return when an earlier deadline was, and whether it was kept."""
    return f"{stamp(one.due_at)}, {'missed' if one.is_missed else 'kept'}"
