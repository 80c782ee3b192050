"""Setting aside what somebody damaged of their own chain: named, kept, and counting for nothing."""

from __future__ import annotations

import msgspec

from riskcockpit.decisions.damages import KEY, SetAside, is_by_another
from riskcockpit.decisions.ends import DECIDES
from riskcockpit.decisions.roles import Deed, Rule, role_words
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import InputError, RefusedError, UnknownNameError
from riskcockpit.ledger.damage import Damage
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.previews import preview_of
from riskcockpit.views.governance import DecisionPreview, DecisionResult

RULE = "set-aside-another"
"""What is damaged is set aside by somebody else than its writer, who may decide."""
LONGEST_REASON = 4_000


def damaged_chains(ctx: Context) -> tuple[str, ...]:
    """Return the chains of which a part is damaged and nobody dealt with that.

    Raises:
        LedgerError: the ledger does not verify for other reasons, or cannot be read.
    """
    return tuple(_damaged(Desk(ctx)))


def plan_set_aside(ctx: Context, chain: str, reason: str) -> DecisionPreview:
    """Say what setting the damaged part of a chain aside would do; raises as `set_aside`."""
    desk = Desk(ctx)
    damage = _damage(desk, chain)
    _reason(reason)
    try:
        _permit(desk, damage)
        blockers: tuple[str, ...] = ()
    except RefusedError as error:
        blockers = (error.message,)
    return preview_of(
        desk,
        f"Set aside {chain} from entry {damage.entries} on",
        "The bytes stay and count for nothing, as now; verification names them as a note then.",
        chain,
        RULE,
        blockers=blockers,
        facts=(
            ("damage", damage.problems[0].why if damage.problems else ""),
            ("good entries", f"{damage.entries}, the last is {damage.last}"),
            ("set aside", f"{len(damage.rest)} bytes, SHA-256 {damage.digest}"),
        ),
    )


def set_aside(ctx: Context, chain: str, reason: str) -> DecisionResult:
    """Sign which bytes of a chain are damaged; the ledger verifies again then, with a notice.

    Raises:
        UnknownNameError: nothing of this chain is damaged.
        InputError: its writer can repair it, or no reason was given.
        RefusedError: this is the writer, or somebody who may not decide.
        LedgerError: the ledger does not verify for other reasons, or cannot be written.
    """
    desk = Desk(ctx)
    damage = _damage(desk, chain)
    words = _reason(reason)
    rule = _permit(desk, damage)
    said = {"subject": "ledger", "text": words, KEY: msgspec.to_builtins(SetAside.of(damage))}
    entry = desk.sign(EntryType.NOTE, {**said, **desk.grounds(rule)})
    message = desk.finish()
    summary = f"{len(damage.rest)} bytes of {chain} from entry {damage.entries} on are set aside"
    return DecisionResult(desk.decision(entry, rule, summary), (), message)


def _damaged(desk: Desk) -> dict[str, Damage]:
    open_ = {problem.chain for problem in desk.report.confined}
    return {each.chain: each for each in desk.damage if each.chain in open_}


def _damage(desk: Desk, chain: str) -> Damage:
    found = _damaged(desk)
    if chain not in found:
        known = ", ".join(sorted(found)) or "`riskcockpit ledger verify` names what is"
        raise UnknownNameError(f"nothing of {chain!r} is damaged", hint=f"damaged: {known}")
    if found[chain].is_torn:
        raise InputError(
            f"the last line of {chain} is torn and nothing else: its writer repairs that",
            hint="`riskcockpit ledger repair`; where they left, `riskcockpit keys revoke`",
        )
    return found[chain]


def _permit(desk: Desk, damage: Damage) -> Rule:
    rule = desk.permit(Deed.NOTE)
    if not is_by_another(desk.principal, damage.chain, desk.roles):
        raise RefusedError(
            f"{desk.principal} wrote {damage.chain}, and sets nothing of it aside",
            rule=RULE,
            hint="another person does, who may decide",
        )
    if not desk.signature().roles & DECIDES:
        raise RefusedError(
            f"{desk.principal} may not set anything aside: {role_words(DECIDES)} may", rule=RULE
        )
    return rule


def _reason(text: str) -> str:
    words = clean_text(text).strip()
    if not words or len(words) > LONGEST_REASON:
        raise InputError(
            f"a reason has 1 to {LONGEST_REASON} characters, not {len(words)}",
            hint="as --comment 'disk fault of 3 May, ticket 812'",
        )
    return words
