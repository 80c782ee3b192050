"""The progress line of a sync: every source that is under way, a few times a second."""

from __future__ import annotations

import threading
import time

from riskcockpit.cli.diagnostics import Progress
from riskcockpit.present.syncing import progress_text
from riskcockpit.views.syncing import SourceProgress

_PAUSE_SECONDS = 0.1


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
