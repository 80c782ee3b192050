"""File locks between processes of one computer, waited for with a limit."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from riskcockpit.errors import BusyError, LedgerError

TIMEOUT_SECONDS = 30.0
_PAUSE_SECONDS = 0.005


def try_lock(handle: int, *, is_shared: bool = False) -> bool:
    """Lock an open file if nobody else has; closing it gives the lock back."""
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait_for_lock(handle: int, what: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
    """Lock an open file for oneself.

    Raises:
        BusyError: another process held it all the time; the message names `what`.
    """
    deadline = time.monotonic() + timeout_seconds
    while not try_lock(handle):
        if time.monotonic() > deadline:
            raise BusyError(f"another process holds {what}", hint="try again in a moment")
        time.sleep(_PAUSE_SECONDS)


@contextmanager
def held(file: Path, what: str) -> Iterator[None]:
    """Hold the lock `file`, which everybody who may write the directory can take.

    Raises:
        BusyError: as `wait_for_lock`.
        LedgerError: the file cannot be made.
    """
    try:
        handle = os.open(file, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise LedgerError(f"cannot lock {what}: {error}") from error
    try:
        wait_for_lock(handle, what)
        yield
    finally:
        os.close(handle)
