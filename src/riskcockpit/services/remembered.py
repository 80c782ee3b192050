"""What this home knew of the ledger before, so that what is gone is missed.

Three places remember: what was verified here (`ledger-proven.json` in the state directory), what
remotes had when they were seen last, and the generation of the cache. Who removes them all is
found out by colleagues' homes and by the remote, and not here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec

from riskcockpit.config.paths import make_private
from riskcockpit.errors import LedgerError, RiskcockpitError
from riskcockpit.ledger.examination import Examination, Proven
from riskcockpit.ledger.objects import write_durably
from riskcockpit.ledger.tail import disk_error
from riskcockpit.ledger.union import Known, chain_of, lost
from riskcockpit.services.context import Context
from riskcockpit.services.ledger_files import travelling
from riskcockpit.services.ledger_pulse import PROVEN, REMOTES
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import LedgerProblem

SEEN = "seen.json"
_CLOCKS = "ledger-clocks.json"
_BACK = "bring it back, from a colleague's home, the git remote or a backup"


def proven_before(ctx: Context) -> dict[str, Proven]:
    """Return what was verified here before, by chain; nothing when that cannot be read."""
    try:
        content = (ctx.paths.state / PROVEN).read_bytes()
        return msgspec.json.decode(content, type=dict[str, Proven])
    except (OSError, msgspec.DecodeError):
        return {}


def remember(ctx: Context, before: Mapping[str, Proven], found: Examination) -> None:
    """Keep what was verified now; of chains that are in doubt what was kept of them before."""
    now = {**before, **found.proven}
    if now == before:
        return
    with suppress(LedgerError):  # the next time takes longer
        _keep(ctx, PROVEN, now)


def _keep(ctx: Context, name: str, what: object) -> None:
    file = ctx.paths.state / name
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        make_private(file.parent)
        write_durably(part, msgspec.json.encode(what))
        part.replace(file)
    except OSError as error:
        with suppress(OSError):  # there may be none, or the file system takes nothing at all
            part.unlink()
        raise disk_error(f"cannot write {file}", error) from error


def clocks_ahead(ctx: Context) -> dict[str, datetime]:
    """Return chains whose clock was ahead, as somebody here said, until what time of theirs."""
    try:
        content = (ctx.paths.state / _CLOCKS).read_bytes()
        return msgspec.json.decode(content, type=dict[str, datetime])
    except (OSError, msgspec.DecodeError):
        return {}


def accept_clocks(ctx: Context, until: Mapping[str, datetime]) -> None:
    """Keep that the clocks of these chains were ahead, for this home alone.

    Raises:
        LedgerError: it cannot be written.
    """
    _keep(ctx, _CLOCKS, {**clocks_ahead(ctx), **until})


def lost_since(found: Examination, before: Mapping[str, Proven]) -> list[LedgerProblem]:
    """Name the chains that no longer begin with what was verified of them; `found` knew that."""
    return [
        _gone(name, f"{before[name].size} bytes of it were verified here before")
        for name in sorted(set(before) - found.kept)
    ]


def lost_elsewhere(ctx: Context, found: Examination) -> list[LedgerProblem]:
    """Name the chains that remotes had, or the cache has, and that are gone here.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    remotes = sorted((ctx.paths.state / REMOTES).glob(f"*/{SEEN}"))
    named: dict[str, LedgerProblem] = {}
    if remotes:
        ours = travelling(ctx.paths.ledger)
        for file in remotes:
            for each in lost(_seen(file), ours):
                why = "a git remote had more of it, or something else, when it was seen last"
                named.setdefault(each.chain, _gone(each.chain, why))
    for chain, hash_ in _published(ctx):
        if all(entry.hash != hash_ for entry in found.entries):
            why = f"the cache has its entry {hash_[:12]}"
            named.setdefault(chain, _gone(chain, why))
    return [named[name] for name in sorted(named)]


def with_problems(found: Examination, more: Iterable[LedgerProblem]) -> Examination:
    """Return an examination that found more, of chains in which nothing else is wrong."""
    named = {each.chain for each in found.report.problems}
    problems = (*found.report.problems, *(each for each in more if each.chain not in named))
    return replace(found, report=replace(found.report, problems=problems))


def _gone(chain: str, why: str) -> LedgerProblem:
    return LedgerProblem(chain, None, f"it was removed, cut or replaced: {why}; {_BACK}")


def _seen(file: Path) -> dict[str, Known]:
    """Return path → what a remote had; paths that name no chain are left out."""
    try:
        found = msgspec.json.decode(file.read_bytes(), type=dict[str, Known])
    except (OSError, msgspec.DecodeError):
        return {}
    return {path: known for path, known in found.items() if chain_of(path)}


def _published(ctx: Context) -> Iterator[tuple[str, str]]:
    """Yield (chain, hash of the last entry that the cache has of it)."""
    try:
        if not ctx.store.generation():
            return
        with ctx.store.reader() as reader:
            yield from reader.rows(sql("services", "remembered_heads"))
    except RiskcockpitError:
        return  # a cache that cannot be read remembers nothing
