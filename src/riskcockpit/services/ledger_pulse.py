"""Whether somebody has written into the ledger, told by its files alone; reads no entry."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterator
from pathlib import Path

from riskcockpit.services.context import Context

PROVEN = "ledger-proven.json"
"""In the state directory: how far each chain was verified here."""
REMOTES = "ledger-remotes"
"""There too: what each git remote had when it was seen last."""


def ledger_state(ctx: Context) -> Hashable:
    """Return another value when somebody has written into the ledger; cheap, reads no entry."""
    return tuple(_stamp(file) for place in _places(ctx) for file in _files(place))


def grows_in(ctx: Context) -> tuple[Path, ...]:
    """Return what an entry changes, or a file that comes, goes or is replaced: chains, places."""
    chains, *others = _places(ctx)
    return (chains, *others, *(Path(file.path) for file in _files(chains)))


def was_there(ctx: Context) -> bool:
    """Whether there are chains, or may have been: here, at a remote, or in the cache."""
    state = ctx.paths.state
    places = (ctx.paths.ledger / "chains", state / PROVEN, state / REMOTES)
    return any(map(Path.exists, places)) or (ctx.key.exists() and bool(ctx.store.generation()))


def _places(ctx: Context) -> tuple[Path, ...]:
    ledger = ctx.paths.ledger
    return ledger / "chains", ledger / "policy", ledger


def _files(place: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(place) as found:
            yield from sorted(found, key=lambda file: file.name)
    except OSError:
        return


def _stamp(file: os.DirEntry[str]) -> tuple[str, int, int]:
    try:
        status = file.stat()
    except OSError:
        return file.name, 0, 0
    return file.name, status.st_size, status.st_mtime_ns
