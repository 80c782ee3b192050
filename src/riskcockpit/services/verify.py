"""Questions about the ledger: does it verify, and what is in it."""

from __future__ import annotations

from riskcockpit.decisions.wording import subject_of, summary_of
from riskcockpit.ledger.canonical import canonical
from riskcockpit.ledger.verify import verify
from riskcockpit.services.context import Context
from riskcockpit.views.governance import LedgerRow, VerifyReport


def verify_ledger(ctx: Context) -> VerifyReport:
    """Verify every byte, link, signature, checkpoint and object of the ledger, from scratch.

    Raises:
        LedgerError: it cannot be read at all.
    """
    return verify(ctx.paths.ledger, ctx.clock.now())


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
