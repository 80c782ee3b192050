"""The exported frame of a NannyML result, whatever it was written as, as plain rows.

CSV with flat or stacked headers, JSON records and Parquet all come out with the same names:
`chunk_end_date`, `accuracy_value`, `income_jensen_shannon_alert`.
"""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from riskcockpit.connectors.result_files import decode
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import FormatError

Row = Mapping[str, Any]
MOST_CELLS = 5_000_000
"""Of one file; a monitor has some hundred chunks of some hundred columns."""
_PARQUET = b"PAR1"
_STACKED = 3
"""Rows of a header at most: chunk or column, method, value."""


def rows(content: bytes) -> tuple[Row, ...]:
    """Return the rows of an export.

    Raises:
        FormatError: it is none, or too large.
    """
    if content.startswith(_PARQUET):
        names, values = _parquet(content)
    elif content.lstrip()[:1] in (b"[", b"{"):
        names, values = _json(content)
    else:
        names, values = _csv(content)
    flat = [flat_name(name) for name in names]
    if "chunk_key" not in flat:
        raise FormatError("no export of NannyML: there is no column chunk_key")
    return tuple(dict(zip(flat, row, strict=False)) for row in values)


def flat_name(name: str) -> str:
    """Return the name of a column in its flat form: levels joined, `chunk` said once."""
    levels: Sequence[str] = name.split("/")
    if name.startswith("("):
        try:
            found = ast.literal_eval(name)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            found = name
        if isinstance(found, tuple):
            levels = [str(level) for level in found]
    parts = [level for level in levels if level]
    while parts[:2] == ["chunk", "chunk"]:
        parts = parts[1:]
    joined = "_".join(parts)
    return joined.replace("chunk_chunk_", "chunk_", 1) if parts[:1] == ["chunk"] else joined


def _csv(content: bytes) -> tuple[list[str], Iterable[Sequence[Any]]]:
    try:
        table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"no export of NannyML: {clean_line(str(error))}") from error
    _refuse_large(sum(map(len, table)))
    height = next(
        (n for n, row in enumerate(table[:_STACKED], 1) if {"key", "chunk_key"} & set(row)), 0
    )
    if not height:
        raise FormatError("no export of NannyML: there is no column chunk_key")
    names = ["/".join(column) for column in zip(*table[:height], strict=True)]
    return names, [[cell or None for cell in row] for row in table[height:] if row]


def _json(content: bytes) -> tuple[list[str], Iterable[Sequence[Any]]]:
    what = "export of NannyML"
    if content.lstrip().startswith(b"["):
        records = decode(content, list[dict[str, Any]], what)
    else:
        records = [decode(content, dict[str, Any], what)]
    _refuse_large(sum(map(len, records)))
    names = list(dict.fromkeys(name for record in records for name in record))
    return names, [[record.get(name) for name in names] for record in records]


def _parquet(content: bytes) -> tuple[list[str], Iterable[Sequence[Any]]]:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only Parquet needs it
    import pyarrow.parquet as pq  # noqa: PLC0415 - as above

    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        _refuse_large(file.metadata.num_rows * file.metadata.num_columns)
        table = file.read()
        columns = [_plain(column) for column in table.columns]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FormatError(f"no export of NannyML: {clean_line(str(error))}") from error
    return list(table.column_names), list(zip(*columns, strict=True))


def _plain(column: Any) -> list[Any]:
    """Return a column of Parquet as plain values, moments in microseconds."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values


def _refuse_large(cells: int) -> None:
    if cells > MOST_CELLS:
        raise FormatError(f"more than {MOST_CELLS} cells")
