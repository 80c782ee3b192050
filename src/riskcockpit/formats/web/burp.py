"""Burp Suite's XML of issues. Recorded requests and responses are not kept."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.addresses import host_of, request
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.markup import parsed, without
from riskcockpit.formats.markup import record as markup_record
from riskcockpit.formats.moments import moment
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.picking import Record, items, opened, text
from riskcockpit.formats.prose import first_link, paragraphs, plain_prose
from riskcockpit.formats.scopes import Scope, Scopes
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
Opened = tuple[bytes, dict[str, Any], str]


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the issues, a scan for each host.

    Raises:
        FormatError: not Burp's, not well-formed, or beyond a limit.
    """
    root = parsed(content, "Burp's XML", options)
    if root.tag != "issues":
        raise FormatError(f"not a Burp report: its root element is {wording.name(root.tag)}")
    scopes = Scopes(TOOL)

    def open_(issue: Any) -> Opened:
        method = next((found.get("method") or "" for found in issue.iter("request")), "")
        without(issue, TRAFFIC)
        return (*opened(markup_record(issue, options), options), method)

    for index, issue in enumerate(root.findall("issue")):
        place = f"issue[{index}]"
        scopes.take(
            place,
            partial(open_, issue),
            _scope,
            partial(_observation, place=place, options=options),
        )
    about = {
        "tool_version": wording.name(root.get("burpVersion") or ""),
        "scanned_at": moment(root.get("exportTime") or ""),
    }
    return Report("burp", scopes.scans(lambda _: about))


def _host(record: Record) -> str:
    return text(record, "host", "#text") or text(record, "host")


def _scope(found: Opened) -> Scope:
    return Scope(TOOL, host_of(_host(found[1])))


def _observation(found: Opened, place: str, options: ReadOptions) -> Observation:
    raw, record, method = found
    rule = _rule(record)
    if not rule:
        raise SkipRecordError("an issue without type and name")
    location = plain_prose(text(record, "location"))
    url = _host(record).rstrip("/") + (text(record, "path") or "/")
    parameter = _PARAMETER.search(location)
    grade = _grade(record, rule, options)
    references = plain_prose(text(record, "references"))
    return Observation(
        finding_class=FindingClass.DAST,
        tool=TOOL,
        rule=rule,
        title=wording.title(text(record, "name") or rule),
        severity=grade.severity,
        record=place,
        description=wording.description(_description(record)),
        severity_raw=grade.raw,
        severity_source=grade.source,
        is_suppressed=text(record, "severity").lower() == "false positive",
        locations=(Location(normalise(url, ())),),
        fingerprints=(("param", wording.name(parameter["name"])),) if parameter else (),
        vulnerability_ids=vulnerability_ids(text(record, "issueDetail")),
        resource=request(method, url),
        cwes=cwe_numbers([text(record, "vulnerabilityClassifications")]),
        help_url=wording.name(first_link(text(record, "references")) or first_link(references)),
        raw=raw,
    )


def _rule(record: Record) -> str:
    """Return the type of an issue; all that extensions report have one type, so there the name."""
    kind = text(record, "type")
    return wording.name(text(record, "name") if kind in ("", EXTENSION) else kind)


def _grade(record: Record, rule: str, options: ReadOptions) -> Grade:
    word = text(record, "severity")
    grade = graded(TOOL, rule, _WORDS.get(word.lower(), word), "severity", options)
    return grade._replace(raw=wording.name(word))


def _description(record: Record) -> str:
    parts = [
        text(record, "issueDetail"),
        *(wording.scalar(item) for item in items(record, "issueDetailItems", "issueDetailItem")),
        text(record, "issueBackground"),
        text(record, "remediationDetail"),
        text(record, "remediationBackground"),
    ]
    confidence = text(record, "confidence")
    return paragraphs(*map(plain_prose, parts), f"Confidence: {confidence}" if confidence else "")
