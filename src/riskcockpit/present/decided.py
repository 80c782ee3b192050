"""What became of a decision in a word or two, for the cockpit and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from riskcockpit.domain.decision import DecisionState, EntryType

if TYPE_CHECKING:
    from riskcockpit.views.governance import DecisionResult

_GRANTED: Mapping[EntryType, str] = {
    EntryType.WAIVER_REJECTED: "rejected",
    EntryType.APPROVAL_REJECTED: "rejected",
    EntryType.WAIVER_REVOKED: "revoked",
    EntryType.APPROVAL_GRANTED: "approved",
    EntryType.ROLLBACK_APPROVED: "approved",
    EntryType.IDENTITY_MERGED: "merged",
    EntryType.IDENTITY_SPLIT: "split",
    EntryType.CLOSURE_RELEASED: "released",
    EntryType.NOTE: "noted",
    EntryType.UNDO: "undone",
}


def outcome(result: DecisionResult) -> str:
    """Return as `granted`, `rejected`, `requested`; with an action what became of it upstream."""
    decision = result.decision
    if decision.state is not DecisionState.GRANTED:
        is_answer = decision.type in _GRANTED
        return f"{_GRANTED[decision.type]}, not complete" if is_answer else decision.state.value
    if result.actions:
        return result.actions[-1].state.replace("_", " ")
    return _GRANTED.get(decision.type, decision.state.value)
