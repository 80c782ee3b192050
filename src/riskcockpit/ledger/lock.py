"""File locks between processes of one computer, waited for with a limit.

The system gives a lock back when its holder dies, however it died: there is nothing to clean up.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from riskcockpit.errors import BusyError, LedgerError
from riskcockpit.ledger.modes import modes_of, set_mode

TIMEOUT_SECONDS = 30.0
_PAUSE_SECONDS = 0.005
_LOCKS = Path("/proc/locks")
_PID, _PLACE = 4, 5
"""Where a line of `/proc/locks` has the process and `major:minor:inode`."""


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
        BusyError: another process held it all the time; the message names `what` and, where the
            system tells, the process.
    """
    deadline = time.monotonic() + timeout_seconds
    while not try_lock(handle):
        if time.monotonic() > deadline:
            pid = holder_of(handle)
            who = f"process {pid}" if pid else "another process"
            raise BusyError(f"{who} holds {what}", hint="try again in a moment")
        time.sleep(_PAUSE_SECONDS)


def holder_of(handle: int) -> int | None:
    """Return the process that holds the lock of an open file; None when nobody tells."""
    wanted = f":{os.fstat(handle).st_ino}"
    try:
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    for line in lines:
        parts = line.split()
        is_ours = len(parts) > _PLACE and parts[_PLACE].endswith(wanted) and "->" not in parts
        if is_ours and parts[_PID].isdecimal() and int(parts[_PID]) > 0:
            return int(parts[_PID])
    return None


@contextmanager
def held(file: Path, what: str) -> Iterator[None]:
    """Hold the lock `file`, which everybody who may write the directory can take.

    Raises:
        BusyError: as `wait_for_lock`.
        LedgerError: the file cannot be made.
    """
    try:
        handle = _open(file)
    except OSError as error:
        raise LedgerError(f"cannot lock {what}: {error}") from error
    try:
        wait_for_lock(handle, what)
        yield
    finally:
        os.close(handle)


def _open(file: Path) -> int:
    """Open a lock, made by whoever comes first.

    In a sticky directory the system refuses to open a file of another user with O_CREAT.
    """
    try:
        return os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        pass
    try:
        handle = os.open(file, os.O_RDONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return _open(file)
    set_mode(handle, modes_of(file.parent).policy)
    return handle
