"""Checkmarx SAST's XML report (`CxXMLResults`)."""

from __future__ import annotations

from functools import partial
from xml.etree.ElementTree import Element

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.checkmarx.states import SAST, SCALE, place_of, titled
from riskcockpit.formats.gathering import Gathering, Record
from riskcockpit.formats.grading import graded
from riskcockpit.formats.markup import parsed, record, text
from riskcockpit.formats.members import line_number
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.vulnerabilities import cwe_number

TOOL = "Checkmarx SAST"
TITLE = "a report of Checkmarx SAST"
NOT_EXPLOITABLE = "1"
PROPOSED = "4"
"""States of results, by their numbers."""
_PEOPLE = ("AssignToUser", "Remark")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report.

    Raises:
        FormatError: not well-formed, or beyond a limit.
    """
    root = parsed(content, TITLE, options)
    gathering = Gathering()
    for q, query in enumerate(root.iterfind("Query")):
        for n, result in enumerate(query.iterfind("Result")):
            place = f"Query[{q}].Result[{n}]"
            gathering.take(place, partial(_result, query, result, place, options))
    scan = gathering.scan(
        TOOL,
        asset=wording.name(root.get("ProjectName", "")),
        category=SAST,
        tool_version=wording.name(root.get("CheckmarxVersion", "")),
        is_partial=root.get("ScanType", "").lower() == "incremental",
    )
    return Report("checkmarx-xml", (scan,))


def _result(query: Element, result: Element, place: str, options: ReadOptions) -> Record:
    for name in _PEOPLE:
        result.attrib.pop(name, None)
    raw = record(result, options)
    rule = wording.name(query.get("name", "") or query.get("id", ""))
    if not rule:
        raise SkipRecordError("a result of a query without name")
    if result.get("Status", "").lower() == "fixed":
        return None
    word = result.get("Severity") or query.get("Severity") or ""
    severity, word, source = graded(TOOL, rule, word, "Severity", options, words=SCALE)
    state = result.get("state", "")
    similarity = next((path.get("SimilarityId", "") for path in result.iterfind("Path")), "")
    return Observation(
        finding_class=FindingClass.CODE,
        tool=TOOL,
        rule=rule,
        title=titled(rule),
        severity=severity,
        record=place,
        description=paragraphs(
            labelled("Group", query.get("group", "").replace("_", " ")),
            labelled("Categories", query.get("categories", "")),
        ),
        severity_raw=word,
        severity_source=source,
        needs_triage=state == PROPOSED,
        is_suppressed=state == NOT_EXPLOITABLE or result.get("FalsePositive", "") == "True",
        locations=_locations(result, options),
        fingerprints=(("SimilarityId", wording.name(similarity)),) if similarity else (),
        cwes=tuple(filter(None, [cwe_number(query.get("cweId", ""))])),
        help_url=web_address([result.get("DeepLink", "")]),
        raw=raw,
    )


def _locations(result: Element, options: ReadOptions) -> tuple[Location, ...]:
    places = list(
        place_of(result.get("FileName", ""), line_number(result.get("Line", "")), options)
    )
    for node in result.iterfind("Path/PathNode"):
        code = text(node, "Snippet/Line/Code")
        places += place_of(text(node, "FileName"), line_number(text(node, "Line")), options, code)
    unique = {(place.path, place.line): place for place in reversed(places)}
    return tuple(unique[key] for key in dict.fromkeys((p.path, p.line) for p in places))
