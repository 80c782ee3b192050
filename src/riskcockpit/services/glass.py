"""Breaking the glass: one person decides at once what takes several, and is reviewed afterwards."""

from __future__ import annotations

from typing import Any

from riskcockpit.decisions.requests import BREAK_GLASS, glass_rule
from riskcockpit.decisions.roles import Rule
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import InputError, RefusedError
from riskcockpit.services.desk import Desk

LONGEST_REASON = 2_000


def broken_glass(
    desk: Desk, rule: Rule, reason: str, severity: Severity = Severity.INFO
) -> dict[str, Any]:
    """Return what an ask under `rule` says of its broken glass; nothing without a `reason`.

    Raises:
        InputError: the reason is too short or too long, or one key is enough anyway.
        RefusedError: no rule lets this person do it.
    """
    words = clean_text(reason).strip()
    if not reason:
        return {}
    least = desk.waiver_limits.min_justification
    if not least <= len(words) <= LONGEST_REASON:
        raise InputError(
            f"the reason has {len(words)} characters, it needs {least} to {LONGEST_REASON}",
            hint="say why it cannot wait for a second person",
        )
    if rule.keys == 1:
        raise InputError(
            f"one key is enough for this ({rule.id}): no glass needs to be broken",
            hint="leave --break-glass away",
        )
    glass = glass_rule(desk.roles, desk.signature(), severity, is_production=desk.is_production)
    if glass is None:
        raise RefusedError(
            f"{desk.principal} may not break the glass",
            rule="break-glass",
            hint="`riskcockpit roles explain break-glass` says who may",
        )
    due = rfc3339((desk.now + glass.review_within).replace(microsecond=0))
    return {BREAK_GLASS: {"rule": glass.id, "reason": words, "review_by": due}}


def review_words(data: dict[str, Any]) -> str:
    """Return until when a decision has to be reviewed, in words; empty when it has not."""
    glass = data.get(BREAK_GLASS)
    return f"to be reviewed by another person until {glass['review_by']}" if glass else ""
