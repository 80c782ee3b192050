"""WebInspect's XML, exported or from a project (FPR): faults of a running web application.

A project has them below the sessions, the export in one list.

Requests and responses hold sessions and whatever was typed in, so they are not kept.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
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
ROOTS = ("Scan", "Sessions", "WebInspectScan")
_FIRST_LINE = 400
"""Characters in base 64, a multiple of four."""
_DESCRIBED = re.compile(r"parameter=(?P<name>[^&\s]{1,200})")
_TRAFFIC = (
    "ReproSteps",
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
    if root.tag not in ROOTS:
        raise FormatError(f"not WebInspect XML: its root is {wording.name(root.tag)[:40]}")
    gathering = Gathering()
    for number, (issue, session) in enumerate(_issues(root)):
        place = f"Issues[{number}]"
        gathering.take(place, partial(_issue, issue, session, place, options))
    return Report("webinspect", (gathering.scan(TOOL),))


def _issues(root: Element) -> Iterator[tuple[Element, Element | None]]:
    """Yield each issue, with the session it was found in where it stands below one."""
    for issue in root.iterfind("Issues/Issue"):
        yield issue, None
    for session in root.iter("Session"):
        for issue in session.iterfind("Issues/Issue"):
            yield issue, session


def _request(session: Element) -> str:
    """Return the first line of the request of a session, which is packed in base 64."""
    packed = "".join(markup.text(session, "RawRequest")[: 2 * _FIRST_LINE].split())[:_FIRST_LINE]
    try:
        return b64decode(packed, validate=True).decode("ascii", "replace").partition("\r")[0]
    except ValueError:
        return ""


def _issue(
    issue: Element, session: Element | None, place: str, options: ReadOptions
) -> Observation:
    request = markup.text(issue, "VulnerableSession") if session is None else _request(session)
    for tag in _TRAFFIC:
        for element in issue.findall(tag):
            issue.remove(element)
    raw = markup.record(issue, options)
    rule = markup.text(issue, "VulnerabilityID") or markup.text(issue, "Name")
    method = _METHOD.match(request)
    descriptor = options.redact(markup.text(session, "AttackParamDescriptor"))
    parameter = _PARAMETER.search(request) or _DESCRIBED.fullmatch(descriptor)
    url = wording.name(markup.text(issue, "URL") or markup.text(session, "URL"))
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
