"""Evidence too large for an entry, kept by its content: `objects/sha256/<2 hex>/<64 hex>`.

An entry that rests on objects names them in `data.objects`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from riskcockpit.errors import LedgerError, UnwritableError
from riskcockpit.ledger.modes import make_directory, modes_of
from riskcockpit.ledger.regular import NotRegularError, read_regular


class Objects:
    """The objects of one ledger directory. Writing the same content twice keeps one."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._root = directory / "objects" / "sha256"

    def put(self, content: bytes) -> str:
        """Keep `content` durably and return its SHA-256 in hex.

        Raises:
            UnwritableError: it cannot be written.
        """
        digest = hashlib.sha256(content).hexdigest()
        target = self._path(digest)
        if target.exists():
            return digest
        try:
            modes = modes_of(self._directory)
            make_directory(target.parent, modes.directory)
            put_durably(target, content, modes.file)
        except OSError as error:
            if target.exists():  # a colleague kept the same meanwhile
                return digest
            raise UnwritableError(f"cannot keep evidence at {target}: {error}") from error
        return digest

    def get(self, digest: str) -> bytes:
        """Return the content whose SHA-256 is `digest`.

        Raises:
            LedgerError: it is not there, or its content is not what its name says.
        """
        try:
            content = read_regular(self._path(digest))
        except OSError as error:
            raise LedgerError(f"the evidence {digest} is missing") from error
        if hashlib.sha256(content).hexdigest() != digest:
            raise LedgerError(f"the evidence {digest} was changed")
        return content

    def examined(self) -> tuple[set[str], list[str]]:
        """Return the names of what is as its name says, and of what was changed.

        Raises:
            LedgerError: the objects cannot be read.
        """
        good: set[str] = set()
        changed: list[str] = []
        try:
            for file, name in self.names():
                if _is_named_so(file, name):
                    good.add(name)
                else:
                    changed.append(name)
        except OSError as error:
            raise LedgerError(f"cannot read the evidence: {error}") from error
        return good, changed

    def names(self) -> Iterator[tuple[Path, str]]:
        """Yield (file, what its name says its SHA-256 is) of everything kept."""
        for file in sorted(self._root.glob("*/*")):
            if file.suffix != ".part":
                yield file, file.name

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest


def _is_named_so(file: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(read_regular(file)).hexdigest() == digest
    except NotRegularError:
        return False


def put_durably(target: Path, content: bytes, mode: int = 0o600) -> None:
    """Put a file in its place whole, or not at all.

    Raises:
        OSError: it cannot be written, or in its place is a file of somebody else.
    """
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        write_durably(part, content, mode)
        part.replace(target)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def write_durably(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a new file and fsync it; it has `mode`, whatever the umask is.

    Raises:
        OSError: it is there already, or the disk does not take it; a part of it may be left.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
