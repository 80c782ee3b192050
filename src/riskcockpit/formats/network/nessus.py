"""Nessus' XML (`.nessus`, versions 1 and 2), of hosts and of web applications."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from xml.etree.ElementTree import Element

from riskcockpit.domain.finding import ControlEvidence, Observation
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import graded
from riskcockpit.formats.markup import parsed
from riskcockpit.formats.markup import record as markup_record
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.moments import moment
from riskcockpit.formats.network.hosts import Place, at_address, host_observation, hosts_in
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_number, cwe_numbers

TOOL = "Nessus"
SEVERITIES = {"0": "info", "1": "low", "2": "medium", "3": "high", "4": "critical"}
KEV = "CISA-KNOWN-EXPLOITED"
_PASSED = {"PASSED": "pass", "INFO": "informational"}
_SCORES = (
    "cvss4_base_score", "cvssV4_base_score", "cvss3_base_score", "cvssv3",
    "cvss_base_score", "cvss",
)  # fmt: skip


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the items of all hosts; hosts without an end are not scanned to the end.

    Raises:
        FormatError: not of Nessus, not well-formed, or beyond a limit.
    """
    with without_collection():
        root = parsed(content, "Nessus' XML", options)
        if not root.tag.startswith("NessusClientData"):
            raise FormatError(f"not a Nessus report: its root element is {wording.name(root.tag)}")
        gathering = Gathering()
        ends: list[datetime] = []
        names: list[str] = []
        hosts: list[str] = []
        is_partial = False
        for report in root.iter("Report"):
            names.append(report.get("name") or (report.findtext("ReportName") or ""))
            for host_number, host in enumerate(report.iter("ReportHost")):
                start, end = _times(host)
                is_partial = is_partial or (start is not None and end is None)
                if end is not None:
                    ends.append(end)
                hosts.append(options.redact(_name(host)))
                _host(host, f"ReportHost[{host_number}]", gathering, options)
    scan = gathering.scan(
        TOOL,
        category=wording.name(" ".join(filter(None, names))),
        scanned_at=max(ends, default=None),
        is_partial=is_partial or not names,
    )
    scan = replace(scan, assets=hosts_in(scan.observations, *hosts))
    return Report("nessus", (scan,))


def _times(host: Element) -> tuple[datetime | None, datetime | None]:
    tags = {tag.get("name") or "": tag.text or "" for tag in host.iter("tag")}
    start = tags.get("HOST_START", "") or host.findtext("startTime") or ""
    ends = (tags.get("HOST_END_TIMESTAMP", ""), tags.get("HOST_END", ""), host.findtext("stopTime"))
    return moment(start), next((found for end in ends if (found := moment(end))), None)


def _name(host: Element) -> str:
    return host.get("name") or host.findtext("HostName") or ""


def _host(host: Element, place: str, gathering: Gathering, options: ReadOptions) -> None:
    name = options.redact(_name(host))
    for index, item in enumerate(host.iter("ReportItem")):
        where = f"{place}.ReportItem[{index}]"
        gathering.take(where, partial(_outcome, item, name, where, options))


def _outcome(item: Element, host: str, place: str, options: ReadOptions) -> Outcome:
    record = record_of(markup_record(item, options), options)
    raw = record.raw
    plugin = record.first("@pluginID", "pluginID")
    if not plugin or not host:
        raise SkipRecordError("an item without pluginID, or of no host")
    port = record.first("@port", "port")
    at = Place(host, *_port(port, record.text("@protocol")))
    verdict = record.text("compliance-result").upper()
    check = record.text("compliance-check-id") or record.text("compliance-check-name")
    rule = f"{plugin} {check}" if check else plugin
    if verdict in _PASSED:
        return ControlEvidence(TOOL, wording.name(rule), _PASSED[verdict], at.resource, place)
    seen = replace(_observation(record, rule, at, place, options), raw=raw)
    if "://" not in host:
        return seen
    where = f"{record.first('uri', 'url')} {record.text('plugin_output')}"
    return at_address(seen, where, record.text("input_name"))


def _port(port: str, protocol: str) -> tuple[str, str]:
    """Return port and protocol; version 1 writes `https (443/tcp)`."""
    if "(" not in port:
        return port, protocol
    found, _, kind = port.partition("(")[2].rstrip(")").partition("/")
    return (found, kind) if found.isdigit() else ("", protocol)


def _observation(
    record: Members, rule: str, at: Place, place: str, options: ReadOptions
) -> Observation:
    code = record.first("@severity", "severity")
    word = SEVERITIES.get(code) or record.word("risk_factor") or code
    grade = graded(TOOL, rule, word, "severity", options)
    title = record.text("compliance-check-name") or record.first(
        "@pluginName", "plugin_name", "pluginName"
    )
    output = record.first("plugin_output", "data")
    references = record.texts("xref")
    scores = (record.score(name) for name in _SCORES)
    return replace(
        host_observation(TOOL, rule, title, grade, at, record=place),
        severity_raw=wording.name(code or record.word('risk_factor')),
        description=wording.description(_description(record, output)),
        vulnerability_ids=tuple(dict.fromkeys(map(canonical_id, record.texts('cve')))),
        cwes=tuple(dict.fromkeys((*_cwes(record), *cwe_numbers(references)))),
        cvss=next((score for score in scores if score is not None), None),
        epss=record.probability('epss_score'),
        is_kev=record.flag('cisa-known-exploited') or any(KEV in item for item in references)
        or bool(record.moment('cisa-known-exploited')),
        help_url=wording.name(first_link("\n".join(record.texts('see_also')))),
    )  # fmt: skip


def _cwes(record: Members) -> Iterator[int]:
    for item in record.texts("cwe"):
        found = cwe_number(item)
        if found:
            yield found


def _description(record: Members, output: str) -> str:
    solution = record.text("solution")
    return paragraphs(
        record.text("synopsis"),
        record.text("description"),
        f"Solution: {solution}" if solution and solution.lower() != "n/a" else "",
        f"Output: {output}" if output else "",
    )
