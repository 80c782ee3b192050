"""SonarQube's issues and hotspots as its web API returns them: pages, or what was taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Location, Observation, Package
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Record
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, each, record_of
from riskcockpit.formats.package_types import GENERIC
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import labelled, paragraphs
from riskcockpit.formats.sonarqube.findings import (
    ACCEPTED,
    GONE,
    HOTSPOTS,
    ISSUES,
    SCALE,
    TO_REVIEW,
    TOOL,
)
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_numbers, vulnerability_ids

TITLE = "SonarQube's issues or hotspots"
PEOPLE = frozenset({"author", "assignee", "avatar", "login", "users", "comments", "updateLogin"})
KINDS = {"BUG": "bug", "VULNERABILITY": "vulnerability", "CODE_SMELL": "code smell"}
_IMPACT_ORDER = ("SECURITY", "RELIABILITY", "MAINTAINABILITY")
"""Which of an issue's impacts grades it, when it has no severity of its own."""
_COMPONENT = re.compile(r"\bFilename: (?P<file>[^|]+?)\s*\|")
_SCORE = re.compile(r"\bCVSS Score: (?P<score>\d{1,2}(?:\.\d)?)")


class Document(msgspec.Struct, gc=False):
    """One page."""

    issues: list[Raw] | None = None
    hotspots: list[Raw] | None = None
    components: Any = None
    paging: Any = None
    total: Any = None
    branch: Any = None


@dataclass(slots=True)
class _Components:
    """Key of a component → its path; and the names of projects."""

    paths: dict[str, str] = field(default_factory=dict)

    def path(self, key: str, project: str) -> str:
        """Return the path of a component; empty for a project as a whole."""
        if key in self.paths:
            return self.paths[key]
        if key == project or not key:
            return ""
        return key.removeprefix(f"{project}:")


_FORMS = msgspec.json.Decoder(Document | list[Raw])
_PAGE = msgspec.json.Decoder(Document)
_IS_HOTSPOT = re.compile(rb'"vulnerabilityProbability"\s*:')


def read(content: bytes, options: ReadOptions) -> Report:
    """Read pages of issues or hotspots: a scan for each project.

    Raises:
        FormatError: not JSON, or of another shape.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, TITLE)
        pages = [page for form in forms for page in _pages(form)]
        if all(page.issues is None and page.hotspots is None for page in pages):
            raise FormatError(f"not {TITLE}: it has neither `issues` nor `hotspots`")
        kind = HOTSPOTS if all(page.issues is None for page in pages) else ISSUES
        groups = Groups(Group(TOOL, category=kind))
        groups.unread(documents.unreadable)
        for number, page in enumerate(pages):
            place = f"page{number}." if len(pages) > 1 else ""
            components = _components(page)
            for where, raw in each(page.issues, f"{place}issues"):
                groups.take(where, partial(_issue, raw, where, components, options))
            for where, raw in each(page.hotspots, f"{place}hotspots"):
                groups.take(where, partial(_hotspot, raw, where, components, options))
        missing = _missing(pages)
        notes = list(documents.notes)
        if missing > 0:
            notes.append(f"SonarQube has {missing:,} more findings; get all pages")
        return Report("sonarqube-api", groups.scans(is_partial=missing > 0), tuple(notes))


def _pages(form: Document | list[Raw]) -> list[Document]:
    """Return a page, those of a list, or a list of issues or hotspots as a page of its own."""
    if isinstance(form, Document):
        return [form]
    try:
        listed = [_PAGE.decode(raw) for raw in form]
    except msgspec.ValidationError:  # an item that is no object is a record
        listed = []
    if any(page.issues is not None or page.hotspots is not None for page in listed):
        return listed
    is_of_hotspots = bool(form) and _IS_HOTSPOT.search(bytes(form[0])) is not None
    return [Document(hotspots=form) if is_of_hotspots else Document(issues=form)]


def _missing(pages: list[Document]) -> int:
    """Return how many findings the server has that are not in these pages."""
    total = max(
        (_total(page) for page in pages),
        default=0,
    )
    return int(total) - sum(len(page.issues or ()) + len(page.hotspots or ()) for page in pages)


def _total(page: Document) -> float:
    counts = Members({"total": page.total}), Members(page.paging)
    return max(count.number("total") or 0 for count in counts)


def _components(page: Document) -> _Components:
    found = Members({"components": page.components}).members("components")
    return _Components({item.text("key"): item.text("path") for item in found if item.text("path")})


def _is_gone(record: Members) -> bool:
    states = {record.text(name).upper() for name in ("status", "resolution", "issueStatus")}
    return bool(states & GONE)


def _is_accepted(record: Members) -> bool:
    states = {record.text(name).upper() for name in ("status", "resolution", "issueStatus")}
    return bool(states & ACCEPTED)


def _issue(
    raw: bytes, place: str, components: _Components, options: ReadOptions
) -> tuple[Group, Record]:
    issue = record_of(raw, options, without=PEOPLE)
    kept = issue.raw
    rule = issue.name("rule")
    if not rule:
        raise SkipRecordError("an issue without a rule")
    group = Group(TOOL, issue.name("project"), ISSUES, issue.name("branch"))
    if _is_gone(issue):
        return group, None
    message = issue.text("message")
    ids = tuple(canonical_id(text) for text in vulnerability_ids(message))
    package = _package(message) if ids else None
    severity, word, source = _grade(issue, rule, options)
    claim = issue.name("hash")
    return group, Observation(
        finding_class=FindingClass.CODE if package is None else FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=rule,
        title=_title(message, rule, ids, package),
        severity=severity,
        record=place,
        description=paragraphs(
            message,
            labelled("Kind", KINDS.get(issue.text("type"), "")),
            labelled("Tags", ", ".join(issue.texts("tags"))),
            labelled("Status", issue.first("resolution", "issueStatus", "status")),
        ),
        severity_raw=word,
        severity_source=source,
        is_suppressed=_is_accepted(issue),
        locations=tuple(_locations(issue, components, options)),
        fingerprints=(("line_hash", claim),) if claim else (),
        vulnerability_ids=ids if package else (),
        package=package,
        cwes=cwe_numbers([*issue.texts("tags"), message]),
        cvss=_score(message),
        raw=kept,
    )


def _title(message: str, rule: str, ids: tuple[str, ...], package: Package | None) -> str:
    if package is None:
        return wording.title(message or rule)
    return wording.title(f"{ids[0]} in {package.name} {package.version}")


def _grade(issue: Members, rule: str, options: ReadOptions) -> Grade:
    """Return the grade by the severity, else by the worst impact on security or what follows."""
    if word := issue.text("severity"):
        return graded(TOOL, rule, word, "severity", options, words=SCALE)
    impacts = {
        item.text("softwareQuality"): item.text("severity") for item in issue.members("impacts")
    }
    quality = next((name for name in _IMPACT_ORDER if name in impacts), "")
    return graded(TOOL, rule, impacts.get(quality), f"impacts.{quality.lower()}", options)


def _hotspot(
    raw: bytes, place: str, components: _Components, options: ReadOptions
) -> tuple[Group, Record]:
    hotspot = record_of(raw, options, without=PEOPLE)
    kept = hotspot.raw
    rule = hotspot.name("ruleKey") or hotspot.member("rule").name("key") or hotspot.name("rule")
    rule = rule or hotspot.name("securityCategory")  # servers before version 9 tell no rule
    if not rule:
        raise SkipRecordError("a hotspot without a rule")
    group = Group(TOOL, hotspot.name("project"), HOTSPOTS, hotspot.name("branch"))
    if _is_gone(hotspot):
        return group, None
    word = hotspot.text("vulnerabilityProbability")
    severity, word, source = graded(TOOL, rule, word, "vulnerabilityProbability", options)
    message = hotspot.text("message")
    return group, Observation(
        finding_class=FindingClass.CODE,
        tool=TOOL,
        rule=rule,
        title=wording.title(message or rule),
        severity=severity,
        record=place,
        description=paragraphs(
            message,
            labelled("Category", hotspot.text("securityCategory")),
            labelled("Status", hotspot.first("resolution", "status")),
        ),
        severity_raw=word,
        severity_source=source,
        needs_triage=hotspot.text("status").upper() == TO_REVIEW,
        is_suppressed=_is_accepted(hotspot),
        locations=tuple(_locations(hotspot, components, options)),
        raw=kept,
    )


def _locations(
    record: Members, components: _Components, options: ReadOptions
) -> Iterator[Location]:
    """Yield the place, then those its flows pass through."""
    project = record.text("project")
    if not components.path(record.text("component"), project):
        return  # of the project as a whole
    for step in (record, *_steps(record)):
        path = components.path(step.text("component"), project)
        path = normalise(path, options.checkout_prefixes)
        if path:
            span = step.member("textRange")
            yield Location(
                path, span.line("startLine") or step.line("line"), None, span.line("endLine")
            )


def _steps(record: Members) -> list[Members]:
    return [step for flow in record.members("flows") for step in flow.members("locations")]


def _package(message: str) -> Package | None:
    """Return the package in a message of the plug-in for dependency-check."""
    match = _COMPONENT.search(message)
    if match is None:
        return None
    name, _, version = match["file"].partition(":")
    return Package(GENERIC, wording.name(name), version=wording.name(version)) if name else None


def _score(message: str) -> float | None:
    match = _SCORE.search(message)
    return Members({"score": match["score"]}).score("score") if match else None
