"""A sync that is under way, as other processes see it: the cockpit shows what a cron job does.

The file is held by a lock for as long as the sync lives, so that one that was killed leaves
nothing that looks alive. It is a courtesy: what cannot be written stops no sync.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict

import msgspec

from riskcockpit.config.paths import Paths, make_private
from riskcockpit.views.syncing import SourceProgress, SyncProgress

FILE_NAME = "sync_progress"
_PAUSE_SECONDS = 0.5
_LONGEST = 1 << 20


@contextlib.contextmanager
def published(paths: Paths, tell: SyncProgress) -> Iterator[SyncProgress]:
    """Pass progress on to `tell`, and show it to other processes while the block runs."""
    try:
        handle = os.open(
            make_private(paths.state) / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
        )
    except OSError:
        yield tell
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # another sync is shown
        os.close(handle)
        yield tell
        return
    board = _Board(handle, tell)
    try:
        yield board.put
    finally:
        board.close()


def under_way(paths: Paths) -> tuple[SourceProgress, ...]:
    """Return how far the sync that runs now, in any process, has come; empty when none runs."""
    file = paths.state / FILE_NAME
    try:
        with file.open("rb") as stream:
            if _is_free(stream.fileno()):
                return ()
            return msgspec.json.decode(stream.read(_LONGEST), type=tuple[SourceProgress, ...])
    except (OSError, msgspec.DecodeError):
        return ()


def _is_free(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    fcntl.flock(handle, fcntl.LOCK_UN)
    return True


class _Board:
    """The newest progress of each source, in a file that is locked."""

    def __init__(self, handle: int, tell: SyncProgress) -> None:
        self._handle: int | None = handle
        self._tell = tell
        self._lock = threading.Lock()
        self._latest: dict[str, SourceProgress] = {}
        self._written_at = 0.0

    def put(self, progress: SourceProgress) -> None:
        """Take a step; called from any thread."""
        self._tell(progress)
        with self._lock:
            self._latest[progress.name] = progress
            now = time.monotonic()
            if self._handle is None or now - self._written_at < _PAUSE_SECONDS:
                return
            self._written_at = now
            content = msgspec.json.encode([asdict(one) for one in self._latest.values()])
            with contextlib.suppress(OSError):
                os.ftruncate(self._handle, os.pwrite(self._handle, content, 0))

    def close(self) -> None:
        """Let go of the file; threads that were left behind write nothing more."""
        with self._lock:
            if self._handle is not None:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._handle, 0)
                os.close(self._handle)
            self._handle = None
