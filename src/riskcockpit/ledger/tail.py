"""The end of a chain file: finding it, adding to it, cutting what was torn; writers lock it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from riskcockpit.errors import LedgerError, UnwritableError
from riskcockpit.ledger.chain import DamagedLineError, Entry, parse_line
from riskcockpit.ledger.lock import try_lock, wait_for_lock
from riskcockpit.ledger.modes import Modes, set_mode
from riskcockpit.ledger.regular import open_regular

_BLOCK = 4_096
_HINTS = {
    errno.ENOSPC: "make room: nothing was written, the chain is as it was",
    errno.EDQUOT: "make room in your quota: nothing was written, the chain is as it was",
    errno.EFBIG: "a limit on file sizes (ulimit -f) is in the way; nothing was written",
    errno.EROFS: "the file system is mounted read-only; nothing was written",
    errno.EACCES: "check owner and mode: `riskcockpit doctor` names what is wrong",
    errno.EPERM: "check owner and mode: `riskcockpit doctor` names what is wrong",
}


def disk_error(what: str, error: OSError) -> UnwritableError:
    """Return the error of a disk that does not take something, with what to do."""
    hint = _HINTS.get(error.errno or 0)
    return UnwritableError(f"{what}: {error.strerror or error}", hint=hint)


def open_locked(file: Path, modes: Modes) -> int:
    """Open and lock a chain; again when the file was replaced while we waited.

    Raises:
        OSError: it cannot be opened.
        LedgerError: it is another user's.
        BusyError: another process holds it.
    """
    while True:
        handle = open_regular(file, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            _refuse_others(handle, file)
            set_mode(handle, modes.file)
            wait_for_lock(handle, f"the chain {file.stem}")
            if file.exists() and os.fstat(handle).st_ino == file.stat().st_ino:
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _refuse_others(handle: int, file: Path) -> None:
    owner = os.fstat(handle).st_uid
    if os.geteuid() not in (owner, 0):
        raise LedgerError(
            f"the chain {file.stem} belongs to user {owner}",
            hint="two users cannot write one chain: give each a principal of their own",
        )


def append_line(handle: int, size: int, line: bytes) -> None:
    """Write one line at the end, whole and durable, or not at all.

    Raises:
        UnwritableError: the disk does not take it; the file is as it was.
    """
    try:
        written = os.write(handle, line)
        if written == len(line):
            os.fsync(handle)
            return
        written += os.write(handle, line[written:])  # raises the reason of the short write
        if written == len(line):
            os.fsync(handle)
            return
    except OSError as error:
        os.ftruncate(handle, size)
        raise disk_error("cannot write to the ledger", error) from error
    os.ftruncate(handle, size)
    raise UnwritableError("cannot write to the ledger: the disk took only a part of the entry")


def last_line(handle: int, size: int) -> tuple[bytes, int]:
    """Return the last line that ends with a newline, and where it ends."""
    start, text = size, b""
    block = _BLOCK
    while start > 0:
        step = min(block, start)
        block *= 4
        start -= step
        text = os.pread(handle, step, start) + text
        end = text.rfind(b"\n")
        before = text.rfind(b"\n", 0, end) if end > 0 else -1
        if end >= 0 and (before >= 0 or start == 0):
            return text[before + 1 : end + 1], start + end + 1
    return b"", 0


def last_whole_entry(file: Path) -> Entry | None:
    """Return the entry that a chain ends with, up to its last newline; None when it is none.

    Nobody keeps an entry from being seen by holding the lock of its chain. Then what was read is
    made durable first: its writer may be about to do that, and to take back what the disk refused.
    """
    try:
        handle = open_regular(file)
    except OSError:
        return None
    try:
        is_quiet = try_lock(handle, is_shared=True)
        line, end = last_line(handle, os.fstat(handle).st_size)
        if line and not is_quiet:
            os.fsync(handle)
            if os.fstat(handle).st_size < end:
                return None
        return parse_line(file.stem, line) if line else None
    except (OSError, DamagedLineError):
        return None
    finally:
        os.close(handle)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
