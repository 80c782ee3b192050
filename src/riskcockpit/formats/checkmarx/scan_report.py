"""Checkmarx One's scan report: results of all engines below each other, by query and package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from riskcockpit.domain.finding import FindingClass, Location, Observation, Package, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.checkmarx.states import (
    CONTAINERS,
    IAC,
    NOT_EXPLOITABLE,
    PROPOSED,
    SAST,
    SCA,
    SCALE,
    TOOL,
    is_fixed,
    place_of,
    state_of,
    titled,
)
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Record
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.moments import moment
from riskcockpit.formats.package_types import purl_type
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.vulnerabilities import (
    canonical_id,
    cwe_number,
    split_name,
    vulnerability_ids,
)

TITLE = "a scan report of Checkmarx One"
COMPLETED = "completed"
_PEOPLE = frozenset({"notes", "scanInitiator"})
_RESULT_LISTS = ("categoryResults", "vulnerabilities", "results", "resultsList")
"""Names under which versions list the results of a package."""


class Document(msgspec.Struct, gc=False, rename="camel"):
    """The report; each engine's part may be missing or null."""

    report_creation_date: Any = None
    report_header: Any = None
    scan_information: Any = None
    scan_results: Any = None
    iac_scan_results: Any = None
    sca_scan_results: Any = None
    container_scan_results: Any = None
    containers_scan_results: Any = None
    vulnerability_details: Any = None


@dataclass(frozen=True, slots=True)
class _Part:
    """One result, and what it inherits from its query or package."""

    place: str
    category: str
    record: Members
    parent: Members


_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report: a scan for each engine.

    Raises:
        FormatError: not JSON, or of another shape.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, TITLE)
        scans: list[Scan] = []
        for form in forms:
            header, about = Members(form.report_header), Members(form.scan_information)
            asset = header.name("projectName")
            branch = wording.name(header.first("branchName", "scannedBranchName")) or about.name(
                "branch"
            )
            groups = Groups(Group(TOOL, asset, SAST, branch))
            groups.unread(documents.unreadable)
            causes = _causes(form)
            for part in _parts(form):
                group = Group(TOOL, asset, part.category, branch)
                groups.of(group)
                groups.take(part.place, partial(_result, part, group, causes, options))
            failed = tuple(_failed(about))
            date = header.at("scanDate") or form.report_creation_date
            scans += groups.scans(scanned_at=moment(date), tool_errors=failed)
        return Report("checkmarx-one-report", tuple(scans), documents.notes)


def _failed(about: Members) -> Iterator[str]:
    """Yield a sentence for each engine that did not come to its end."""
    for engine in about.members("scannerStatus"):
        status = engine.text("status")
        if status and status.lower() != COMPLETED:
            yield wording.title(f"{engine.text('name')}: {status}")


def _causes(form: Document) -> dict[str, Members]:
    details = Members({"all": form.vulnerability_details}).members("all")
    return {detail.text("vulnerabilityName"): detail for detail in details}


def _parts(form: Document) -> Iterator[_Part]:
    for q, query in enumerate(Members(form.scan_results).members("resultsList")):
        for n, item in enumerate(_items(query, "vulnerabilities")):
            yield _Part(f"scanResults[{q}][{n}]", SAST, item, query)
    for t, technology in enumerate(Members(form.iac_scan_results).members("technology")):
        for q, query in enumerate(technology.members("queries")):
            parent = Members(query.object() | {"technology": technology.text("name")})
            for n, item in enumerate(_items(query, "resultsList")):
                yield _Part(f"iacScanResults[{t}][{q}][{n}]", IAC, item, parent)
    yield from _of_packages(SCA, form.sca_scan_results)
    yield from _of_packages(CONTAINERS, form.container_scan_results)
    yield from _of_packages(CONTAINERS, form.containers_scan_results)


def _of_packages(category: str, part: Any) -> Iterator[_Part]:
    for p, package in enumerate(_first_list(Members(part), "packages", "images", "resultsList")):
        for n, item in enumerate(_nested(package)):
            yield _Part(f"{category}ScanResults[{p}][{n}]", category, item, package)


def _items(parent: Members, name: str) -> list[Members]:
    found = parent.at(name)
    return [Members(item) for item in found] if isinstance(found, list) else []


def _first_list(parent: Members, *names: str) -> list[Members]:
    return next((found for name in names if (found := parent.members(name))), [])


def _nested(package: Members) -> Iterator[Members]:
    """Yield the results of a package, under whichever names its version has for them."""
    for name in _RESULT_LISTS:
        yield from package.members(name)
    for category in _first_list(package, "packageCategory", "packages"):
        for item in _nested(category):
            yield Members(category.object() | item.object())


def _result(
    part: _Part, group: Group, causes: dict[str, Members], options: ReadOptions
) -> tuple[Group, Record]:
    if not part.record:
        raise SkipRecordError("not a JSON object, or an empty one")
    raw = part.record.encoded()
    record = record_of(raw, options, without=_PEOPLE)
    kept = record.raw
    if is_fixed(record):
        return group, None
    if part.category in (SCA, CONTAINERS):
        return group, _packaged(part, record, kept, options)
    return group, _in_code(part, record, kept, causes, options)


def _in_code(
    part: _Part, record: Members, raw: bytes, causes: dict[str, Members], options: ReadOptions
) -> Observation:
    query = part.parent
    rule = wording.name(query.first("queryName", "queryId"))
    if not rule:
        raise SkipRecordError("a result without a query")
    severity, word, source = graded(
        TOOL, rule, record.text("severity"), "severity", options, words=SCALE
    )
    state = state_of(record)
    cause = causes.get(query.text("queryName"), Members(None))
    technology = query.text("technology")
    claim = record.name("similarityId")
    return Observation(
        finding_class=FindingClass.CODE,
        tool=TOOL,
        rule=rule,
        title=titled(f"{technology}: {rule}" if technology else rule),
        severity=severity,
        record=part.place,
        description=paragraphs(
            options.redact(query.text("description")),
            cause.text("cause"),
            labelled("Risk", cause.text("risk")),
            cause.text("generalRecommendations"),
            labelled("Expected", record.text("expectedValue")),
            labelled("Found", record.text("actualValue")),
            labelled("State", state.replace("_", " ").lower()),
        ),
        severity_raw=word,
        severity_source=source,
        needs_triage=state == PROPOSED,
        is_suppressed=state == NOT_EXPLOITABLE,
        locations=tuple(_places(record, options)),
        fingerprints=(("similarityId", claim),) if claim else (),
        cwes=tuple(filter(None, [cwe_number(query.at("cweId"))])),
        help_url=web_address([query.text("queryDescriptionLink")]),
        raw=raw,
    )


def _places(record: Members, options: ReadOptions) -> Iterator[Location]:
    """Yield where the flow begins, which is where it is repaired, then where it ends."""
    path = record.first("fileName", "sourceFileName", "destinationFileName")
    line = record.line("line") or record.line("sourceLine") or record.line("destinationLine")
    yield from place_of(path, line, options, record.text("sourceCode"))
    end = record.text("destinationFileName")
    if end and (end, record.line("destinationLine")) != (path, line):
        yield from place_of(
            end, record.line("destinationLine"), options, record.text("destinationCode")
        )


def _packaged(part: _Part, record: Members, raw: bytes, options: ReadOptions) -> Observation:
    package = _package(part)
    texts = (record.text(name) for name in ("cve", "cveName", "cveId", "id", "vulnerabilityId"))
    named = [text for text in texts if text]
    ids = tuple(dict.fromkeys(canonical_id(text) for text in named if vulnerability_ids(text)))
    rule = next(iter(ids), "") or next(map(wording.name, named), "")
    if not rule or package is None:
        raise SkipRecordError("a vulnerability without id or package")
    severity, word, source = graded(
        TOOL, rule, record.text("severity"), "severity", options, words=SCALE
    )
    state = state_of(record)
    return Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{rule} in {package.name} {package.version}"),
        severity=severity,
        record=part.place,
        description=paragraphs(record.text("description"), labelled("State", state.lower())),
        severity_raw=word,
        severity_source=source,
        needs_triage=state == PROPOSED,
        is_suppressed=state == NOT_EXPLOITABLE,
        vulnerability_ids=ids or (rule,),
        package=package,
        cwes=tuple(filter(None, [cwe_number(record.at("cwe") or record.at("cweId"))])),
        cvss=record.score("cvssScore", "score", "cvss"),
        raw=raw,
    )


def _package(part: _Part) -> Package | None:
    parent = part.parent
    name = parent.first("packageName", "name")
    type_ = purl_type(parent.first("packageManager", "packageRepository", "technology"))
    if not name:
        return None
    namespace, bare = split_name(type_, name)
    version = wording.name(parent.first("packageVersion", "version"))
    layer = "os" if part.category == CONTAINERS else ""
    return Package(type_, bare, namespace, version, parent.name("recommendedVersion"), layer)
