"""Waivers that ran out, or whose compensating control alarms, get an entry each.

The ledger says itself what it means by now.
"""

from __future__ import annotations

from collections.abc import Iterator

from riskcockpit.decisions.project import Waiver
from riskcockpit.decisions.waivers import WaiverState
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.control import Verdict
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import LedgerError
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.context import Context
from riskcockpit.services.desk import publish
from riskcockpit.services.record import examined, projected
from riskcockpit.services.verdicts import verdicts_of


def record_endings(ctx: Context) -> str:
    """Sign for each granted waiver that ran out or must be suspended; return why not, or nothing.

    Whoever syncs or imports next signs. Nothing rests on the entry of an end, for that is computed;
    a suspension holds from its entry on until a renewal, whatever the control says then.
    In a ledger that does not verify nothing was granted, and nothing is written.
    """
    try:
        found = examined(ctx)
        waivers = projected(ctx, found, ctx.clock.now()).waivers
        told = {
            str(entry.data.get("waiver", ""))
            for entry in found.entries
            if entry.type is EntryType.WAIVER_EXPIRED
        }
        for waiver in waivers:
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
        if list(_suspended(ctx, waivers)):
            return publish(ctx)
    except LedgerError as error:
        return error.message
    return ""


def _suspended(ctx: Context, waivers: tuple[Waiver, ...]) -> Iterator[Entry]:
    """Sign that waivers are suspended whose control alarms; yield the entries.

    A control that nobody could judge suspends only for as long, and signs nothing.
    """
    resting = [
        each
        for each in waivers
        if each.state is WaiverState.GRANTED and each.terms and each.terms.record
        and each.terms.record.controls
    ]  # fmt: skip
    if not resting or not ctx.store.generation():
        return
    with ctx.store.reader() as reader:
        verdicts = verdicts_of(reader)
    alarming = {name for name, verdict in verdicts.items() if verdict == Verdict.ALARM.value}
    for waiver in resting:
        names = waiver.terms.record.controls if waiver.terms and waiver.terms.record else ()
        failing = [name for name in names if name in alarming]
        if failing:
            why = f"the control {failing[0]} alarms"
            data = {"waiver": waiver.id, "comment": why, "controls": failing}
            yield ctx.journal().append(EntryType.WAIVER_SUSPENDED, data)
