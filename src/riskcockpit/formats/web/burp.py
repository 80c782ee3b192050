"""Burp Suite's XML of issues. Recorded requests and responses are not kept."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.addresses import host_of, request, site_category
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.hypertext import plain_text
from riskcockpit.formats.markup import parsed, without
from riskcockpit.formats.markup import record as markup_record
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.moments import moment
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.vulnerabilities import cwe_numbers, vulnerability_ids

TOOL = "Burp Suite"
TRAFFIC = frozenset({
    "request", "response", "requestresponse", "collaboratorEvent", "infiltratorEvent",
    "staticAnalysis", "dynamicAnalysis",
})  # fmt: skip
EXTENSION = "134217728"
"""Type of every issue that an extension reports."""
_WORDS = {"information": "informational", "false positive": "informational"}
_PARAMETER = re.compile(
    r"\[(?P<name>[^\[\]]{1,200}?) (?:JSON )?(?:parameter|cookie|header)\b", re.IGNORECASE
)
Opened = tuple[Members, str]


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the issues, a scan for each host.

    Raises:
        FormatError: not Burp's, not well-formed, or beyond a limit.
    """
    root = parsed(content, "Burp's XML", options)
    if root.tag != "issues":
        raise FormatError(f"not a Burp report: its root element is {wording.name(root.tag)}")
    groups = Groups(Group(TOOL))

    def open_(issue: Any) -> Opened:
        method = next((found.get("method") or "" for found in issue.iter("request")), "")
        without(issue, TRAFFIC)
        return record_of(markup_record(issue, options), options), method

    for index, issue in enumerate(root.findall("issue")):
        place = f"issue[{index}]"
        groups.take_opened(
            place,
            partial(open_, issue),
            _group_of,
            partial(_observation, place=place, options=options),
        )
    about = {
        "tool_version": wording.name(root.get("burpVersion") or ""),
        "scanned_at": moment(root.get("exportTime") or ""),
    }
    return Report("burp", groups.scans(lambda _: about))


def _host(record: Members) -> str:
    return record.text("host", "#text") or record.text("host")


def _group_of(found: Opened) -> Group:
    site = _host(found[0])
    return Group(TOOL, host_of(site), site_category(site))


def _observation(found: Opened, place: str, options: ReadOptions) -> Observation:
    record, method = found
    rule = _rule(record)
    if not rule:
        raise SkipRecordError("an issue without type and name")
    location = plain_text(record.text("location"))
    url = _host(record).rstrip("/") + (record.text("path") or "/")
    parameter = _PARAMETER.search(location)
    grade = _grade(record, rule, options)
    references = plain_text(record.text("references"))
    return Observation(
        finding_class=FindingClass.DAST,
        tool=TOOL,
        rule=rule,
        title=wording.title(record.text("name"), rule),
        severity=grade.severity,
        record=place,
        description=wording.description(_description(record)),
        severity_raw=grade.raw,
        severity_source=grade.source,
        is_suppressed=record.word("severity").lower() == "false positive",
        locations=(Location(normalise(url, ())),),
        fingerprints=(("param", wording.name(parameter["name"])),) if parameter else (),
        vulnerability_ids=vulnerability_ids(record.text("issueDetail")),
        resource=request(method, url),
        cwes=cwe_numbers([record.text("vulnerabilityClassifications")]),
        help_url=wording.name(first_link(record.text("references")) or first_link(references)),
        raw=record.raw,
    )


def _rule(record: Members) -> str:
    """Return the type of an issue; all that extensions report have one type, so there the name."""
    kind = record.text("type")
    return wording.name(record.text("name") if kind in ("", EXTENSION) else kind)


def _grade(record: Members, rule: str, options: ReadOptions) -> Grade:
    word = record.word("severity")
    grade = graded(TOOL, rule, _WORDS.get(word.lower(), word), "severity", options)
    return grade._replace(raw=wording.name(word))


def _description(record: Members) -> str:
    parts = [
        record.text("issueDetail"),
        *record.texts("issueDetailItems", "issueDetailItem"),
        record.text("issueBackground"),
        record.text("remediationDetail"),
        record.text("remediationBackground"),
    ]
    confidence = record.word("confidence")
    return paragraphs(*map(plain_text, parts), f"Confidence: {confidence}" if confidence else "")
