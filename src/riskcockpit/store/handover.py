"""Hands what a reader sees to another process, as a file that the other one may open.

A published generation is handed over as it is; of one that is still being written, a copy of what
was settled; of a cache in memory, the tables that are asked for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from riskcockpit.store.connecting import connect
from riskcockpit.store.database import Reader, Writer, commit
from riskcockpit.store.described import DESCRIBED, KEPT
from riskcockpit.store.durable import copy_file
from riskcockpit.store.migrate import migrate
from riskcockpit.store.sql import sql

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@contextmanager
def handed_over(reader: Reader, tables: Iterable[str]) -> Iterator[Path]:
    """Lend a database file with what `reader` sees; of a cache in memory only `tables`.

    The file, where it is a copy, is gone afterwards.

    Raises:
        StoreError: the copy cannot be made.
    """
    with reader.apart() as cursor:
        row = cursor.execute(sql("store", "database_file").text).fetchall()[0]
    file = Path(row[0]) if row[0] else None
    if file is not None and not isinstance(reader, Writer):
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="riskcockpit-policy-") as directory:
        copy = Path(directory) / "handover.duckdb"
        if file is not None:
            copy_file(file, copy)
        else:
            _write(copy, reader, tables)
        yield copy


def _write(file: Path, reader: Reader, tables: Iterable[str]) -> None:
    connection = connect(file, is_writing=True)
    writer = Writer(connection, 1)
    try:
        connection.begin()
        migrate(connection, _NEVER)
        for table in tables:
            writer.take_over(table, reader)
            if table == DESCRIBED:
                writer.take_over(KEPT, reader)
        commit(connection)
    finally:
        writer.close()
