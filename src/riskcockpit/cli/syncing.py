"""A sync on a terminal: the line of every source that is under way, and what Ctrl+C leaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from riskcockpit.cli.diagnostics import Progress, say
from riskcockpit.present.syncing import progress_text
from riskcockpit.views.syncing import SourceProgress

if TYPE_CHECKING:
    from riskcockpit.services.context import Context

_PAUSE_SECONDS = 0.1


@contextmanager
def interruptible(ctx: Context) -> Iterator[None]:
    """Say what Ctrl+C leaves behind; the interrupt goes its way."""
    before = ctx.store.generation()
    try:
        yield
    except KeyboardInterrupt:
        now = ctx.store.generation()
        if now != before:
            say(f"interrupted: generation {now} is published and whole; nothing of it is lost")
        elif now:
            say(f"interrupted: the cache is as the last whole sync left it (generation {now})")
        else:
            say("interrupted: nothing is in the cache yet")
        say("hint: `riskcockpit sync` goes on from there; what was not published is pulled again")
        raise


class SyncLine:
    """Puts the sources of a sync, from many threads, into one line on a terminal."""

    def __init__(self, line: Progress) -> None:
        self._line = line
        self._lock = threading.Lock()
        self._latest: dict[str, SourceProgress] = {}
        self._shown_at = 0.0

    def __call__(self, progress: SourceProgress) -> None:
        """Take a step of one source; the newest comes first."""
        with self._lock:
            self._latest.pop(progress.name, None)
            self._latest[progress.name] = progress
            now = time.monotonic()
            if now - self._shown_at < _PAUSE_SECONDS:
                return
            self._shown_at = now
            newest = reversed(self._latest.values())
            self._line(" · ".join(f"{one.name}: {progress_text(one)}" for one in newest))
