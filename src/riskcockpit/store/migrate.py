"""The schema and its versions: ordered files, each applied once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from riskcockpit.errors import DamagedError, UnavailableStoreError
from riskcockpit.store.connecting import translated
from riskcockpit.store.conversion import to_store
from riskcockpit.store.sql import PACKAGE, sql

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: `store/migrations/NNNN_<name>.sql`, any number of statements."""

    version: int
    name: str
    text: str


@cache
def migrations() -> tuple[Migration, ...]:
    """Return all steps in their order; versions run from 1 without a gap."""
    found = sorted((PACKAGE / "store" / "migrations").glob("*.sql"))
    return tuple(
        Migration(number, file.stem, file.read_text("utf-8"))
        for number, file in enumerate(found, start=1)
    )


def newest_version() -> int:
    """Return the schema version that this program writes."""
    return len(migrations())


def schema_version(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the schema version of an open cache.

    Raises:
        DamagedError: the file is a database, but not a cache of ours.
        StoreError: it was written by a newer riskcockpit.
    """
    import duckdb  # noqa: PLC0415 - who asks has imported it

    with translated("the schema version"):
        try:
            rows = connection.execute(sql("store", "schema_version").text).fetchall()
        except duckdb.CatalogException as error:
            raise DamagedError(
                "the cache file is a database without our schema",
                hint="move it aside and build it again: `riskcockpit sync`",
            ) from error
    version = int(rows[0][0]) if rows else 0
    if version > newest_version():
        raise UnavailableStoreError(
            f"the cache has schema {version}, this program knows {newest_version()} at most",
            hint="use the newer riskcockpit that wrote it, or another RISKCOCKPIT_HOME",
        )
    return version


def version_or_close(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the schema version; a connection to what is no cache of ours is closed.

    Raises:
        DamagedError, StoreError: as `schema_version`.
    """
    try:
        return schema_version(connection)
    except BaseException:
        connection.close()
        raise


def migrate(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Bring an open cache, empty or older, to the newest schema; inside the caller's transaction.

    In an older one each step is settled by itself: DuckDB does not alter a table whose rows the
    same transaction has changed. The file is not published yet.

    Raises:
        StoreError: it was written by a newer riskcockpit.
    """
    with translated("the schema"):
        connection.execute(sql("store", "schema_create").text)
    done = schema_version(connection)
    for step in migrations()[done:]:
        with translated(f"the migration {step.name}"):
            connection.execute(step.text)
            connection.execute(
                sql("store", "schema_record").text,
                {"version": step.version, "name": step.name, "applied_at": to_store(now)},
            )
            if done:
                connection.commit()
                connection.begin()
