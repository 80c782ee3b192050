"""The generic format as CSV: one finding in a row, columns by their names, in any order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.errors import FormatError
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.documents import decode_json
from riskcockpit.formats.gathering import Gathering, Gone, gone
from riskcockpit.formats.generic.fields import REQUIRED, field_named
from riskcockpit.formats.generic.from_json import DEFAULT_TOOL
from riskcockpit.formats.generic.records import is_absent, observation
from riskcockpit.formats.suspicion import checked
from riskcockpit.formats.tables import DELIMITERS, Row, decoded, header, rows


def read(content: bytes, options: ReadOptions) -> Report:
    """Read all rows; a formula in a cell is text like any other.

    Raises:
        FormatError: the header lacks title or severity, or the content is beyond a limit.
    """
    text, notes = decoded(content)
    delimiter = _delimiter(text)
    if not delimiter:
        raise FormatError(
            "the first line does not name the columns title and severity",
            hint="see docs/formats.md for the columns",
        )
    return Report("generic-csv", (_scan(rows(text, delimiter), options),), notes)


def _scan(table: Iterator[Row], options: ReadOptions) -> Scan:
    fields: list[str] = []
    gathering = Gathering()
    for row in table:
        place = f"row {row.number}"
        if fields:
            gathering.take(place, partial(_record, row, fields, place, options))
        elif row.fault:
            gathering.trouble(place, row.fault)
        else:
            fields = [field_named(cell) for cell in row.cells]
    return gathering.scan(DEFAULT_TOOL)


def _record(
    row: Row, fields: Sequence[str], place: str, options: ReadOptions
) -> Observation | Gone | None:
    raw = checked(row.record(fields), options)
    record = decode_json(raw)
    seen = partial(observation, record, DEFAULT_TOOL, place, raw, options)
    return gone(seen) if is_absent(record) else seen()


def _delimiter(text: str) -> str:
    """Return the delimiter under which the header names most fields; empty when none does."""
    best, most = "", 0
    for delimiter in DELIMITERS:
        known = {field_named(cell) for cell in header(text, delimiter)} - {""}
        if known >= REQUIRED and len(known) > most:
            best, most = delimiter, len(known)
    return best
