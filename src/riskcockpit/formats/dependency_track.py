"""Dependency-Track's findings: its export (FPF) and the answer of its API."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Observation, Package, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Record
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, each, record_of
from riskcockpit.formats.package_types import GENERIC
from riskcockpit.formats.prose import labelled, paragraphs
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_number, package_from_purl

TOOL = "Dependency-Track"
TITLE = "findings of Dependency-Track"
ACCEPTED = frozenset({"NOT_AFFECTED", "FALSE_POSITIVE", "RESOLVED"})
IN_TRIAGE = "IN_TRIAGE"
NOT_SET = "NOT_SET"
"""States of an analysis."""
UNASSIGNED = "UNASSIGNED"
_ALIASES = ("cveId", "ghsaId", "osvId", "snykId", "sonatypeId", "gsdId", "vulnDbId", "internalId")


class Document(msgspec.Struct, gc=False):
    """The export; its findings are still raw."""

    findings: list[Raw] | None = None
    project: Any = None
    meta: Any = None


_FORMS = msgspec.json.Decoder(list[Raw] | Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read an export, or a bare list of findings.

    Raises:
        FormatError: not JSON, or of another shape.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, TITLE)
        scans: list[Scan] = []
        for form in forms:
            document = form if isinstance(form, Document) else Document(form)
            about, meta = Members(document.project), Members(document.meta)
            group = Group(TOOL, about.name("name"))
            groups = Groups(group)
            groups.of(group)
            groups.unread(documents.unreadable)
            for where, raw in each(document.findings, "findings"):
                groups.take(where, partial(_finding, raw, where, group, options))
            scans += groups.scans(
                tool_version=meta.name("version"),
                scanned_at=meta.moment("timestamp"),
                is_partial=document.findings is None,
            )
        return Report("dependency-track", tuple(scans), documents.notes)


def _finding(raw: bytes, place: str, group: Group, options: ReadOptions) -> tuple[Group, Record]:
    found = record_of(raw, options)
    kept = found.raw
    vulnerability, component = found.member("vulnerability"), found.member("component")
    rule = canonical_id(vulnerability.text("vulnId"))
    package = _package(component)
    if not rule or package is None:
        raise SkipRecordError("a finding without vulnerability or component")
    analysis = found.member("analysis")
    state = analysis.text("state").upper()
    field = "severity"
    word_given = vulnerability.text(field)
    if word_given.upper() == UNASSIGNED:
        word_given = ""
    severity, word, source = graded(TOOL, rule, word_given, field, options)
    title = vulnerability.text("title")
    return group, Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=rule,
        title=wording.title(title or f"{rule} in {package.name} {package.version}"),
        severity=severity,
        record=place,
        description=paragraphs(
            vulnerability.text("description"),
            vulnerability.text("recommendation"),
            labelled("Analysis", _judgement(analysis)),
        ),
        severity_raw=word,
        severity_source=source,
        needs_triage=state == IN_TRIAGE,
        is_suppressed=analysis.flag("isSuppressed") or state in ACCEPTED,
        vulnerability_ids=_ids(vulnerability, rule),
        package=package,
        cwes=_cwes(vulnerability),
        cvss=vulnerability.score("cvssV4BaseScore", "cvssV3BaseScore", "cvssV2BaseScore"),
        epss=vulnerability.probability("epssScore"),
        raw=kept,
    )


def _judgement(analysis: Members) -> str:
    """Return in words how the finding was judged, and why."""
    words = (analysis.text(name).upper() for name in ("state", "justification", "response"))
    said = [word.replace("_", " ").lower() for word in words if word not in ("", NOT_SET)]
    return ": ".join(filter(None, (", ".join(said), analysis.text("details"))))


def _package(component: Members) -> Package | None:
    name = component.name("name")
    version = component.name("version")
    package = package_from_purl(component.text("purl"))
    if package is not None:
        return package
    return Package(GENERIC, name, component.name("group"), version) if name else None


def _ids(vulnerability: Members, rule: str) -> tuple[str, ...]:
    others = [
        canonical_id(text)
        for alias in vulnerability.members("aliases")
        for name in _ALIASES
        if (text := alias.text(name))
    ]
    return tuple(dict.fromkeys([rule, *others]))


def _cwes(vulnerability: Members) -> tuple[int, ...]:
    values = [item.at("cweId") for item in vulnerability.members("cwes")]
    numbers = (cwe_number(value) for value in [*values, vulnerability.at("cweId")])
    return tuple(dict.fromkeys(number for number in numbers if number))
