"""Qualys' CSV reports: the table of detections below any lines of prose and other tables."""

from __future__ import annotations

from riskcockpit.domain.finding import Observation
from riskcockpit.formats import wording
from riskcockpit.formats.addresses import host_of
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.members import Members
from riskcockpit.formats.network.host_tables import Entry, read_rows
from riskcockpit.formats.network.hosts import Place
from riskcockpit.formats.network.qualys import TOOL, Detection, observation

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
    scan, notes = read_rows(content, TOOL, HEADERS, _outcome, options)
    return Report("qualys-csv", (scan,), notes)


def _outcome(entry: Entry, options: ReadOptions) -> Observation | None:
    record = entry.record
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
    return observation(found, entry.place, record.raw, options)


def _host(record: Members) -> str:
    """Return the address, else a name: names are looked up, and a look-up may fail."""
    host = record.first("ip", "fqdn", "dns", "hostname", "netbios")
    return host_of(host) if "://" in host else wording.name(host)
