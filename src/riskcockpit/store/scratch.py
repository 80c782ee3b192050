"""A cache in memory with the newest schema and no rows: for the test cases of policy packs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from riskcockpit.store.connecting import connect
from riskcockpit.store.database import Writer, begin, rollback
from riskcockpit.store.migrate import migrate

IN_MEMORY = Path(":memory:")


@contextmanager
def scratch(now: datetime) -> Iterator[Writer]:
    """Open an empty cache that lives as long as the block and never touches a disk.

    `now` (aware UTC) is recorded as the moment of the migrations.
    """
    connection = connect(IN_MEMORY, is_writing=True)
    writer = Writer(connection, 1)
    try:
        begin(connection)
        migrate(connection, now)
        yield writer
        rollback(connection)
    finally:
        writer.close()
