"""The generation that was read last stays open: opening one takes longer than most questions."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from riskcockpit.store.connecting import connect
from riskcockpit.store.migrate import version_or_close

if TYPE_CHECKING:  # duckdb takes 60 ms to import: only who opens a cache pays
    import duckdb

MOST_BYTES = 64 * 2**20
"""The size up to which a file is kept open: what was read of it stays in memory."""

_Identity = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Open:
    identity: _Identity
    connection: duckdb.DuckDBPyConnection
    version: int


class Kept:
    """Lends connections to the file that was opened last. For any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: _Open | None = None

    def connection(self, file: Path) -> tuple[duckdb.DuckDBPyConnection, int]:
        """Return a connection to `file`, for the caller to close, and the version of its schema.

        Raises:
            DamagedError: it is no cache of ours, or a damaged one.
            StoreError: it was written by a newer riskcockpit.
        """
        identity = _identity(file)
        with self._lock:
            if self._open is not None and self._open.identity == identity:
                return self._open.connection.cursor(), self._open.version
            self._open = None  # not closed: that would close what is lent of it
            connection = connect(file, is_writing=False)
            version = version_or_close(connection)
            if identity is None or identity[2] > MOST_BYTES:
                return connection, version
            self._open = _Open(identity, connection, version)
            return connection.cursor(), version


def _identity(file: Path) -> _Identity | None:
    """Return what changes when a file is replaced or written to; None when it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
