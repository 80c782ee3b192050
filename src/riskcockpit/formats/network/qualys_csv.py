"""Qualys' CSV reports: the table of detections below any lines of prose and other tables."""

from __future__ import annotations

from riskcockpit.domain.finding import Observation
from riskcockpit.formats import wording
from riskcockpit.formats.addresses import host_of
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.hypertext import plain_text
from riskcockpit.formats.members import Members
from riskcockpit.formats.network.host_tables import Entry, read_rows
from riskcockpit.formats.network.hosts import Place
from riskcockpit.formats.network.qualys import TOOL, Detection, observation

HEADERS = (("qid", "title"), ("qid", "vuln title"), ("qid", "host id"))
_SCORES = (
    "cvss4 base", "cvss3.1 base", "cvss3 base", "cvss3.1", "cvss3",
    "cvss base", "cvss_base", "cvss",
)  # fmt: skip
_BODY, _BODY_END = b"----BEGIN_RESPONSE_BODY_CSV", b"----END_RESPONSE_BODY_CSV"
"""Lines around the table in an answer of the API."""
_HOST = (
    "ip", "ip address", "asset ipv4", "asset ipv6", "fqdn", "dns", "dns name", "hostname",
    "asset name", "netbios", "netbios name",
)  # fmt: skip
_IGNORED = ("false positive status", "ignored", "disabled")
_ACCEPTED = frozenset({"accepted", "approved", "true", "yes"})


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the rows, one detection each.

    Raises:
        FormatError: no header of a table of detections in it.
    """
    content = content.partition(_BODY)[2].partition(_BODY_END)[0] or content
    scan, notes = read_rows(content, TOOL, HEADERS, _outcome, options)
    return Report("qualys-csv", (scan,), notes)


def _outcome(entry: Entry, options: ReadOptions) -> Observation | None:
    record = entry.record
    if not record.text("qid") and record.text("ip status"):
        return None  # the row of a host on which nothing was found
    found = Detection(
        qid=record.text("qid"),
        title=record.first("title", "vuln title"),
        place=Place(_host(record), record.text("port"), record.text("protocol")),
        type=record.first("type", "type detected", "vuln type"),
        level=record.word("severity"),
        status=record.first("vuln status", "status"),
        threat=plain_text(record.word("threat")),
        impact=plain_text(record.word("impact")),
        solution=plain_text(record.text("solution")),
        result=plain_text(record.first("results", "result")),
        cves=record.first("cve id", "cveid", "cve"),
        scores=tuple(record.text(name) for name in _SCORES),
        is_ignored=any(record.text(name).lower() in _ACCEPTED for name in _IGNORED),
    )
    return observation(found, entry.place, record.raw, options)


def _host(record: Members) -> str:
    """Return the address, else a name: names are looked up, and a look-up may fail."""
    host = record.first(*_HOST)
    return host_of(host) if "://" in host else wording.name(host)
