"""What changes by itself in a home, told by the stamps of few files; looked at twice a second.

A look at a home where nothing happens asks the system for a handful of stamps and reads nothing:
it is what an open cockpit costs all day.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path

from riskcockpit.services.context import Context
from riskcockpit.services.ledger_pulse import grows_in, ledger_state
from riskcockpit.services.progress import FILE_NAME, under_way
from riskcockpit.views.syncing import SourceProgress

_WHOLE_LEDGER_LOOKS = 20
"""Every so many looks each file of the ledger is looked at: an editor may write into one."""


class HomePulse:
    """Remembers the stamps of a home; each method is a look. For one thread."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._settings = ctx.paths.settings
        self._board = ctx.paths.state / FILE_NAME
        self._published: Hashable = _NEVER
        self._generation = 0
        self._written: Hashable = _NEVER
        self._progress: tuple[SourceProgress, ...] = ()
        self._grown: Hashable = _NEVER
        self._grows: Sequence[Path] = ()
        self._ledger: Hashable = None
        self._looks_left = 0

    def generation(self) -> int:
        """Return the number of the published generation, 0 when there is no cache.

        Raises:
            DamagedError: the pointer does not hold a number.
        """
        published = self._ctx.store.stamp()
        if published != self._published:
            self._generation = self._ctx.store.generation()
            self._published = published
        return self._generation

    def settings(self) -> int:
        """Return another number when the settings may have changed."""
        return hash(_stamp(self._settings))

    def progress(self) -> tuple[SourceProgress, ...]:
        """Return how far a sync has come that runs now; empty when none does.

        One that begins shows itself by its first step, one that was killed by its lock alone.
        """
        written = _stamp(self._board)
        if written != self._written or self._progress:
            self._progress, self._written = under_way(self._ctx.paths), written
        return self._progress

    def ledger(self) -> int:
        """Return another number when somebody has written into the ledger.

        An entry, and a file that comes, goes or is replaced, is seen at once; what an editor
        writes into a file that stays, after ten seconds.
        """
        grown = tuple(map(_stamp, self._grows))
        self._looks_left -= 1
        if grown != self._grown or self._looks_left <= 0:
            self._looks_left = _WHOLE_LEDGER_LOOKS
            self._grows = grows_in(self._ctx)
            self._grown = tuple(map(_stamp, self._grows))
            self._ledger = ledger_state(self._ctx)
        return hash(self._ledger)


_NEVER = object()


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
