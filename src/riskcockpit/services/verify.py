"""Questions about the ledger: does it verify, and what is in it."""

from __future__ import annotations

from riskcockpit.decisions.wording import subject_of, summary_of
from riskcockpit.errors import LedgerError
from riskcockpit.ledger.canonical import canonical
from riskcockpit.ledger.verify import verify
from riskcockpit.services.context import Context
from riskcockpit.services.record import examined
from riskcockpit.views.governance import LedgerRow, VerifyReport
from riskcockpit.views.posture import LedgerState


def verify_ledger(ctx: Context) -> VerifyReport:
    """Verify every byte, link, signature, checkpoint and object of the ledger, from scratch.

    Raises:
        LedgerError: it cannot be read at all.
    """
    return verify(ctx.paths.ledger, ctx.clock.now())


def ledger_state(ctx: Context) -> LedgerState:
    """Return what the header says of the ledger: whether it verifies, and this writer's head.

    Signatures found good before are not computed again, so it is cheap enough for every refresh.
    """
    try:
        found = examined(ctx)
    except LedgerError as error:
        return LedgerState(is_ok=False, entries=0, head="", message=error.message)
    heads = dict(found.report.heads)
    own = f"{ctx.settings.identity.principal}@{ctx.host}"
    newest = found.entries[-1].hash if found.entries else ""
    first = next(iter(found.report.problems), None)
    place = "" if first is None or first.entry is None else f" entry {first.entry}"
    return LedgerState(
        is_ok=found.report.is_ok,
        entries=found.report.entries,
        head=heads.get(own, newest),
        message="" if first is None else f"{first.chain}{place}: {first.why}",
    )


def ledger_rows(ctx: Context, limit: int | None = None) -> tuple[LedgerRow, ...]:
    """Return the newest `limit` entries of all chains (all without one), the newest first.

    They are read from the chains, not from the cache, and are shown whether they verify or not.
    """
    entries = ctx.reading_journal().entries()[::-1]
    return tuple(
        LedgerRow(
            hash=entry.hash,
            chain=entry.chain,
            seq=entry.seq,
            ts=entry.ts,
            actor=entry.actor,
            type=entry.type.value,
            subject=subject_of(entry),
            summary=summary_of(entry),
            data=canonical(entry.data).decode("utf-8"),
        )
        for entry in entries[:limit]
    )
