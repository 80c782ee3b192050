"""Waivers that ran out get an entry each: the ledger says itself what it means by now."""

from __future__ import annotations

from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import LedgerError
from riskcockpit.services.context import Context
from riskcockpit.services.record import examined, projected


def record_endings(ctx: Context) -> str:
    """Sign for every granted waiver that ran out and has no such entry; return why not, or nothing.

    Whoever syncs or imports next signs; nothing rests on it, for the end of a waiver is computed.
    In a ledger that does not verify nothing was granted, and nothing is written.
    """
    try:
        found = examined(ctx)
        told = {
            entry.data.get("waiver")
            for entry in found.entries
            if entry.type is EntryType.WAIVER_EXPIRED
        }
        for waiver in projected(ctx, found, ctx.clock.now()).waivers:
            ran_out = waiver.state is WaiverState.EXPIRED and waiver.standing.is_granted
            if not ran_out or waiver.terms is None or waiver.id in told:
                continue
            ctx.journal().append(
                EntryType.WAIVER_EXPIRED,
                {
                    "waiver": waiver.id,
                    "expires_at": rfc3339(waiver.terms.expires_at),
                    "count": len(waiver.terms.findings),
                },
            )
    except LedgerError as error:
        return error.message
    return ""
