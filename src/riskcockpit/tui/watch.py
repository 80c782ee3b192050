"""Notices what changes by itself: cache, settings, sync, lock. Writes nothing to the screen."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING

from riskcockpit.errors import RiskcockpitError

if TYPE_CHECKING:  # needs nothing of the app
    from riskcockpit.tui.api import Pulse

EVERY_SECONDS = 0.5


class PulseWatch(Thread):
    """Looks at the pulse twice a second, off the event loop."""

    def __init__(
        self, look: Callable[[], Pulse], tell: Callable[[Pulse | None, Pulse], None]
    ) -> None:
        super().__init__(name="pulse-watch", daemon=True)
        self.every_seconds = EVERY_SECONDS
        self._look = look
        self._tell = tell
        self._ended = Event()

    def run(self) -> None:
        """Look until ended; tell of each change once, as (before, now): at first (None, now)."""
        known: Pulse | None = None
        while True:
            seen = self._try(known)
            if seen is not None and seen != known:
                before, known = known, seen
                self._tell(before, seen)
            if self._ended.wait(self.every_seconds):
                return

    def _try(self, known: Pulse | None) -> Pulse | None:
        try:
            return self._look()
        except (RiskcockpitError, OSError):
            return known

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
