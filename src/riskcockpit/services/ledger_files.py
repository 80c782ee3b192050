"""The files of a ledger that travel: read as one state, written without rewriting anything."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from riskcockpit.config.paths import make_private
from riskcockpit.errors import LedgerError
from riskcockpit.ledger.lock import wait_for_lock
from riskcockpit.ledger.modes import Modes, make_directory, modes_of
from riskcockpit.ledger.objects import put_durably
from riskcockpit.ledger.regular import open_regular, read_regular
from riskcockpit.ledger.tail import append_line, disk_error, sync_directory
from riskcockpit.ledger.union import Kind, chain_of, kind_of

_FOLDERS = ("checkpoints", "objects", "chains")


def travelling(directory: Path) -> dict[str, bytes]:
    """Return path → content of all that travels; chains up to their last whole line.

    Checkpoints are read before chains, so that no checkpoint is of entries that are not there.

    Raises:
        LedgerError: something cannot be read.
    """
    found: dict[str, bytes] = {}
    try:
        for folder in _FOLDERS:
            for file in sorted((directory / folder).rglob("*")):
                path = file.relative_to(directory).as_posix()
                kind = kind_of(path)
                if kind is None or file.is_symlink() or not file.is_file():
                    continue
                content = read_regular(file)
                whole = content[: content.rfind(b"\n") + 1] if kind is Kind.CHAIN else content
                if whole:
                    found[path] = whole
    except OSError as error:
        raise LedgerError(f"cannot read the ledger: {error}") from error
    return found


@contextmanager
def staged(
    ctx_state: Path, files: Mapping[str, bytes], policy: Mapping[str, bytes]
) -> Iterator[Path]:
    """Yield a directory with these files, to verify them before they go anywhere."""
    make_private(ctx_state)
    place = Path(tempfile.mkdtemp(prefix="ledger-", dir=ctx_state))
    try:
        for path, content in {**files, **policy}.items():
            file = place / path
            make_private(file.parent)
            file.write_bytes(content)
        yield place
    except OSError as error:
        raise disk_error("cannot stage the ledger", error) from error
    finally:
        shutil.rmtree(place, ignore_errors=True)


def take(
    directory: Path, files: Mapping[str, bytes], tails: Mapping[str, tuple[int, bytes]]
) -> None:
    """Write what is new: evidence and checkpoints first, then the tails of chains.

    `tails` are path → (size that ours had, bytes to add). Nothing that is there is changed.

    Raises:
        LedgerError: the disk does not take it, or a chain grew meanwhile.
    """
    modes = modes_of(directory)
    try:
        for path in sorted(files, key=lambda path: (not path.startswith("objects/"), path)):
            _put(directory, path, files[path], modes)
        for path, (size, tail) in sorted(tails.items()):
            _grow(directory / path, size, tail, modes)
    except OSError as error:
        raise disk_error("cannot write what the remote has", error) from error


def _put(directory: Path, path: str, content: bytes, modes: Modes) -> None:
    file = directory / path
    if file.exists():
        return
    is_own = path.startswith("checkpoints/")
    make_directory(file.parent.parent, modes.directory)
    make_directory(file.parent, modes.own_directory if is_own else modes.directory)
    put_durably(file, content, modes.file)


def _grow(file: Path, size: int, tail: bytes, modes: Modes) -> None:
    make_directory(file.parent, modes.directory)
    is_new = not file.exists()
    handle = open_regular(file, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    try:
        if is_new:
            os.fchmod(handle, modes.file)
        wait_for_lock(handle, f"the chain {chain_of(f'chains/{file.name}')}")
        if os.fstat(handle).st_size != size:
            raise LedgerError(f"the chain {file.stem} grew meanwhile", hint="sync again")
        append_line(handle, size, tail)
        if is_new:
            sync_directory(file.parent)
    finally:
        os.close(handle)
