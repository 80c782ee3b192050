"""Qualys' CSV reports: the table of detections below any lines of prose and other tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from riskcockpit.domain.finding import Observation
from riskcockpit.errors import FormatError
from riskcockpit.formats import wording
from riskcockpit.formats.addresses import host_of
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.network.hosts import Place
from riskcockpit.formats.network.qualys import TOOL, Detection, observation
from riskcockpit.formats.tables import Row, decoded, table

HEADERS = (("qid", "title"), ("qid", "vuln title"))
_SCORES = (
    "cvss4 base", "cvss3.1 base", "cvss3 base", "cvss3.1", "cvss3",
    "cvss base", "cvss_base", "cvss",
)  # fmt: skip
_ACCEPTED = frozenset({"accepted", "approved", "true", "yes"})


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the rows, one detection each.

    Raises:
        FormatError: no header of a table of detections in it.
    """
    words, notes = decoded(content)
    gathering = Gathering()
    with without_collection():
        for names in HEADERS:
            found = table(words, *names)
            if found.columns:
                break
        else:
            raise FormatError("no line names the columns QID and Title")
        for row in found.rows:
            place = f"row {row.number}"
            gathering.take(place, partial(_outcome, row, found.columns, place, options))
    return Report("qualys-csv", (gathering.scan(TOOL),), notes)


def _outcome(
    row: Row, columns: Sequence[str], place: str, options: ReadOptions
) -> Observation | None:
    record = record_of(row.record(columns), options)
    raw = record.raw
    found = Detection(
        qid=record.text("qid"),
        title=record.first("title", "vuln title"),
        place=Place(_host(record), record.text("port"), record.text("protocol")),
        type=record.text("type"),
        level=record.word("severity"),
        status=record.first("vuln status", "status"),
        threat=record.word("threat"),
        impact=record.word("impact"),
        solution=record.text("solution"),
        result=record.first("results", "result"),
        cves=record.first("cve id", "cveid", "cve"),
        scores=tuple(record.text(name) for name in _SCORES),
        is_ignored=record.first("false positive status", "ignored").lower() in _ACCEPTED,
    )
    return observation(found, place, raw, options)


def _host(record: Members) -> str:
    """Return the address, else a name: names are looked up, and a look-up may fail."""
    host = record.first("ip", "fqdn", "dns", "hostname", "netbios")
    return host_of(host) if "://" in host else wording.name(host)
