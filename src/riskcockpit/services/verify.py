"""Questions about the ledger: does it verify, and what is in it."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime, timedelta

from riskcockpit.decisions.wording import subject_of, summary_of
from riskcockpit.domain.clock import rfc3339
from riskcockpit.errors import LedgerError, UnknownNameError
from riskcockpit.ledger.canonical import canonical
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.verify import verify_checkpoints as checkpoints
from riskcockpit.services.context import Context
from riskcockpit.services.policy_state import unsigned
from riskcockpit.services.record import examined, examined_anew, policy_book
from riskcockpit.services.remembered import accept_clocks
from riskcockpit.views.governance import LedgerEntryView, LedgerRow, VerifyReport
from riskcockpit.views.posture import LedgerState

MOST_AHEAD = timedelta(days=31)
"""How far a clock may have been ahead by mistake."""
MIN_PREFIX = 4
"""Characters of a hash that name an entry at least."""


def verify_ledger(ctx: Context) -> VerifyReport:
    """Verify every byte, link, signature, checkpoint and object of the ledger, from scratch.

    And that nothing is gone of what this home knew of it.

    Raises:
        LedgerError: it cannot be read at all.
    """
    found = examined_anew(ctx)
    edited = unsigned(ctx.paths.ledger, policy_book(ctx.paths.ledger, found.entries))
    return replace(found.report, problems=(*found.report.problems, *edited))


def verify_checkpoints(ctx: Context) -> VerifyReport:
    """Verify the checkpoints alone: nothing before the last of each chain was changed or cut.

    Raises:
        LedgerError: it cannot be read at all.
    """
    return checkpoints(ctx.paths.ledger, ctx.clock.now())


def repair_ledger(ctx: Context) -> tuple[str, ...]:
    """Mend what a crash left of this writer's chain, and say what was done.

    Torn bytes are kept aside, half-written files are removed; signed lines are never touched.

    Raises:
        LedgerError: the chain does not verify up to its last whole entry, or was cut.
    """
    done = list(ctx.journal().repair())
    for part in sorted(ctx.paths.ledger.rglob(".*.part")):
        if part.is_file() and not part.is_symlink() and part.stat().st_uid == os.geteuid():
            part.unlink(missing_ok=True)
            done.append(f"the half-written file {part.relative_to(ctx.paths.ledger)} was removed")
    return tuple(done)


def accept_clock(ctx: Context) -> tuple[str, ...]:
    """Say that the clock here is right, and those that signed later than now were ahead.

    It counts in this home alone. Returns which chains are meant, one sentence each.

    Raises:
        LedgerError: one is so far ahead that no clock explains it.
    """
    now = ctx.clock.now()
    until: dict[str, datetime] = {}
    found = examined(ctx)
    for doubt in found.doubts:
        if doubt.is_future and doubt.problem in found.report.problems:
            name = doubt.entry.chain
            until[name] = max(doubt.entry.ts, until.get(name, now))
    for name, at in until.items():
        if at > now + MOST_AHEAD:
            raise LedgerError(
                f"{name} says {rfc3339(at)}: no clock is that far ahead by mistake",
                hint="end its key: `riskcockpit keys revoke`",
            )
    accept_clocks(ctx, until)
    return tuple(
        f"the clock of {name} was ahead: its times until {rfc3339(at)} are believed here"
        for name, at in sorted(until.items())
    )


def ledger_entry(ctx: Context, prefix: str) -> LedgerEntryView:
    """Return one entry in full, by a prefix of its hash or as `CHAIN:SEQ`.

    Raises:
        UnknownNameError: there is none, or several could be meant.
    """
    found = examined_anew(ctx)
    chain, _, number = prefix.rpartition(":")
    wanted = prefix.strip().lower()
    matching = [
        entry
        for entry in found.entries
        if (entry.chain == chain and str(entry.seq) == number)
        or (len(wanted) >= MIN_PREFIX and entry.hash.startswith(wanted))
    ]
    if len(matching) != 1:
        word = "several entries start" if matching else "no entry starts"
        raise UnknownNameError(
            f'{word} with "{prefix}"', hint="look: `riskcockpit ledger log`, or give CHAIN:SEQ"
        )
    entry = matching[0]
    place = (entry.chain, entry.seq)
    witnesses = [
        f"{other.chain}:{other.seq}"
        for other in found.entries
        if other.chain != entry.chain and other.seen.get(entry.chain) == entry.hash
    ]
    return LedgerEntryView(
        row=_row(entry),
        prev=entry.prev,
        key_fp=entry.key_fp,
        seen=tuple(sorted(entry.seen.items())),
        witnesses=tuple(witnesses),
        problems=tuple(p.why for p in found.report.problems if (p.chain, p.entry) == place),
        notices=tuple(p.why for p in found.report.notices if (p.chain, p.entry) == place),
        signature=entry.sig,
    )


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
    edited = unsigned(ctx.paths.ledger, policy_book(ctx.paths.ledger, found.entries))
    first = next(iter((*found.report.problems, *edited)), None)
    place = "" if first is None or first.entry is None else f" entry {first.entry}"
    return LedgerState(
        is_ok=first is None,
        entries=found.report.entries,
        head=heads.get(own, newest),
        message="" if first is None else f"{first.chain}{place}: {first.why}",
    )


def ledger_rows(ctx: Context, limit: int | None = None) -> tuple[LedgerRow, ...]:
    """Return the newest `limit` entries of all chains (all without one), the newest first.

    They are read from the chains, not from the cache, and are shown whether they verify or not.
    """
    entries = ctx.reading_journal().entries()[::-1]
    return tuple(map(_row, entries[:limit]))


def _row(entry: Entry) -> LedgerRow:
    return LedgerRow(
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
