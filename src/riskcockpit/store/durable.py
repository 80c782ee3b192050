"""Files that survive: copies, whole writes, locks and leases. Modes are 0600 and 0700."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from riskcockpit.errors import BusyError, UnavailableStoreError

_PRIVATE = 0o600
_FICLONE = 0x40049409  # Linux: share the blocks of another file until one of them changes
_POLL_SECONDS = 0.02


@contextmanager
def writing() -> Iterator[None]:
    """Turn what the file system refuses into an UnavailableStoreError."""
    try:
        yield
    except OSError as error:
        raise UnavailableStoreError(
            f"cannot write the cache: {error.strerror or error}",
            hint="make room, or give yourself the right to write there",
            detail=str(error.filename or ""),
        ) from error


def copy_file(source: Path, target: Path) -> None:
    """Copy `source` to the new file `target`, sharing its blocks where the file system can."""
    with source.open("rb") as old, _create(target) as new:
        if not _clone(old.fileno(), new.fileno()) and not _copy_in_kernel(
            old.fileno(), new.fileno()
        ):
            shutil.copyfileobj(old, new, 1 << 20)


def write_whole(target: Path, content: bytes) -> None:
    """Replace `target` by `content` in one step: a reader sees the old or the new, never a part."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    with _create(part) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(target)
    sync_directory(target.parent)


def sync_file(file: Path) -> None:
    """Return when the content of `file` is on the disk."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_directory(directory: Path) -> None:
    """Return when the names in `directory` are on the disk."""
    sync_file(directory)


@contextmanager
def exclusive(file: Path, timeout_seconds: float) -> Iterator[None]:
    """Hold the lock `file` against every other process and thread.

    The kernel gives it back when the holder dies, however it dies.

    Raises:
        BusyError: somebody else held it for all of `timeout_seconds`.
        StoreError: the lock file cannot be made.
    """
    with writing():
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
    try:
        _wait_for(descriptor, file, time.monotonic() + timeout_seconds, timeout_seconds)
        yield
    finally:
        os.close(descriptor)


class Lease:
    """Says that somebody reads a file: as long as it lives, `remove_unread` leaves the file."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, file: Path) -> Lease | None:
        """Take a lease of `file`; None when it is gone or just going."""
        try:
            descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if _try_lock(descriptor, fcntl.LOCK_SH) and _is_named(descriptor, file):
            return cls(descriptor)
        os.close(descriptor)
        return None

    def release(self) -> None:
        """Give it back; may be repeated."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def remove_unread(file: Path) -> bool:
    """Remove `file` unless somebody holds a lease of it; return whether it is gone."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        if not _try_lock(descriptor, fcntl.LOCK_EX):
            return False
        file.unlink(missing_ok=True)
        return True
    finally:
        os.close(descriptor)


def _create(target: Path) -> BinaryIO:
    return os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb")


def _clone(source: int, target: int) -> bool:
    if sys.platform != "linux":
        return False
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError:  # another file system, or one that cannot share blocks
        return False
    return True


def _copy_in_kernel(source: int, target: int) -> bool:
    if sys.platform != "linux":
        return False
    left = os.fstat(source).st_size
    try:
        while left > 0:
            copied = os.copy_file_range(source, target, left)
            if copied == 0:
                break
            left -= copied
    except OSError:
        os.lseek(source, 0, os.SEEK_SET)
        os.lseek(target, 0, os.SEEK_SET)
        os.ftruncate(target, 0)
        return False
    return left == 0


def _wait_for(descriptor: int, file: Path, until: float, timeout_seconds: float) -> None:
    while not _try_lock(descriptor, fcntl.LOCK_EX):
        if time.monotonic() >= until:
            raise BusyError(
                f"another riskcockpit has been writing for more than {timeout_seconds:g} s",
                hint="wait for it to end, or look who holds the lock",
                detail=str(file),
            )
        time.sleep(_POLL_SECONDS)


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def _is_named(descriptor: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.stat())
    except FileNotFoundError:
        return False
