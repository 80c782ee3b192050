"""Notices a new generation of the cache. Writes nothing to the screen by itself."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

from riskcockpit.errors import RiskcockpitError

EVERY_SECONDS = 1.0


class GenerationWatch(Thread):
    """Looks at the number of the current generation once a second, off the event loop."""

    def __init__(self, look: Callable[[], int], tell: Callable[[int], None]) -> None:
        super().__init__(name="generation-watch", daemon=True)
        self._look = look
        self._tell = tell
        self._ended = Event()

    def run(self) -> None:
        """Look until ended; tell of each change once."""
        known = self._try(None)
        while not self._ended.wait(EVERY_SECONDS):
            seen = self._try(known)
            if seen != known and seen is not None:
                known = seen
                self._tell(seen)

    def _try(self, known: int | None) -> int | None:
        try:
            return self._look()
        except (RiskcockpitError, OSError):
            return known

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()
