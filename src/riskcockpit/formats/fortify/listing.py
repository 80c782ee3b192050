"""The XML of a Fortify report (`ReportDefinition`): its sections list issues, some twice."""

from __future__ import annotations

import re
from functools import partial
from xml.etree.ElementTree import Element

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.formats import markup, wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.fortify.audit import NO_FAULT, TOOL
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import line_number
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import labelled, paragraphs
from riskcockpit.formats.titles import first_sentence
from riskcockpit.formats.vulnerabilities import cwe_numbers

_ENGINE = re.compile(r"^SCA Engine version: *(?P<version>[\w.]+)", re.MULTILINE)


def read_report(root: Element, options: ReadOptions) -> tuple[Scan, tuple[str, ...]]:
    """Return the scan, and a note when issues are listed in more than one section.

    A section that says it has more issues than it lists makes the scan incomplete.
    """
    gathering = Gathering()
    known: set[str] = set()
    repeats = 0
    for number, issue in enumerate(root.iter("Issue")):
        iid = issue.get("iid", "")
        if iid and iid in known:
            repeats += 1
            continue
        known.add(iid)
        place = f"Issue[{number}]"
        gathering.take(place, partial(_issue, issue, place, options))
    notes = (f"{repeats} issue(s) are listed again in another section",) if repeats else ()
    return gathering.scan(TOOL, tool_version=_version(root), is_partial=_is_shortened(root)), notes


def _issue(issue: Element, place: str, options: ReadOptions) -> Observation:
    raw = markup.record(issue, options)
    rule = markup.text(issue, "Category")
    tags = {markup.text(tag, "Name"): markup.text(tag, "Value") for tag in issue.iter("Tag")}
    iid = wording.name(issue.get("iid", ""))
    message = markup.text(issue, "Abstract")
    primary = issue.find("Primary")
    analysis = tags.get("Analysis", "")
    external = [
        element.text or ""
        for element in issue.iter("ExternalCategory")
        if "cwe" in element.get("type", "").lower()
    ]
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, markup.text(issue, "Friority"), "Friority", options),
        rule,
        record=place,
        raw=raw,
        label=first_sentence(message),
        about=paragraphs(message, labelled("Analysis", analysis)),
        is_suppressed=analysis.lower() in NO_FAULT,
        locations=location(
            markup.text(primary, "FilePath") or markup.text(primary, "FileName"),
            options,
            line=line_number(markup.text(primary, "LineStart")),
            snippet=(primary.findtext("Snippet") or "") if primary is not None else "",
        ),
        fingerprints=(("InstanceID", iid),) if iid else (),
        cwes=cwe_numbers(external),
    )


def _is_shortened(root: Element) -> bool:
    for section in root.iter("GroupingSection"):
        listed = len(section.findall("Issue"))
        if listed and (line_number(section.get("count", "")) or 0) > listed:
            return True
    return False


def _version(root: Element) -> str:
    texts = (element.text or "" for element in root.iter("Text"))
    match = next(filter(None, map(_ENGINE.search, texts)), None)
    return wording.name(match["version"]) if match else ""
