"""Evidence too large for an entry, kept by its content: `objects/sha256/<2 hex>/<64 hex>`.

An entry that rests on objects names them in `data.objects`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from riskcockpit.errors import LedgerError
from riskcockpit.ledger.regular import read_regular


class Objects:
    """The objects of one ledger directory. Writing the same content twice keeps one."""

    def __init__(self, directory: Path) -> None:
        self._root = directory / "objects" / "sha256"

    def put(self, content: bytes) -> str:
        """Keep `content` durably and return its SHA-256 in hex.

        Raises:
            LedgerError: it cannot be written.
        """
        digest = hashlib.sha256(content).hexdigest()
        target = self._path(digest)
        if target.exists():
            return digest
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = target.with_name(f"{digest}.{secrets.token_hex(4)}.part")
            write_durably(part, content)
            part.replace(target)
        except OSError as error:
            raise LedgerError(f"cannot keep evidence at {target}: {error}") from error
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

    def names(self) -> Iterator[tuple[Path, str]]:
        """Yield (file, what its name says its SHA-256 is) of everything kept."""
        for file in sorted(self._root.glob("*/*")):
            if file.suffix != ".part":
                yield file, file.name

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest


def write_durably(path: Path, content: bytes) -> None:
    """Write a new file of mode 0600 and fsync it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
