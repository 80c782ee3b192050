"""Tables of what was found on hosts, as several scanners export them: one finding in a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.errors import FormatError
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.network.hosts import hosts_in
from riskcockpit.formats.tables import Row, Table, decoded, table


class Entry(NamedTuple):
    """A row of a table: checked and redacted, by the columns' names in lower case."""

    record: Members
    place: str
    columns: tuple[str, ...]


def read_rows(
    content: bytes,
    tool: str,
    headers: Iterable[tuple[str, ...]],
    outcome: Callable[[Entry, ReadOptions], Observation | None],
    options: ReadOptions,
) -> tuple[Scan, tuple[str, ...]]:
    """Return the scan in a table whose header has all columns of one of `headers`, and notes.

    Raises:
        FormatError: no line is such a header.
    """
    words, notes = decoded(content)
    gathering = Gathering()
    with without_collection():
        found = _table(words, tool, tuple(headers))

        def read(row: Row, place: str) -> Observation | None:
            record = record_of(row.record(found.columns), options)
            return outcome(Entry(record, place, found.columns), options)

        for row in found.rows:
            place = f"row {row.number}"
            gathering.take(place, partial(read, row, place))
    scan = gathering.scan(tool)
    return replace(scan, assets=hosts_in(scan.observations)), notes


def _table(words: str, tool: str, headers: tuple[tuple[str, ...], ...]) -> Table:
    for names in headers:
        found = table(words, *names)
        if found.columns:
            return found
    layouts = "; ".join(" and ".join(names) for names in headers)
    raise FormatError(f"no line names the columns of a table of {tool}: {layouts}")
