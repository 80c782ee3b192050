"""Publishing what the watch saw beside its looks: a fault does not wait until a publish has ended.

One publish at a time, in a thread of its own. It is to the watch what another process that syncs
would be: files are locked, and nothing that is decided rests on a publish having ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from riskcockpit.services.context import Context
from riskcockpit.services.pulling import Pulled
from riskcockpit.services.sync import Beside, take_in
from riskcockpit.views.reports import SyncReport


class Publisher:
    """Publishes for one watch."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._thread = ThreadPoolExecutor(1, "watch-publish")
        self._running: Future[SyncReport] | None = None
        self.began_at: datetime | None = None
        """When the publish that runs began; None while none does."""

    def start(self, pulled: Sequence[Pulled], beside: Beside) -> None:
        """Begin to publish what was pulled until now; one that was begun before has to be taken."""
        self.began_at = self._ctx.clock.now()
        self._running = self._thread.submit(
            take_in, self._ctx, tuple(pulled), beside, self.began_at
        )

    def ended(self, *, may_wait: bool = False) -> SyncReport | None:
        """Return what came of a publish that has ended, once; None when there is none.

        Raises:
            BusyError, StoreError: it could not be published.
        """
        running = self._running
        if running is None or not (may_wait or running.done()):
            return None
        try:
            return running.result()
        finally:
            self._running = self.began_at = None

    def close(self) -> None:
        """Wait until what is being published is."""
        self._thread.shutdown()
