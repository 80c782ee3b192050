"""Connections to one generation: rows in and out, times as aware UTC, errors of ours.

`Reader` is read-only and sandboxed; `Writer` works on the next generation inside one transaction.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

from riskcockpit.errors import CancelledError, FatalError
from riskcockpit.store.connecting import TooLargeError, translated
from riskcockpit.store.conversion import as_utc_rows, to_store
from riskcockpit.store.described import COLUMNS, STAGED, is_apart, numbered
from riskcockpit.store.memory import give_back
from riskcockpit.store.sql import Sql, sql
from riskcockpit.store.stopping import remember

if TYPE_CHECKING:  # duckdb takes 60 ms to import: only who opens a cache pays
    import duckdb

_CLOSE_SECONDS = 10.0
_CLOSE_PAUSE_SECONDS = 0.02
_SCRATCH = "scratch."
"""How tables are named that lie in memory beside a generation."""


class Reader:
    """One generation of the cache, read-only; a context manager.

    Any thread may ask: each gets a cursor of its own, and `interrupt` stops them all. A sparing
    one asks what its memory does not do for of `roomy`, another connection to the same generation,
    opened for that question alone, and asks one question after the other, in a thread of its own:
    two at once would read again and again what the other one put out of its memory, and each
    thread keeps memory for the next question.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        generation: int,
        on_close: Callable[[], None] | None = None,
        roomy: Callable[[], duckdb.DuckDBPyConnection] | None = None,
    ) -> None:
        self.generation = generation
        """The number of the generation; stays the same as long as the reader lives."""
        self._connection = connection
        self._cursors: dict[int, duckdb.DuckDBPyConnection] = {}
        self._lent: list[duckdb.DuckDBPyConnection] = []
        self._idle = threading.Condition()
        self._active = 0
        self._on_close = on_close
        self._roomy = roomy
        self._asking = ThreadPoolExecutor(1, "sparing") if roomy is not None else None
        self._is_closed = False
        remember(self)

    @property
    def is_asking(self) -> bool:
        """Whether a statement runs at this moment."""
        return self._active > 0

    def rows(self, query: Sql, **params: Any) -> list[tuple[Any, ...]]:
        """Return all rows of `query`; times are aware UTC.

        Raises:
            InputError: the statement or a value is wrong.
            CancelledError: `interrupt` was called.
            StoreError: the cache cannot be read.
        """
        return self._asked(query, params)[1]

    def records(self, query: Sql, **params: Any) -> list[dict[str, Any]]:
        """Return all rows of `query` by column name; raises as `rows`."""
        names, found = self._asked(query, params)
        return [dict(zip(names, row, strict=True)) for row in found]

    def one(self, query: Sql, **params: Any) -> tuple[Any, ...] | None:
        """Return the first row of `query`, or None; raises as `rows`."""
        found = self._asked(query, params)[1]  # a result not read to its end blocks DuckDB 2.0
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
        with self._lent_by(self._new_cursor) as cursor:
            yield cursor

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
        if self._asking is not None:
            self._asking.shutdown()  # who waits is told that it is closed
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
            self._cursors[thread] = self._new_cursor()
        return self._cursors[thread]

    def _new_cursor(self) -> duckdb.DuckDBPyConnection:
        cursor = self._connection.cursor()
        if self._roomy is not None:
            cursor.execute(sql("store", "generation_use").text)
        return cursor

    @contextmanager
    def _lent_by(
        self, make: Callable[[], duckdb.DuckDBPyConnection]
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend what `make` opens, which `interrupt` stops too."""
        with self._idle:
            if self._is_closed:
                raise CancelledError("the cache was closed while a query was waiting")
            cursor = make()
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

    def _interrupt(self) -> None:
        for cursor in (*self._cursors.values(), *self._lent):
            cursor.interrupt()

    def _asked(
        self, query: Sql, params: Mapping[str, Any]
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the names of the columns and all rows."""
        if self._asking is None:
            with self._running(query, params) as cursor:
                return _taken(cursor)
        try:
            asked = self._asking.submit(self._asked_sparingly, query, params)
        except RuntimeError as error:  # it takes no more
            raise CancelledError("the cache was closed while a query was waiting") from error
        return asked.result()

    def _asked_sparingly(
        self, query: Sql, params: Mapping[str, Any]
    ) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Ask with little memory, then with as much as there is."""
        try:
            with self._running(query, params) as cursor:
                return _taken(cursor)
        except TooLargeError:
            if self._roomy is None or _SCRATCH in query.text:  # each has a scratch of its own
                raise
        values = {name: to_store(value) for name, value in params.items()}
        with self._lent_by(self._roomy) as cursor, translated(f"the query {query.name}", cursor):
            return _taken(cursor.execute(query.text, values or None))

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
            with translated(f"the query {query.name}", cursor):
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

        Those of `finding` have a `description`, which is kept apart.

        Raises:
            FatalError: a row names a column that the table does not have.
            StoreError: a constraint does not hold.
        """
        from riskcockpit.store.staging import columns_of, fill  # noqa: PLC0415 - pyarrow

        found = iter(rows)
        first = next(found, None)
        if first is None:
            return
        rows, texts = chain((first,), found), dict[str, int]()
        with translated(f"the rows for {table}"):
            names = columns_of(self.cursor(), table)
            if is_apart(table, names):
                rows = (numbered(row, texts) for row in rows)
            fill(self.cursor(), table, (self._in_order(table, names, row) for row in rows))
        if texts:
            self.stage_descriptions(texts)
            self.keep_descriptions()

    def stage_descriptions(self, texts: Mapping[str, int]) -> None:
        """Stage what findings may be described by, text → number (`store.described.numbers`)."""
        self.stage(STAGED, COLUMNS, {number: text for text, number in texts.items()}.items())

    def keep_descriptions(self) -> int:
        """Keep the descriptions that were staged last; return how many are new."""
        return self.execute(sql("store", "described_keep"))

    def give_back_memory(self) -> None:
        """Return to the system what was freed; for when the rows of a long report are forgotten."""
        give_back()

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


def _taken(cursor: duckdb.DuckDBPyConnection) -> tuple[list[str], list[tuple[Any, ...]]]:
    names = [column[0] for column in cursor.description or ()]
    return names, as_utc_rows(cursor.fetchall(), moment_columns(cursor))


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

    connection.interrupt()  # what a signal broke off runs on, and giving up waits for it
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
