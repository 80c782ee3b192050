"""The generic format as CSV: one finding in a row, columns by their names, in any order."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

import msgspec

from riskcockpit.domain.finding import Observation, Problem, Scan
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.documents import decode_json, without_surrogates
from riskcockpit.formats.generic.fields import REQUIRED, field_named
from riskcockpit.formats.generic.from_json import DEFAULT_TOOL
from riskcockpit.formats.generic.records import is_absent, observation
from riskcockpit.formats.opening import plain
from riskcockpit.formats.suspicion import checked

DELIMITERS = (",", ";", "\t")
_SEPARATOR_LINE = "sep="


class GenericCsvFormat:
    """The reader of the generic format as CSV."""

    name = "generic-csv"
    title = "riskcockpit's generic CSV (DefectDojo's column names; comma, semicolon or tab)"

    def matches(self, head: bytes) -> bool:
        """Whether the first line names title and severity, and half of its columns are ours."""
        text = head.decode("utf-8", "replace")
        if text.lstrip().startswith(("{", "[", "<")):
            return False
        delimiter = _delimiter(text)
        cells = _header(text, delimiter) if delimiter else []
        return bool(cells) and 2 * sum(bool(field_named(cell)) for cell in cells) >= len(cells)

    def read(self, content: bytes, options: ReadOptions) -> Report:
        """Read all rows; a formula in a cell is text like any other.

        Raises:
            FormatError: the header lacks title or severity, or the content is beyond a limit.
        """
        text, notes = _decoded(plain(content, options.max_bytes))
        delimiter = _delimiter(text)
        if not delimiter:
            raise FormatError(
                "the first line does not name the columns title and severity",
                hint="see docs/formats.md for the columns",
            )
        return Report(self.name, (_scan(_after_separator(text), delimiter, options),), notes)


def _scan(text: str, delimiter: str, options: ReadOptions) -> Scan:
    rows = _rows(text, delimiter)
    fields: list[str] = []
    observations: list[Observation] = []
    problems: list[Problem] = []
    absent = 0
    for number, row in rows:
        place = f"row {number}"
        if not fields and isinstance(row, list):
            fields = [field_named(cell) for cell in row]
            continue
        try:
            raw = checked(_as_json(fields, row), options)
            record = decode_json(raw)
            if is_absent(record):
                absent += 1
            else:
                observations.append(observation(record, DEFAULT_TOOL, place, raw, options))
        except SkipRecordError as fault:
            problems.append(Problem(place, wording.title(fault.message)))
    return Scan(
        tool=DEFAULT_TOOL,
        observations=tuple(observations),
        problems=tuple(problems),
        absent=absent,
    )


def _as_json(fields: Sequence[str], row: Sequence[str] | csv.Error) -> bytes:
    """Return the known, filled cells of a row as a JSON record."""
    if isinstance(row, csv.Error):
        raise SkipRecordError(wording.reason(row)) from row
    if len(row) > len(fields):
        raise SkipRecordError(f"{len(row)} cells under {len(fields)} columns")
    pairs = zip(fields, row, strict=False)
    record = {field: cell for field, cell in pairs if field and cell.strip()}
    return msgspec.json.encode(without_surrogates(record))


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Yield the rows that are not blank with their number, the header being row 1."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            number += 1
            yield number, fault
            continue
        if any(cell.strip() for cell in row):
            number += 1
            yield number, row


def _delimiter(text: str) -> str:
    """Return the delimiter under which the header names most fields; empty when none does."""
    best, most = "", 0
    for delimiter in DELIMITERS:
        known = {field_named(cell) for cell in _header(text, delimiter)} - {""}
        if known >= REQUIRED and len(known) > most:
            best, most = delimiter, len(known)
    return best


def _header(text: str, delimiter: str) -> list[str]:
    line = next((line for line in _after_separator(text).splitlines() if line.strip()), "")
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _after_separator(text: str) -> str:
    """Return `text` without the `sep=;` line a spreadsheet may put first."""
    text = text.lstrip()
    if text[: len(_SEPARATOR_LINE)].lower() == _SEPARATOR_LINE:
        return text.partition("\n")[2]
    return text


def _decoded(content: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        return content.decode(), ()
    except UnicodeDecodeError as fault:
        note = f"not UTF-8 (byte {fault.start}); read as Windows-1252"
        return content.decode("cp1252", "replace"), (note,)


FORMAT = GenericCsvFormat()
