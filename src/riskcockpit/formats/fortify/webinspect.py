"""WebInspect's XML export: faults of a running web application.

Requests and responses hold sessions and whatever was typed in, so they are not kept.
"""

from __future__ import annotations

import re
from functools import partial
from xml.etree.ElementTree import Element

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats import markup, wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.hypertext import plain_text
from riskcockpit.formats.observing import observed
from riskcockpit.formats.prose import paragraphs
from riskcockpit.formats.vulnerabilities import cwe_number

TOOL = "WebInspect"
WORDS = {
    "0": Severity.INFO,
    "1": Severity.LOW,
    "2": Severity.MEDIUM,
    "3": Severity.HIGH,
    "4": Severity.CRITICAL,
}
_TRAFFIC = (
    "VulnerableSession",
    "TriggerSession",
    "RawResponse",
    "RawRequest",
    "HighlightSelections",
)
_TOLD = ("Summary", "Implication", "Fix")
_METHOD = re.compile(r"\s*(?P<method>[A-Z]{3,10}) ")
_PARAMETER = re.compile(r"AttackParamDesc=\"(?P<name>[^\"]{1,200})\"")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the XML of a scan.

    Raises:
        FormatError: not WebInspect's, not XML, or beyond a limit.
    """
    root = markup.parsed(content, "WebInspect XML", options)
    if root.tag != "Scan":
        raise FormatError(f"not WebInspect XML: its root is {wording.name(root.tag)[:40]}")
    gathering = Gathering()
    for number, issue in enumerate(root.iterfind("Issues/Issue")):
        place = f"Issues[{number}]"
        gathering.take(place, partial(_issue, issue, place, options))
    return Report("webinspect", (gathering.scan(TOOL),))


def _issue(issue: Element, place: str, options: ReadOptions) -> Observation:
    request = markup.text(issue, "VulnerableSession")
    for tag in _TRAFFIC:
        for element in issue.findall(tag):
            issue.remove(element)
    raw = markup.record(issue, options)
    rule = markup.text(issue, "VulnerabilityID") or markup.text(issue, "Name")
    method = _METHOD.match(request)
    parameter = _PARAMETER.search(request)
    url = wording.name(markup.text(issue, "URL"))
    sections = {
        markup.text(section, "Name"): plain_text(markup.text(section, "SectionText"))
        for section in issue.findall("ReportSection")
    }
    weaknesses = (
        cwe_number(element.get("identifier", "")) or cwe_number(element.text or "")
        for element in issue.iter("Classification")
        if element.get("kind", "").upper() == "CWE"
    )
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, markup.text(issue, "Severity"), "Severity", options, words=WORDS),
        markup.text(issue, "Name"),
        record=place,
        raw=raw,
        about=paragraphs(*(sections.get(name, "") for name in _TOLD)),
        finding_class=FindingClass.DAST,
        resource=f"{method['method']} {url}" if method and url else url,
        fingerprints=(("parameter", wording.name(parameter["name"])),) if parameter else (),
        cwes=tuple(dict.fromkeys(number for number in weaknesses if number)),
    )
