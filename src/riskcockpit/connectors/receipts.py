"""What acting upstream answers with: receipts, and errors in words."""

from __future__ import annotations

from collections.abc import Mapping

from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.action import Action, Outcome, Receipt
from riskcockpit.domain.clock import Clock
from riskcockpit.errors import ForbiddenError, RiskcockpitError

_FORBIDDEN = 403


def receipt(
    clock: Clock,
    action: Action,
    outcome: Outcome,
    message: str,
    evidence: Mapping[str, str] | None = None,
) -> Receipt:
    """Return the receipt of `action` as of now."""
    return Receipt(action.id, outcome, clock.now(), message, dict(evidence or {}))


def with_hint(error: RiskcockpitError) -> str:
    """Return an error in one sentence, with what to do."""
    return f"{error.message}; {error.hint}" if error.hint else error.message


def answered(error: RiskcockpitError, *statuses: int) -> bool:
    """Whether the source answered with one of the statuses."""
    if isinstance(error, ForbiddenError):
        return _FORBIDDEN in statuses
    return isinstance(error, StatusError) and error.status in statuses
