"""Whole tables of the cache as Parquet: how evidence takes them out and brings them back."""

from __future__ import annotations

import io
from contextlib import nullcontext
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet

from riskcockpit.errors import InputError
from riskcockpit.store.connecting import translated
from riskcockpit.store.database import Reader, Writer
from riskcockpit.store.described import DESCRIBED, NUMBER, TEXT, is_apart, joined, numbers
from riskcockpit.store.staging import columns_of

if TYPE_CHECKING:
    import duckdb


def table_as_parquet(reader: Reader, table: str) -> tuple[bytes, int]:
    """Return all rows of a table of ours in a fixed order as a Parquet file, and how many.

    Raises:
        StoreError: the cache cannot be read.
    """
    with (
        translated(f"the rows of {table}"),
        reader.apart() as cursor,
        joined(cursor) if table == DESCRIBED else nullcontext(),
    ):
        found = cursor.sql(f'FROM "{table}" ORDER BY ALL').to_arrow_table()
    sink = io.BytesIO()
    pyarrow.parquet.write_table(found, sink, compression="zstd")
    return sink.getvalue(), found.num_rows


def fill_from_parquet(tx: Writer, table: str, content: bytes, name: str) -> int:
    """Append the rows of a Parquet file to a table of ours; return how many.

    Columns that the file does not know yet are NULL. `name` is for messages.

    Raises:
        InputError: it is no Parquet file, or has columns the table does not have.
        StoreError: a constraint does not hold.
    """
    try:
        found = pyarrow.parquet.read_table(io.BytesIO(content))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{name} is no Parquet file: {error}") from error
    with translated(f"the rows for {table}"):
        cursor = tx.cursor()
        known = columns_of(cursor, table)
        if is_apart(table, known) and TEXT in found.column_names:
            found = _apart(tx, found)
        if unknown := set(found.column_names) - set(known):
            raise InputError(
                f"{name} has a column {min(unknown)!r} that {table} does not have",
                hint="it was made by a newer riskcockpit: read it with that one",
            )
        _insert(cursor, table, found)
    count: int = found.num_rows
    return count


def _apart(tx: Writer, rows: pa.Table) -> pa.Table:
    """Keep the descriptions of findings and return the rows with their numbers instead."""
    place = rows.column_names.index(TEXT)
    texts = rows.column(place).to_pylist()
    known = numbers(text for text in texts if text is not None)
    tx.stage_descriptions(known)
    tx.keep_descriptions()
    return rows.set_column(place, NUMBER, pa.array(map(known.get, texts), pa.uint64()))


def _insert(cursor: duckdb.DuckDBPyConnection, table: str, rows: pa.Table) -> None:
    schema = cursor.table(f'"{table}"').limit(0).to_arrow_table().schema
    columns = [
        rows.column(field.name).cast(field.type)
        if field.name in rows.column_names
        else pa.nulls(rows.num_rows, field.type)
        for field in schema
    ]
    cursor.from_arrow(pa.Table.from_arrays(columns, schema=schema)).insert_into(table)
