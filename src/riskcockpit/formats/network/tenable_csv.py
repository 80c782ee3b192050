"""Tables of findings as Nessus, Tenable.sc, Tenable.io and its web scanner export them."""

from __future__ import annotations

import re
from dataclasses import replace

from riskcockpit.domain.finding import Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members
from riskcockpit.formats.network.host_tables import Entry, read_rows
from riskcockpit.formats.network.hosts import Place, at_address, host_observation
from riskcockpit.formats.network.nessus import KEV, SEVERITIES, TOOL
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.vulnerabilities import cwe_number, cwe_numbers, vulnerability_ids

PLUGIN = ("plugin id", "plugin", "definition.id", "pluginid")
SEVERITY = ("risk", "severity", "risk factor", "definition.severity")
TITLE = ("name", "plugin name", "definition.name")
HOST = (
    "host", "ip address", "asset.display_fqdn", "asset.host_name", "asset.name",
    "asset.display_ipv4_address", "asset.display_ipv6_address", "dns name", "fqdn", "ip",
    "netbios name",
)  # fmt: skip
"""An address before a name that has to be looked up: one failed look-up would make all new."""
PORT = ("port", "asset.port")
SYNOPSIS = ("synopsis", "definition.synopsis")
DESCRIPTION = ("description", "definition.description")
SOLUTION = ("solution", "steps to remediate", "definition.solution")
LINKS = ("see also", "definition.see_also")
OUTPUT = ("plugin output", "plugin text", "output")
ADDRESS = ("url", "uri")
"""The page; most exports name it in the output alone."""
CVE = ("cve", "definition.cve")
CWE = ("cwe", "definition.cwe")
CVSS = (
    "cvss v4.0 base score", "definition.cvss4.base_score", "cvss v3.0 base score",
    "cvss v3 base score", "cvssv3", "cvss3 base score", "definition.cvss3.base_score",
    "cvss v2.0 base score", "cvss v2 base score", "cvss", "cvss base score",
    "definition.cvss2.base_score",
)  # fmt: skip
EPSS = ("epss score", "epss", "definition.epss.score")
REFERENCES = ("cross references", "xref", "definition.references")
ACCEPTANCE = ("risk_modified", "modification")
STATE = ("state", "vulnerability state", "vuln state")
_HEADERS = (
    ("plugin id", "risk"), ("plugin id", "severity"), ("plugin", "severity"),
    ("definition.id", "severity"), ("definition.id", "definition.severity"),
)  # fmt: skip
"""Two columns of each layout."""
_ACCEPTED = frozenset({"accepted", "accept"})
_NUMBERS = re.compile(r"\d+")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a table of any layout, one finding a row.

    Raises:
        FormatError: the header has none of the layouts.
    """
    scan, notes = read_rows(content, TOOL, _HEADERS, _outcome, options)
    return Report("tenable-csv", (scan,), notes)


def _outcome(entry: Entry, options: ReadOptions) -> Observation | None:
    record = entry.record
    rule, title = record.first(*PLUGIN), record.first(*TITLE)
    host = record.first(*HOST)
    if not (rule or title) or not host:
        raise SkipRecordError("a row without plugin, or without host")
    if record.first(*STATE).upper() == "FIXED":
        return None
    word = next(filter(None, map(record.word, SEVERITY)), "")  # `None` is a risk: there is none
    rule = rule or title
    grade = graded(TOOL, rule, SEVERITIES.get(word, word), "severity", options)
    protocol = record.text("protocol")
    at = Place(_host(host, protocol), record.first(*PORT), protocol)
    output = record.first(*OUTPUT).removeprefix("Plugin Output:").strip()
    seen = host_observation(
        TOOL, rule, title, grade._replace(raw=wording.name(word)), at, record=entry.place
    )
    seen = replace(
        _with_scores(seen, record),
        description=wording.description(_description(record, output)),
        is_suppressed=record.first(*ACCEPTANCE).lower() in _ACCEPTED
        or bool(record.word("accept risk comment")),
        raw=record.raw,
    )
    if "://" in at.host:
        return at_address(seen, f"{record.first(*ADDRESS)} {output}", "")
    is_row_of_one_cve = "risk" in entry.columns and len(seen.vulnerability_ids) == 1
    claims = (("param", seen.vulnerability_ids[0]),) if is_row_of_one_cve else ()
    return replace(seen, fingerprints=claims)  # Nessus repeats a plugin for each of its CVEs


def _host(host: str, protocol: str) -> str:
    """Return the host; of a web application, whose protocol is `https`, as its address."""
    protocol = protocol.lower()
    if protocol in ("http", "https") and "://" not in host:
        return f"{protocol}://{host}"
    return host


def _with_scores(seen: Observation, record: Members) -> Observation:
    references = record.first(*REFERENCES)
    weaknesses = map(cwe_number, _NUMBERS.findall(record.first(*CWE)))
    noted = cwe_numbers([references.replace("#", "")])
    chances = (record.probability(name) for name in EPSS)
    return replace(
        seen,
        vulnerability_ids=vulnerability_ids(record.first(*CVE)),
        cwes=tuple(dict.fromkeys((*filter(None, weaknesses), *noted))),
        cvss=record.score(*CVSS),
        epss=next((chance for chance in chances if chance is not None), None),
        is_kev=KEV in references,
        help_url=wording.name(first_link(record.first(*LINKS))),
    )


def _description(record: Members, output: str) -> str:
    solution = record.first(*SOLUTION)
    return paragraphs(
        record.first(*SYNOPSIS),
        record.first(*DESCRIPTION),
        f"Solution: {solution}" if solution else "",
        f"Output: {output}" if output else "",
    )
