"""CSV reports: encoding, delimiter, header, and rows as records."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

import msgspec

from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import MIB
from riskcockpit.formats.documents import without_surrogates

DELIMITERS = (",", ";", "\t")
MAX_PREAMBLE = 40
"""Lines that are not blank before which the header of a table must stand."""
_SEPARATOR_LINE = "sep="
_MAX_CELL = 16 * MIB
_END = "\x00the end\x00"
"""A line after the last one: it becomes part of a row that never ends."""
_CUT = "the table ends within quotes: it is cut off"
_SHORT = "the table ends within a row: it is cut off"
_OPENING = 256 * 1024
"""Characters in which the header is looked for."""

csv.field_size_limit(_MAX_CELL)  # the default of 128 kB cuts into the output of scanners


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table."""

    number: int
    """As a person counts: the header is row 1, blank rows do not count."""
    cells: Sequence[str]
    fault: str = ""
    """Why the row cannot be read; empty when it can."""
    is_unended: bool = False
    """It is the last one, and no line break stands behind it."""

    def record(self, names: Sequence[str]) -> bytes:
        """Return the filled cells under `names` as a JSON record; an empty name drops its cell.

        Blank cells beyond the last column, as spreadsheets write them, do not count.

        Raises:
            SkipRecordError: the row cannot be read, has more cells than there are names, or ends
                before the last of them and the file with it.
        """
        if self.fault:
            raise SkipRecordError(self.fault)
        if self.is_unended and len(self.cells) < len(names):
            raise SkipRecordError(_SHORT)
        if any(cell.strip() for cell in self.cells[len(names) :]):
            raise SkipRecordError(f"{len(self.cells)} cells under {len(names)} columns")
        pairs = zip(names, self.cells, strict=False)
        filled = {name: cell for name, cell in pairs if name and cell.strip()}
        return msgspec.json.encode(without_surrogates(filled))


def decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text of a table, and a note when it is not UTF-8."""
    try:
        return content.decode(), ()
    except UnicodeDecodeError as fault:
        note = f"not UTF-8 (byte {fault.start}); read as Windows-1252"
        return content.decode("cp1252", "replace"), (note,)


def without_separator_line(text: str) -> str:
    """Return `text` without the `sep=;` line a spreadsheet may put first."""
    text = text.lstrip()
    if text[: len(_SEPARATOR_LINE)].lower() == _SEPARATOR_LINE:
        return text.partition("\n")[2]
    return text


def header(text: str, delimiter: str) -> list[str]:
    """Return the cells of the first line of `text` that is not blank."""
    lines = without_separator_line(text).splitlines()
    line = next((line for line in lines if line.strip()), "")
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def opening_lines(text: str) -> tuple[frozenset[str], ...]:
    """Return the cells, lower-case, of each of the first lines of `text`: one may be a header."""
    lines = (line for line in without_separator_line(text).splitlines() if line.strip())
    return tuple(
        frozenset(cell.strip().lower() for cell in header(line, delimiter_of(line)))
        for line in islice(lines, MAX_PREAMBLE)
    )


def delimiter_of(text: str) -> str:
    """Return the delimiter that gives the first line most cells."""
    return max(DELIMITERS, key=lambda delimiter: len(header(text, delimiter)))


def rows(text: str, delimiter: str) -> Iterator[Row]:
    """Yield all rows that are not blank, the header first; a broken row carries its fault."""
    last: Row | None = None
    for row in _rows(text, delimiter):
        if last is not None:
            yield last
        last = row
    if last is not None:
        yield last if text.endswith(("\n", "\r")) else replace(last, is_unended=True)


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    stream = io.StringIO(without_separator_line(text), newline="")
    reader = csv.reader(chain(stream, (_END,)), delimiter=delimiter)
    number = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Row(number, (), wording.reason(error))
            continue
        if cells == [_END]:
            return
        if any(cell.strip() for cell in cells):
            number += 1
            is_cut = cells[-1].endswith(_END)
            yield Row(number, (), _CUT) if is_cut else Row(number, cells)


@dataclass(frozen=True, slots=True)
class Table:
    """A table below any lines of text that a tool writes before it."""

    columns: tuple[str, ...]
    """Lower-case and stripped; empty when the table has no header."""
    rows: Iterator[Row]
    """The rows below the header; to be read once."""


def table(text: str, *wanted: str) -> Table:
    """Return the table of `text` whose header, within the first lines, has the columns `wanted`.

    Rows are counted as a person does: blank lines do not count, those before the header do.
    """
    names = {name.lower() for name in wanted}
    delimiter = _delimiter_with(text[:_OPENING], names)
    found = rows(text, delimiter)
    for row in islice(found, MAX_PREAMBLE):
        columns = tuple(cell.strip().lower() for cell in row.cells)
        if names <= set(columns):
            return Table(columns, found)
    return Table((), iter(()))


def _delimiter_with(text: str, names: set[str]) -> str:
    """Return the delimiter of the first line that has all `names`."""
    lines = (line for line in without_separator_line(text).splitlines() if line.strip())
    for line in islice(lines, MAX_PREAMBLE):
        for delimiter in DELIMITERS:
            if names <= {cell.strip().lower() for cell in header(line, delimiter)}:
                return delimiter
    return delimiter_of(text)
