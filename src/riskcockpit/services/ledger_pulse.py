"""Whether somebody has written into the ledger, told by its files alone; reads no entry."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from pathlib import Path

from riskcockpit.services.context import Context

PROVEN = "ledger-proven.json"
"""In the state directory: how far each chain was verified here."""
REMOTES = "ledger-remotes"
"""There too: what each git remote had when it was seen last."""


def ledger_state(ctx: Context) -> Hashable:
    """Return another value when somebody has written into the ledger; cheap, reads no entry."""
    ledger = ctx.paths.ledger
    return tuple(
        _stamp(file)
        for place in (ledger / "chains", ledger / "policy", ledger)
        for file in _files(place)
    )


def was_there(ctx: Context) -> bool:
    """Whether there are chains, or may have been: here, at a remote, or in the cache."""
    state = ctx.paths.state
    places = (ctx.paths.ledger / "chains", state / PROVEN, state / REMOTES)
    return any(map(Path.exists, places)) or (ctx.key.exists() and bool(ctx.store.generation()))


def _files(place: Path) -> Iterator[Path]:
    try:
        yield from sorted(place.iterdir())
    except OSError:
        return


def _stamp(file: Path) -> tuple[str, int, int]:
    try:
        status = file.stat()
    except OSError:
        return file.name, 0, 0
    return file.name, status.st_size, status.st_mtime_ns
