"""Results of `snyk test`, `snyk container test` and `snyk iac test`, of one project or of many.

Snyk Code writes SARIF, which is read as such.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents, decode_record
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, each
from riskcockpit.formats.snyk import infrastructure, packages
from riskcockpit.formats.snyk.packages import Project

TITLE = "Snyk JSON"
TOOL = packages.TOOL
OPEN_SOURCE = "open-source"
CONTAINER = "container"
IAC = "iac"
_IMAGE = "docker-image|"


class Document(msgspec.Struct, gc=False, rename="camel"):
    """The result of one project; its issues are still raw."""

    vulnerabilities: list[Raw] | None = None
    infrastructure_as_code_issues: list[Raw] | None = None
    applications: list[Raw] | None = None
    filtered: Any = None
    ok: Any = None
    error: Any = None
    path: Any = None
    project_name: Any = None
    display_target_file: Any = None
    target_file: Any = None
    package_manager: Any = None
    docker: Any = None


_FORMS = msgspec.json.Decoder(list[Raw] | Document)
_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read results: a scan for each project.

    Raises:
        FormatError: not JSON, or of another shape.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, TITLE)
        scans: list[Scan] = []
        for number, form in enumerate(forms):
            place = f"document{number}" if number else ""
            if isinstance(form, Document):
                scans += _project(form, place, options)
                continue
            for where, raw in each(form, place):
                scans += _one_of_many(raw, where, options)
        if documents.unreadable or not scans:
            groups = Groups(Group(TOOL))
            groups.unread(documents.unreadable)
            scans += groups.scans(is_partial=True)
        return Report("snyk", tuple(scans), documents.notes)


def _one_of_many(raw: bytes, place: str, options: ReadOptions) -> tuple[Scan, ...]:
    try:
        document = decode_record(raw, _DOCUMENT)
    except SkipRecordError as fault:
        groups = Groups(Group(TOOL))
        groups.trouble(place, fault.message)
        return groups.scans(is_partial=True)
    return _project(document, place, options)


def _project(document: Document, place: str, options: ReadOptions) -> tuple[Scan, ...]:
    about = Members(msgspec.structs.asdict(document))
    prefix = f"{place}." if place else ""
    group = _group(document, about)
    groups = Groups(group)
    groups.of(group)
    project = Project(
        manager=about.text("package_manager"),
        manifest=about.first("display_target_file", "target_file"),
        is_image=group.category == CONTAINER,
        options=options,
    )
    for where, raw, is_ignored in _vulnerabilities(document, prefix):
        take = partial(packages.vulnerability, raw, where, project, is_ignored=is_ignored)
        groups.of(group).take(where, take)
    for where, raw in each(
        document.infrastructure_as_code_issues, f"{prefix}infrastructureAsCodeIssues"
    ):
        take = partial(infrastructure.issue, raw, where, project.manifest, options)
        groups.of(group).take(where, take)
    failure = about.text("error")
    is_read = document.vulnerabilities is not None or (
        document.infrastructure_as_code_issues is not None
    )
    scans = groups.scans(
        is_successful=False if failure else True if is_read else None,
        tool_errors=(wording.title(options.redact(failure)),) if failure else (),
        is_partial=not is_read,
    )
    inner = each(document.applications, f"{prefix}applications")
    return (
        *scans,
        *(scan for where, raw in inner for scan in _application(raw, where, group, options)),
    )


def _vulnerabilities(document: Document, prefix: str) -> Iterator[tuple[str, bytes, bool]]:
    """Yield place and record of each vulnerability, and whether a policy ignores it."""
    for where, raw in each(document.vulnerabilities, f"{prefix}vulnerabilities"):
        yield where, raw, False
    for number, item in enumerate(Members(document.filtered).members("ignore")):
        yield f"{prefix}filtered.ignore[{number}]", item.encoded(), True


def _application(raw: bytes, place: str, image: Group, options: ReadOptions) -> tuple[Scan, ...]:
    """Read what was found in an application inside an image: it belongs to the image."""
    try:
        document = decode_record(raw, _DOCUMENT)
    except SkipRecordError as fault:
        groups = Groups(image)
        groups.trouble(place, fault.message)
        return groups.scans()
    document.project_name, document.docker = f"{_IMAGE}{image.asset}", True
    return _project(document, place, options)


def _group(document: Document, about: Members) -> Group:
    name = about.name("project_name")
    if document.infrastructure_as_code_issues is not None:
        return Group(TOOL, name, IAC)
    if document.docker or name.startswith(_IMAGE):
        return Group(TOOL, name.removeprefix(_IMAGE), CONTAINER)
    return Group(TOOL, name, OPEN_SOURCE)
