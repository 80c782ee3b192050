"""Connections to one generation: rows in and out, times as aware UTC, errors of ours.

`Reader` is read-only and sandboxed; `Writer` works on the next generation inside one transaction.
The only place where a duckdb exception becomes one of ours is `translated`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from riskcockpit.errors import (
    CancelledError,
    DamagedError,
    FatalError,
    InputError,
    RiskcockpitError,
    StoreError,
)
from riskcockpit.store.conversion import as_utc_rows, settle_pandas, to_store
from riskcockpit.store.sql import Sql, sql

if TYPE_CHECKING:  # duckdb takes 60 ms to import: only who opens a cache pays
    import duckdb

_LOCKED = {
    "enable_external_access": "false",
    "python_enable_replacements": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "memory_limit": "2GB",
    "lock_configuration": "true",
}
_WRITING = {
    **_LOCKED,
    # readable by every duckdb we allow, and strings as FSST: the encoding of later versions unpacks
    # a whole segment for one row, so that a page of a list costs three times as much
    "storage_compatibility_version": "v1.2.0",
    "checkpoint_threshold": "0b",  # the commit is the checkpoint: no detour through a WAL
    "threads": "1",  # a second thread costs an import 40 % more CPU and gains no time
}
_CLOSE_SECONDS = 10.0
_CLOSE_PAUSE_SECONDS = 0.02
_NO_DAMAGE = (
    "No space left", "quota exceeded", "File too large", "Too many open files",
    "Permission denied", "Read-only file system", "Could not set lock", "Cannot allocate memory",
)  # fmt: skip
_DAMAGE_HINT = "move it aside and build it again: `riskcockpit sync`"


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn duckdb's errors into ours; `what` names the statement or the file.

    Raises:
        CancelledError: the query was interrupted.
        InputError: the statement or a value in it is wrong.
        DamagedError: the file is damaged.
        StoreError: anything else: out of memory, a full disk, a constraint.
    """
    import duckdb  # noqa: PLC0415 - see above

    try:
        yield
    except duckdb.Error as error:
        raise _ours(error, what) from error
    except MemoryError as error:  # a value too large for Python, whatever duckdb's limit says
        raise _too_large(what) from error


def _ours(error: duckdb.Error, what: str) -> RiskcockpitError:
    import duckdb  # noqa: PLC0415 - see above

    first, _, rest = str(error).partition("\n")
    if isinstance(error, duckdb.InterruptException | duckdb.ConnectionException):
        return CancelledError(f"{what} was interrupted")  # or its reader was closed
    if isinstance(error, duckdb.OutOfMemoryException):
        return _too_large(what, first)
    is_internal = isinstance(error, duckdb.InternalException | duckdb.FatalException)
    is_file = isinstance(error, duckdb.IOException | duckdb.SerializationException)
    if is_internal or is_file or type(error) is duckdb.Error:  # 2.0 reports a bad checksum so
        return _failed(what, str(error), is_internal=is_internal)
    if isinstance(error, duckdb.ConstraintException | duckdb.TransactionException):
        return StoreError(f"cannot write {what}: {first}", detail=rest or None)
    return InputError(f"cannot run {what}: {first}", detail=rest or None)


def _too_large(what: str, detail: str | None = None) -> StoreError:
    return StoreError(f"{what} needs too much memory", hint="narrow the query", detail=detail)


def _failed(what: str, text: str, *, is_internal: bool) -> StoreError:
    """Tell a damaged file, which may be built again, from a full disk and from a bug of duckdb."""
    first, _, rest = text.partition("\n")
    if any(word in text for word in _NO_DAMAGE):
        return StoreError(f"cannot write {what}: {first}", hint="make room or allow it")
    if is_internal and "orrupt" not in text:
        return StoreError(f"duckdb failed on {what}: {first}", detail=rest or None)
    return DamagedError(f"cannot read {what}: {first}", hint=_DAMAGE_HINT, detail=rest or None)


def connect(file: Path, *, is_writing: bool) -> duckdb.DuckDBPyConnection:
    """Open `file` with everything locked that can be locked (facts 4.1).

    Raises:
        DamagedError: it is not a DuckDB file, or a damaged one.
    """
    import duckdb  # noqa: PLC0415 - see above

    settle_pandas()
    with translated(f"the cache file {file.name}"):
        config: dict[str, str | bool | int | float | list[str]] = {
            **(_WRITING if is_writing else _LOCKED)
        }
        return duckdb.connect(str(file), read_only=not is_writing, config=config)


class Reader:
    """One generation of the cache, read-only; a context manager.

    Any thread may ask: each gets a cursor of its own, and `interrupt` stops them all.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        generation: int,
        on_close: Callable[[], None] | None = None,
    ) -> None:
        self.generation = generation
        """The number of the generation; stays the same as long as the reader lives."""
        self._connection = connection
        self._cursors: dict[int, duckdb.DuckDBPyConnection] = {}
        self._lent: list[duckdb.DuckDBPyConnection] = []
        self._idle = threading.Condition()
        self._active = 0
        self._on_close = on_close
        self._is_closed = False

    def rows(self, query: Sql, **params: Any) -> list[tuple[Any, ...]]:
        """Return all rows of `query`; times are aware UTC.

        Raises:
            InputError: the statement or a value is wrong.
            CancelledError: `interrupt` was called.
            StoreError: the cache cannot be read.
        """
        with self._running(query, params) as cursor:
            return as_utc_rows(cursor.fetchall(), moment_columns(cursor))

    def records(self, query: Sql, **params: Any) -> list[dict[str, Any]]:
        """Return all rows of `query` by column name; raises as `rows`."""
        with self._running(query, params) as cursor:
            names = [column[0] for column in cursor.description or ()]
            found = as_utc_rows(cursor.fetchall(), moment_columns(cursor))
        return [dict(zip(names, row, strict=True)) for row in found]

    def one(self, query: Sql, **params: Any) -> tuple[Any, ...] | None:
        """Return the first row of `query`, or None; raises as `rows`."""
        with self._running(query, params) as cursor:
            rows = cursor.fetchall()  # a result not read to its end blocks DuckDB 2.0
            found = as_utc_rows(rows[:1], moment_columns(cursor))
        return found[0] if found else None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return this thread's cursor, for the other modules of the store."""
        with self._idle:
            if self._is_closed:
                raise CancelledError("the cache was closed while a query was waiting")
            return self._cursor(threading.get_ident())

    @contextmanager
    def apart(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor with transactions of its own, for the guard."""
        with self._idle:
            if self._is_closed:
                raise CancelledError("the cache was closed while a query was waiting")
            cursor = self._connection.cursor()
            self._lent.append(cursor)
            self._active += 1
        try:
            yield cursor
        finally:
            with self._idle:
                self._lent.remove(cursor)
                self._active -= 1
                self._idle.notify_all()
            cursor.close()

    def interrupt(self) -> None:
        """Stop every query of this reader that runs at this moment; it can be used again."""
        with self._idle:
            self._interrupt()

    def close(self) -> None:
        """Stop what runs, close all cursors and give the generation back; may be repeated."""
        with self._idle:
            if self._is_closed:
                return
            self._is_closed = True
            until = time.monotonic() + _CLOSE_SECONDS
            while self._active and time.monotonic() < until:
                self._interrupt()
                self._idle.wait(_CLOSE_PAUSE_SECONDS)
            cursors = tuple(self._cursors.values())
            self._cursors.clear()
        for cursor in (*cursors, self._connection):
            cursor.close()
        if self._on_close is not None:
            self._on_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _cursor(self, thread: int) -> duckdb.DuckDBPyConnection:
        if thread not in self._cursors:  # an id used again belongs to a thread that has ended
            self._cursors[thread] = self._connection.cursor()
        return self._cursors[thread]

    def _interrupt(self) -> None:
        for cursor in (*self._cursors.values(), *self._lent):
            cursor.interrupt()

    @contextmanager
    def _running(
        self, query: Sql, params: Mapping[str, Any]
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        _check_names(query, params)
        values = {name: to_store(value) for name, value in params.items()}
        cursor = self.cursor()
        with self._idle:
            self._active += 1
        try:
            with translated(f"the query {query.name}"):
                yield cursor.execute(query.text, values or None)
        finally:
            with self._idle:
                self._active -= 1
                self._idle.notify_all()


class Writer(Reader):
    """The next generation, inside one transaction; belongs to one thread."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, generation: int) -> None:
        super().__init__(connection, generation)
        self.is_discarded = False
        """Whether `discard` was called: nothing of this will be published."""
        self._staged: dict[str, tuple[Mapping[str, str], int]] = {}

    def execute(self, query: Sql, **params: Any) -> int:
        """Run a statement that changes rows and return how many it changed; raises as `rows`."""
        with self._running(query, params) as cursor:
            rows = cursor.fetchall() if cursor.description else []
            return int(rows[0][0]) if rows and isinstance(rows[0][0], int) else 0

    def stage(self, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
        """Fill the temporary table `name` (emptied before) with `rows`, in batches through Arrow.

        `columns` maps each column to its DuckDB type, in the order of the values in a row.
        """
        from riskcockpit.store.staging import stage  # noqa: PLC0415 - pyarrow

        with translated(f"the rows for {name}"):
            stage(self.cursor(), self._staged, name, columns, rows)

    def stage_columns(
        self, name: str, columns: Mapping[str, str], values: Sequence[Sequence[Any]]
    ) -> None:
        """Fill the temporary table `name` (made anew) as `stage` does, given column by column."""
        from riskcockpit.store.staging import fill_columns, make_temporary  # noqa: PLC0415 - pyarrow

        self._staged.pop(name, None)
        with translated(f"the rows for {name}"):
            make_temporary(self.cursor(), name, columns)
            fill_columns(self.cursor(), name, values)

    def append(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert `rows` by column name; a missing value is NULL, `rev` is filled in.

        Raises:
            FatalError: a row names a column that the table does not have.
            StoreError: a constraint does not hold.
        """
        from riskcockpit.store.staging import columns_of, fill  # noqa: PLC0415 - pyarrow

        found = iter(rows)
        first = next(found, None)
        if first is None:
            return
        with translated(f"the rows for {table}"):
            names = columns_of(self.cursor(), table)
            fill(
                self.cursor(),
                table,
                (self._in_order(table, names, row) for row in chain((first,), found)),
            )

    def clear(self, table: str) -> None:
        """Remove all rows of `table`.

        Raises:
            StoreError: the table cannot be written.
        """
        from riskcockpit.store.staging import clear  # noqa: PLC0415 - pyarrow

        with translated(f"the rows of {table}"):
            clear(self.cursor(), table)

    def take_over(self, table: str, source: Reader) -> None:
        """Replace the rows of `table` by those it has in another generation, each with its `rev`.

        Raises:
            StoreError: `source` cannot be read, or has other columns.
        """
        from riskcockpit.store.staging import replace_rows  # noqa: PLC0415 - pyarrow

        with translated(f"the rows for {table}"):
            replace_rows(self.cursor(), table, source.cursor())

    @contextmanager
    def apart(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor that sees everything written so far, and whose failures harm nothing.

        What was written is settled: committed into the file that is still unpublished. The rename
        at the end is what publishes, so an exception afterwards still discards all of it.
        """
        with translated("the changes so far"):
            self._connection.commit()
        begin(self._connection)
        with super().apart() as cursor:
            yield cursor

    def discard(self) -> None:
        """Throw all changes away at the end: for a dry run, or when nothing has changed."""
        self.is_discarded = True

    def _cursor(self, thread: int) -> duckdb.DuckDBPyConnection:
        self._cursors.setdefault(thread, self._connection)
        return self._connection  # a cursor of its own would be outside the transaction

    def _in_order(
        self, table: str, names: Sequence[str], row: Mapping[str, Any]
    ) -> tuple[Any, ...]:
        if unknown := row.keys() - set(names):
            raise FatalError(f"table {table} has no column {min(unknown)!r}")
        return tuple(
            self.generation if name == "rev" and name not in row else row.get(name)
            for name in names
        )


def begin(connection: duckdb.DuckDBPyConnection) -> None:
    """Start the one transaction of a writer."""
    with translated("the start of a change"):
        connection.begin()


def commit(connection: duckdb.DuckDBPyConnection) -> None:
    """End the transaction of a writer and leave one whole file without a log beside it."""
    with translated("the end of a change"):
        connection.commit()
        connection.execute(sql("store", "checkpoint").text)


def rollback(connection: duckdb.DuckDBPyConnection) -> None:
    """Give the transaction of a writer up, whatever state it is in."""
    import duckdb  # noqa: PLC0415 - see above

    with suppress(duckdb.Error):
        connection.rollback()


def _check_names(query: Sql, params: Mapping[str, Any]) -> None:
    given = params.keys()
    if wrong := (query.parameter_names - given) or (given - query.parameter_names):
        kind = "misses" if query.parameter_names - given else "does not know"
        raise FatalError(f"the query {query.name} {kind} the parameter {min(wrong)!r}")


def moment_columns(cursor: duckdb.DuckDBPyConnection) -> tuple[int, ...]:
    """Return the indices of the columns of the last result that are times."""
    columns = cursor.description or ()
    return tuple(i for i, column in enumerate(columns) if "TIMESTAMP" in str(column[1]))
