"""Who may read and write what lies in a ledger: alone, or shared by a group on one computer.

A ledger is shared when its directory is setgid and its group may write. Then every directory is
setgid and sticky, so that what somebody writes belongs to the group and is removed by its owner
only; every file is its writer's, and the group reads it. Modes are set after making, so that no
umask weakens or widens them.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

POLICY_FILES = ("allowed_signers", "policy/roles.yaml")


@dataclass(frozen=True, slots=True)
class Modes:
    """The modes of one ledger."""

    directory: int
    """Of directories that all writers put files into."""
    own_directory: int
    """Of directories of one writer: the checkpoints of a chain."""
    file: int
    policy: int
    """Of the files of the policy, and of locks."""

    @property
    def is_shared(self) -> bool:
        """Whether a group writes here."""
        return self is SHARED


PRIVATE = Modes(0o700, 0o700, 0o600, 0o600)
SHARED = Modes(0o3770, 0o2750, 0o640, 0o660)


def modes_of(ledger: Path) -> Modes:
    """Return the modes of the ledger in this directory; one that is not there yet is private."""
    try:
        mode = ledger.stat().st_mode
    except OSError:
        return PRIVATE
    is_shared = bool(mode & stat.S_ISGID) and bool(mode & stat.S_IWGRP)
    return SHARED if is_shared else PRIVATE


def make_directory(path: Path, mode: int) -> None:
    """Make a directory, and those above it, whatever the umask is; one that is there is kept.

    Raises:
        OSError: it cannot be made.
    """
    if path.is_dir():
        return
    make_directory(path.parent, mode)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return
    path.chmod(mode)


def set_mode(handle: int, mode: int) -> None:
    """Give a file of ours its mode, when it has another."""
    found = os.fstat(handle)
    if stat.S_IMODE(found.st_mode) != mode and found.st_uid == os.geteuid():
        os.fchmod(handle, mode)


def wrong_modes(ledger: Path) -> list[tuple[Path, int, int]]:
    """Return (path, mode it has, mode it should have) of everything in a shared ledger.

    In a private ledger only what others may read or write is named.
    """
    modes = modes_of(ledger)
    found = []
    for path in (ledger, *sorted(ledger.rglob("*"))):
        if path.is_symlink():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = _wanted(ledger, path, modes)
        is_wrong = mode != wanted if modes.is_shared else bool(mode & 0o077)
        if is_wrong:
            found.append((path, mode, wanted))
    return found


def _wanted(ledger: Path, path: Path, modes: Modes) -> int:
    place = path.relative_to(ledger).as_posix()
    if path.is_dir():
        is_own = place.startswith("checkpoints/")
        return modes.own_directory if is_own else modes.directory
    is_open = place in POLICY_FILES or place.endswith(".lock")
    return modes.policy if is_open else modes.file
