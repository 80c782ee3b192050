"""What all corrections share: the rule they rest on, their preview, their signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.money import Money
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import InputError, RefusedError
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.previews import closed
from riskcockpit.services.rows import finding_rows
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import DecisionPreview, DecisionResult

SAMPLE = 20
"""Findings shown in a preview."""
LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction as somebody would like it."""

    type: EntryType
    title: str
    consequence: str
    target: str
    data: Mapping[str, Any]
    """What its entry says beside the grounds."""
    findings: tuple[str, ...] = ()
    """The findings that change."""
    warnings: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    blocker: RefusedError | None = None
    """Why it cannot be done."""


def plan(desk: Desk, wish: Correction) -> DecisionPreview:
    """Return the preview of a correction; what speaks against it is in `blockers`."""
    blocker = wish.blocker
    rule = blocker.rule if blocker is not None else ""
    try:
        rule = rule or desk.permit(Deed.CORRECT).id
    except RefusedError as error:
        blocker, rule = error, error.rule
    settings = desk.ctx.settings
    sample = _rows(desk.ctx, wish.findings)
    return DecisionPreview(
        title=wish.title,
        consequence=wish.consequence,
        target=wish.target,
        context=settings.context.name,
        is_production=settings.context.production,
        calls=(),
        rule=rule,
        needs=(),
        blockers=(blocker.message,) if blocker else closed(desk),
        warnings=wish.warnings,
        findings=sample[:SAMPLE],
        finding_count=len(wish.findings),
        exposure=Money.total((row.exposure for row in sample), settings.currency),
        facts=wish.facts,
    )


def decide(desk: Desk, wish: Correction) -> DecisionResult:
    """Sign a correction and publish what follows from it.

    Raises:
        RefusedError: it cannot be done, or this person may not; nothing was written.
        LedgerError: it cannot be signed.
    """
    if wish.blocker is not None:
        raise wish.blocker
    rule = desk.permit(Deed.CORRECT)
    entry = desk.sign(wish.type, {**wish.data, **desk.grounds(rule)})
    message = desk.finish()
    return DecisionResult(desk.decision(entry, rule, wish.title), (), message)


def reason_of(text: str) -> str:
    """Return the reason of a correction, clean.

    Raises:
        InputError: it is empty or too long.
    """
    words = clean_text(text).strip()
    if not words or len(words) > LONGEST_REASON:
        raise InputError(f"a reason has 1 to {LONGEST_REASON} characters, not {len(words)}")
    return words


def _rows(ctx: Context, ids: Sequence[str]) -> tuple[Any, ...]:
    if not ids:
        return ()
    with ctx.store.reader() as reader:
        found = reader.rows(sql("services", "decide_findings"), ids=list(ids))
    return finding_rows(found, ctx.settings.currency)
