"""OWASP Dependency-Check's JSON."""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.dependency_check.findings import (
    TOOL,
    Dependency,
    Vulnerability,
    observation,
)
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.members import Members, each, record_of

TITLE = "JSON of dependency-check"
_LISTS = (("vulnerabilities", False), ("suppressedVulnerabilities", True))
_FORMS = (("cvssv4", "baseScore"), ("cvssv3", "baseScore"), ("cvssv2", "score"))


class Document(msgspec.Struct, gc=False, rename="camel"):
    """The report; its dependencies are still raw."""

    dependencies: list[Raw] | None = None
    scan_info: Any = None
    project_info: Any = None


_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report.

    Raises:
        FormatError: not JSON, or of another shape.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, TITLE)
        scans = []
        for form in forms:
            gathering = Gathering()
            gathering.unread(documents.unreadable)
            for where, raw in each(form.dependencies, "dependencies"):
                _dependency(raw, where, gathering, options)
            project, about = Members(form.project_info), Members(form.scan_info)
            failures = about.members("analysisExceptions")
            errors = tuple(wording.title(_failure(item, options)) for item in failures)
            names = (project.first("groupID", "groupId"), project.first("artifactID", "artifactId"))
            asset = ":".join(filter(None, names)) if names[1] else project.text("name")
            scans.append(
                gathering.scan(
                    TOOL,
                    asset=wording.name(asset),
                    tool_version=about.name("engineVersion"),
                    scanned_at=project.moment("reportDate"),
                    is_successful=True if form.dependencies and (not errors) else None,
                    tool_errors=errors,
                    is_partial=form.dependencies is None,
                )
            )
        return Report("dependency-check-json", tuple(scans), documents.notes)


def _failure(item: Members, options: ReadOptions) -> str:
    inner = item.member("exception")
    return options.redact(inner.text("message") or item.text("message") or "an analyzer failed")


def _dependency(raw: bytes, place: str, gathering: Gathering, options: ReadOptions) -> None:
    try:
        found = record_of(raw, options)
    except SkipRecordError as fault:
        gathering.trouble(place, fault.message)
        return
    related = (item.first("fileName", "filePath") for item in found.members("relatedDependencies"))
    dependency = Dependency(
        found.text("fileName"),
        found.text("filePath"),
        [item.text("id") for item in found.members("packages")],
        [name for name in related if name],
    )
    for name, is_suppressed in _LISTS:
        for number, item in enumerate(found.members(name)):
            where = f"{place}.{name}[{number}]"
            read_one = partial(_vulnerability, item, dependency, where, options)
            gathering.take(where, partial(read_one, is_suppressed=is_suppressed))


def _vulnerability(
    item: Members, dependency: Dependency, place: str, options: ReadOptions, *, is_suppressed: bool
) -> Observation:
    found = Vulnerability(
        name=item.text("name"),
        severity=item.text("severity") or item.member("cvssv3").text("baseSeverity"),
        score=next(
            (score for form, key in _FORMS if (score := item.member(form).score(key))), None
        ),
        cwes=item.texts("cwes") or item.texts("cwe"),
        description=item.text("description"),
        notes=item.text("notes"),
        references=[reference.text("url") for reference in item.members("references")],
        is_suppressed=is_suppressed,
        is_kev=bool(item.member("knownExploitedVulnerability")),
    )
    return observation(dependency, found, item.encoded(), place, options)
