"""What is published follows the ledger: decisions that came from elsewhere are in no cache yet.

They come by `ledger sync`, from another process, or from a colleague in a shared directory. Whoever
judges or publishes publishes them first; whoever only reads is told that they are there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import LedgerError, StoreError
from riskcockpit.ledger.chain import SUFFIX, Entry, parse_line
from riskcockpit.services.context import Context
from riskcockpit.services.lapsing import has_lapsed, lapsed, settle
from riskcockpit.services.summary import decoded
from riskcockpit.store.sql import sql

LAPSED = "waivers or reviews ran out since this was published, findings count: `riskcockpit sync`"
BEHIND = "the ledger has decisions that are newer than what is shown: `riskcockpit sync`"
CAME = "decisions that came since the last publish count now"
_DECIDES_NOTHING = frozenset(
    {
        EntryType.GENESIS, EntryType.SYNC_COMPLETED, EntryType.CONTROLS_EVALUATED,
        EntryType.REPORT_ISSUED, EntryType.WAIVER_EXPIRED, EntryType.ROLLBACK_EXECUTED,
        EntryType.ACTION_SENT, EntryType.ACTION_CONFIRMED, EntryType.ACTION_REFUSED,
        EntryType.ACTION_UNKNOWN,
    }
)  # fmt: skip
"""What is signed after a publish, about it or about what follows from it."""
_TAIL_BYTES = 1 << 18


def is_behind(ctx: Context) -> bool:
    """Whether the ledger has decisions that the published generation does not know.

    Only the ends of the chains are read, and nothing is verified, unless there is such an entry.

    Raises:
        StoreError: the cache cannot be read.
        LedgerError: the ledger cannot be read.
    """
    if not ctx.store.generation():
        return False
    if not _may_be_behind(ctx.paths.ledger / "chains", _heads(ctx)):
        return False
    from riskcockpit.services.record import examined  # noqa: PLC0415 - cryptography loads

    found = examined(ctx)
    with ctx.store.reader() as reader:
        known = {row[0] for row in reader.rows(sql("services", "projection_known_entries"))}
    return any(_decides(entry) and entry.hash not in known for entry in found.counting)


def overdue(ctx: Context) -> tuple[str, ...]:
    """Say what the published generation does not know: waivers that ran out, decisions that came.

    Raises:
        StoreError: the cache cannot be read.
        LedgerError: the ledger cannot be read.
    """
    return (*lapsed(ctx), *((CAME,) if is_behind(ctx) else ()))


def catch_up(ctx: Context, generation: int) -> tuple[str, ...]:
    """Publish what is decided and what lapsed, unless that was done since `generation`; say so, and
    what failed.

    Raises:
        BusyError: another process is writing.
        StoreError: the cache cannot be read.
        LedgerError: the ledger cannot be read.
    """
    said = overdue(ctx)
    return (*said, *settle(ctx, generation)) if said else ()


def caught_up(ctx: Context) -> tuple[str, ...]:
    """Publish what is decided, for whoever judges by it: what was revoked or lapsed must not count.

    Raises:
        StoreError: it cannot be published. BusyError, LedgerError: as `catch_up`.
    """
    generation, due = ctx.store.generation(), overdue(ctx)
    failed = settle(ctx, generation) if due else ()
    if due and (missing := overdue(ctx)):
        why = "; ".join(failed or missing)
        raise StoreError(
            f"the cache does not know all that is decided: {why}",
            hint="`riskcockpit sync` publishes them; then try again",
        )
    return due


def behind(ctx: Context) -> str:
    """Return what to tell whoever reads what is published; empty while it knows all."""
    try:
        return BEHIND if is_behind(ctx) else LAPSED if has_lapsed(ctx) else ""
    except (StoreError, LedgerError):
        return ""  # whoever reads is told by what they read


def _heads(ctx: Context) -> Mapping[str, str]:
    """Return the last entry of each chain that is published; without duckdb if possible."""
    if (found := ctx.store.summary()) is not None:
        summary = decoded(found[1])
        if summary is not None:
            return dict(summary.heads)
    with ctx.store.reader() as reader:
        return dict(reader.rows(sql("services", "remembered_heads")))


def _decides(entry: Entry) -> bool:
    if entry.type is EntryType.NOTE:
        from riskcockpit.decisions.notes import is_plain  # noqa: PLC0415 - yaml loads

        return is_plain(entry)
    return entry.type not in _DECIDES_NOTHING


def _may_be_behind(chains: Path, heads: Mapping[str, str]) -> bool:
    try:
        files = [file for file in chains.iterdir() if file.suffix == SUFFIX and file.is_file()]
    except OSError:
        return False
    return any(_grew(file, heads.get(file.stem, "")) for file in files)


def _grew(file: Path, head: str) -> bool:
    """Whether a chain has a decision, or a line that cannot be read, behind its entry `head`."""
    for line in _backwards(file):
        try:
            entry = parse_line(file.stem, line)
        except ValueError:
            return True
        if entry.hash == head:
            return False
        if _decides(entry):
            return True
    return False


def _backwards(file: Path) -> Iterator[bytes]:
    """Yield the whole lines of a chain, the last first; most often few are asked for."""
    try:
        with file.open("rb") as chain:
            size = chain.seek(0, os.SEEK_END)
            start = max(0, size - _TAIL_BYTES)
            chain.seek(start)
            last = chain.read().splitlines(keepends=True)[1 if start else 0 :]
            yield from reversed(last)
            if start:
                chain.seek(0)
                before = chain.read(size - sum(map(len, last)))
                yield from reversed(before.splitlines(keepends=True))
    except OSError:
        return
