"""Rows into tables through Arrow, in batches, so that memory does not grow with the input."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from riskcockpit.domain.clock import as_utc
from riskcockpit.errors import FatalError

if TYPE_CHECKING:
    import duckdb

BATCH_ROWS = 20_000
MOST_DEAD_ROWS = 2048
"""Rows a staged table may have taken to be emptied and used again."""
Staged = dict[str, tuple[Mapping[str, str], int]]
"""Columns of each staged table of a transaction, and how many rows it took since it was made."""
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_TYPE = re.compile(r"[A-Z][A-Za-z0-9_ (),]*(?:\[\])?")


def make_temporary(
    cursor: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str]
) -> None:
    """Make the empty temporary table `name`, in place of an older one.

    Raises:
        FatalError: a name is not a lower-case identifier, or a type not a type; a fault of ours.
    """
    for identifier in (name, *columns):
        if not _NAME.fullmatch(identifier):
            raise FatalError(f"{identifier!r} is not a name for a table or a column")
    for type_ in columns.values():
        if not _TYPE.fullmatch(type_):
            raise FatalError(f"{type_!r} is not a type of a column")
    body = ", ".join(f'"{column}" {type_}' for column, type_ in columns.items())
    cursor.execute(f'CREATE OR REPLACE TEMP TABLE "{name}" ({body})')


def stage(
    cursor: duckdb.DuckDBPyConnection,
    staged: Staged,
    name: str,
    columns: Mapping[str, str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Empty the temporary table `name`, or make it, and fill it with `rows`.

    A table that is replaced is kept until the commit, with a segment for each column: thousands of
    small scans would take all memory. One with many dead rows is slow to read.

    Raises:
        FatalError, ValueError: as `make_temporary` and `fill`.
    """
    known, held = staged.pop(name, ({}, 0))
    if known == columns and held < MOST_DEAD_ROWS:
        clear(cursor, name)
    else:
        make_temporary(cursor, name, columns)
        held = 0
    staged[name] = (columns, held + fill(cursor, name, rows))


def columns_of(cursor: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """Return the column names of `table` in their order."""
    return list(cursor.table(f'"{table}"').columns)


def fill(cursor: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[Any]]) -> int:
    """Append `rows`, whose values are in the order of the table's columns; return how many.

    Raises:
        FatalError: a row has another length than the table, or a value does not fit its column.
        ValueError: a time without a zone.
    """
    source = iter(rows)
    count = 0
    schema = None
    while batch := list(islice(source, BATCH_ROWS)):
        schema = schema or _schema(cursor, table)
        if wrong := next((row for row in batch if len(row) != len(schema)), None):
            raise FatalError(f"a row for {table} has {len(wrong)} values, not {len(schema)}")
        _insert(cursor, table, schema, tuple(zip(*batch, strict=True)))
        count += len(batch)
    return count


def clear(cursor: duckdb.DuckDBPyConnection, table: str) -> None:
    """Remove all rows of `table`.

    Raises:
        FatalError: the name is not one of a table.
    """
    if not _NAME.fullmatch(table):
        raise FatalError(f"{table!r} is not a name for a table")
    cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608 - a name of ours


def fill_columns(
    cursor: duckdb.DuckDBPyConnection, table: str, columns: Sequence[Sequence[Any]]
) -> None:
    """Append rows that are given as `columns`, in the order of the table's.

    Raises:
        FatalError: as `fill`, or a column is longer than another.
        ValueError: a time without a zone.
    """
    schema = _schema(cursor, table)
    lengths = {len(column) for column in columns}
    if len(columns) != len(schema) or len(lengths) > 1:
        raise FatalError(f"the columns for {table} do not fit it or each other")
    for start in range(0, max(lengths, default=0), BATCH_ROWS):
        batch = [column[start : start + BATCH_ROWS] for column in columns]
        _insert(cursor, table, schema, batch)


def _schema(cursor: duckdb.DuckDBPyConnection, table: str) -> pa.Schema:
    return cursor.table(f'"{table}"').limit(0).to_arrow_table().schema


def replace_rows(
    cursor: duckdb.DuckDBPyConnection, table: str, source: duckdb.DuckDBPyConnection
) -> None:
    """Replace the rows of `table` by those of the same table on another connection, in batches.

    Raises:
        FatalError: the name is not one of a table.
    """
    clear(cursor, table)
    names = ", ".join(f'"{name}"' for name in columns_of(cursor, table))
    found = source.sql(f'SELECT {names} FROM "{table}"')  # noqa: S608 - as above
    for batch in found.to_arrow_reader(BATCH_ROWS):
        cursor.from_arrow(pa.Table.from_batches([batch])).insert_into(table)


def _insert(
    cursor: duckdb.DuckDBPyConnection,
    table: str,
    schema: pa.Schema,
    columns: Sequence[Sequence[Any]],
) -> None:
    arrays = [_array(table, field, values) for field, values in zip(schema, columns, strict=True)]
    rows = pa.Table.from_arrays(arrays, schema=schema)
    stream = rows.__arrow_c_stream__()  # a table itself loads pyarrow.dataset
    cursor.from_arrow(stream).insert_into(table)
    del arrays, rows, stream
    # what Arrow keeps because it may need it again is three times what a batch holds; by itself it
    # gives it back some time later, so that a quick machine takes 40 MB more than a slow one
    pa.default_memory_pool().release_unused()


def _array(table: str, field: pa.Field, values: Sequence[Any]) -> pa.Array:
    if isinstance(values, range):
        values = list(values)  # Arrow takes it as it is, in twice the time
    convert = _converter(field.type)
    if convert is not None:
        values = [None if value is None else convert(value) for value in values]
    try:
        return pa.array(values, field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise FatalError(
            f"a value does not fit {table}.{field.name} ({field.type})", detail=str(error)
        ) from error


def _converter(type_: pa.DataType) -> Callable[[Any], Any] | None:
    """Return what makes a Python value fit for Arrow; None when Arrow takes it as it is."""
    if pa.types.is_timestamp(type_):
        return _moment
    if pa.types.is_decimal(type_):
        step = Decimal(1).scaleb(-type_.scale)
        return lambda value: Decimal(value).quantize(step, ROUND_HALF_EVEN)
    if pa.types.is_map(type_):
        return lambda value: list(value.items())
    if pa.types.is_list(type_):
        return list
    return None


def _moment(value: datetime) -> datetime:
    return as_utc(value).replace(tzinfo=None)
