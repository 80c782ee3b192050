"""Fortify's results (`audit.fvdl`): vulnerabilities, and apart from them rules and snippets.

The priority is not in the file. It follows from the rule's impact, probability and accuracy and
the confidence in the instance, as Fortify computes it; without a rule's figures, from the
severity of the instance and the confidence in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from xml.etree.ElementTree import Element

from riskcockpit.domain.finding import Location, Observation, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import markup, wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.fortify.audit import TOOL, verdicts
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.members import line_number
from riskcockpit.formats.moments import moment
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import labelled, paragraphs
from riskcockpit.formats.vulnerabilities import cwe_numbers

MIDDLE = 2.5
"""Impact and likelihood range from 0 to 5; from here on they are high."""
_FULL = 25
"""Highest product of two such figures."""
_TAGS = re.compile(
    r"</?(?:Content|Paragraph|AltParagraph|code|b|i|p|pre|br|IfDef|Replace)\b[^<>]*>"
)
_KEY = re.compile(r"<Replace key=\"(?P<key>[^\"<>]{1,80})\"[^<>]*/>")


@dataclass(frozen=True, slots=True)
class _Project:
    """What all vulnerabilities share."""

    options: ReadOptions
    rules: Mapping[str, Mapping[str, str]]
    """Rule id → its figures and groups, as `Impact`."""
    snippets: Mapping[str, str]
    nodes: Mapping[str, Element]
    """Nodes of traces that are kept apart, by id."""
    abstracts: Mapping[str, str]
    """Class id → what is wrong in general."""
    suppressed: frozenset[str] = field(default=frozenset())


def read_results(root: Element, audit: Element | None, options: ReadOptions) -> Scan:
    """Return the scan; what `audit` settled is suppressed."""
    project = _Project(
        options,
        rules={
            rule.get("id", ""): dict(_groups(rule))
            for rule in root.iterfind("EngineData/RuleInfo/Rule")
        },
        snippets={
            snippet.get("id", ""): snippet.findtext("Text") or ""
            for snippet in root.iterfind("Snippets/Snippet")
        },
        nodes={node.get("id", ""): node for node in root.iterfind("UnifiedNodePool/Node")},
        abstracts={
            text.get("classID", text.get("ClassID", "")): text.findtext("Abstract") or ""
            for text in root.iterfind("Description")
        },
        suppressed=verdicts(audit).suppressed,
    )
    gathering = Gathering()
    for number, found in enumerate(root.iterfind("Vulnerabilities/Vulnerability")):
        place = f"Vulnerabilities[{number}]"
        gathering.take(place, partial(_vulnerability, found, place, project))
    errors = tuple(_errors(root, options))
    files = root.find("Build/NumberFiles")
    return gathering.scan(
        TOOL,
        tool_version=wording.name(markup.text(root, "EngineData/EngineVersion")),
        scanned_at=_created(root),
        is_successful=True if markup.text(files) not in ("", "0") and not errors else None,
        tool_errors=errors,
    )


def _vulnerability(found: Element, place: str, project: _Project) -> Observation:
    options = project.options
    raw = markup.record(found, options)
    kind, subtype = markup.text(found, "ClassInfo/Type"), markup.text(found, "ClassInfo/Subtype")
    rule = f"{kind}: {subtype}" if kind and subtype else kind
    class_id = markup.text(found, "ClassInfo/ClassID")
    if not rule:
        raise SkipRecordError("it names no class of vulnerability")
    instance = wording.name(markup.text(found, "InstanceInfo/InstanceID"))
    figures = project.rules.get(class_id, {})
    steps = (_node(entry, project) for entry in found.iterfind(".//Trace/Primary/Entry"))
    return observed(
        TOOL,
        rule,
        _grade(found, figures, rule, options),
        rule,
        record=place,
        raw=raw,
        about=paragraphs(
            options.redact(_abstract(project.abstracts.get(class_id, ""), found)),
            labelled("Kingdom", markup.text(found, "ClassInfo/Kingdom")),
            labelled("Analyser", markup.text(found, "ClassInfo/AnalyzerName")),
        ),
        is_suppressed=instance in project.suppressed,
        locations=tuple(_locations([step for step in steps if step is not None], project)),
        fingerprints=(("InstanceID", instance),) if instance else (),
        cwes=cwe_numbers(text for name, text in figures.items() if "cwe" in name.lower()),
    )


def _grade(found: Element, figures: Mapping[str, str], rule: str, options: ReadOptions) -> Grade:
    confidence = _number(markup.text(found, "InstanceInfo/Confidence"))
    impact, probability, accuracy = (
        _number(figures.get(name, "")) for name in ("Impact", "Probability", "Accuracy")
    )
    source, likelihood = "impact and likelihood", confidence
    if impact is None or probability is None or accuracy is None:
        source = "InstanceSeverity and Confidence"
        impact = _number(markup.text(found, "InstanceInfo/InstanceSeverity"))
    elif confidence is not None:
        likelihood = confidence * probability * accuracy / _FULL
    if impact is None or likelihood is None:
        return graded(TOOL, rule, "", "InstanceSeverity", options)
    words = ("low", "medium") if impact < MIDDLE else ("high", "critical")
    return graded(TOOL, rule, words[likelihood >= MIDDLE], source, options)


def _node(entry: Element, project: _Project) -> Element | None:
    """Return the node of a step of a trace, from the pool when it is kept there."""
    node = entry.find("Node")
    if node is not None:
        return node
    reference = entry.find("NodeRef")
    return project.nodes.get(reference.get("id", "")) if reference is not None else None


def _locations(trace: list[Element], project: _Project) -> Iterator[Location]:
    """Yield the default node of the trace first, where Fortify shows the issue, then the others."""
    for node in sorted(trace, key=lambda node: node.get("isDefault") != "true"):
        spot = node.find("SourceLocation")
        if spot is None:
            continue
        yield from location(
            spot.get("path", ""),
            project.options,
            line=line_number(spot.get("line", "")),
            column=line_number(spot.get("colStart", "")),
            end_line=line_number(spot.get("lineEnd", "")),
            snippet=project.options.redact(project.snippets.get(spot.get("snippet", ""), "")),
        )


def _groups(rule: Element) -> Iterator[tuple[str, str]]:
    for group in rule.iterfind("MetaInfo/Group"):
        yield group.get("name", ""), (group.text or "").strip()


def _abstract(text: str, found: Element) -> str:
    """Return the general text with the particulars of this instance put in."""
    values = {
        item.get("key", ""): item.get("value", "")
        for item in found.iterfind(".//ReplacementDefinitions/Def")
    }
    filled = _KEY.sub(lambda match: values.get(match["key"], ""), text)
    return _TAGS.sub("", filled).strip()


def _created(root: Element) -> datetime | None:
    created = root.find("CreatedTS")
    if created is None:
        return None
    return moment(f"{created.get('date', '')}T{created.get('time', '')}")


def _errors(root: Element, options: ReadOptions) -> Iterator[str]:
    for error in root.iterfind("EngineData/Errors/Error"):
        yield wording.title(options.redact((error.text or "").strip() or "an error without a text"))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number <= 5 else None  # noqa: PLR2004 - Fortify's scale
