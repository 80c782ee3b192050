"""JFrog Xray's JSON: vulnerabilities reports, exported violations, summaries, on-demand scans."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Record
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, each, record_of
from riskcockpit.formats.vulnerabilities import vulnerability_ids
from riskcockpit.formats.xray.components import artifact_name
from riskcockpit.formats.xray.findings import PEOPLE, TOOL, Issue, observation
from riskcockpit.formats.xray.listed import LICENCES, simple, violation

TITLE = "JSON of JFrog Xray"
SECURITY = "security"
_INSTEAD = "`--format sarif` has them, too"
_SCANNED = frozenset({"completed", "done", "finished", "success"})


class Document(msgspec.Struct, gc=False):
    """A report of any form; its records are still raw."""

    rows: list[Raw] | None = None
    data: list[Raw] | None = None
    artifacts: list[Raw] | None = None
    vulnerabilities: list[Raw] | None = None
    violations: list[Raw] | None = None
    security_violations: list[Raw] | None = msgspec.field(name="securityViolations", default=None)
    licenses_violations: list[Raw] | None = msgspec.field(name="licensesViolations", default=None)
    secrets: Any = None
    iac: Any = msgspec.field(name="iacViolations", default=None)
    sast: Any = msgspec.field(name="sastViolations", default=None)
    total_violations: Any = None
    total_rows: Any = None
    total_count: Any = None
    component_id: Any = None
    artifact_name: Any = None
    package_type: Any = None
    scan_id: Any = None
    scanned_status: Any = None
    errors: Any = None


_FORMS = msgspec.json.Decoder(Document | list[Document])


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report.

    Raises:
        FormatError: not JSON, or of none of the forms.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, TITLE)
        found = [item for form in forms for item in (form if isinstance(form, list) else [form])]
        if found and all(_is_empty(item) for item in found):
            raise FormatError(f"not {TITLE}: there are no records in it")
        groups = Groups(Group(TOOL))
        groups.unread(documents.unreadable)
        missing = 0.0
        for document in found:
            _take(document, groups, options)
            missing += _missing(document)
        notes = list(documents.notes)
        if missing > 0:
            notes.append(f"Xray has {missing:,.0f} more rows than the report")
        if others := sum(map(_others, found)):
            notes.append(f"{others:,} secrets and places in code are not read: {_INSTEAD}")
        errors = tuple(error for document in found for error in _errors(document, options))
        scans = groups.scans(is_partial=missing > 0, tool_errors=errors)
        return Report("jfrog-xray", scans, tuple(notes))


def _is_empty(document: Document) -> bool:
    lists = (
        document.rows, document.data, document.artifacts, document.vulnerabilities,
        document.violations, document.security_violations, document.licenses_violations,
    )  # fmt: skip
    has_empty = document.errors is not None or document.total_violations is not None
    return all(item is None for item in lists) and document.scan_id is None and not has_empty


def _missing(document: Document) -> float:
    about = Members(msgspec.structs.asdict(document))
    rows, data = document.rows, document.data
    if document.total_violations is not None:
        return max((about.number("total_violations") or 0) - len(document.violations or ()), 0)
    if rows is not None:
        return max((about.number("total_rows") or 0) - len(rows), 0)
    if data is not None:
        return max((about.number("total_count") or 0) - len(data), 0)
    return 0


def _others(document: Document) -> int:
    """Return how many faults other scanners of Xray found, beside those of packages."""
    listed = (document.secrets, document.iac, document.sast)
    return sum(len(each) for each in listed if isinstance(each, list))


def _errors(document: Document, options: ReadOptions) -> Iterator[str]:
    about = Members({"errors": document.errors})
    for error in about.members("errors"):
        message = f"{error.text('identifier')}: {error.text('error')}"
        yield wording.title(options.redact(message))
    status = wording.scalar(document.scanned_status)
    if status and status.lower() not in _SCANNED:
        yield wording.title(f"scan {status}")


def _take(document: Document, groups: Groups, options: ReadOptions) -> None:
    for where, raw in each(document.rows, "rows"):
        groups.take(where, partial(_row, raw, where, options))
    for where, raw in each(document.data, "data"):
        groups.take(where, partial(_violation, raw, where, options))
    for where, raw in each(document.artifacts, "artifacts"):
        _artifact(raw, where, groups, options)
    group = Group(TOOL, category=SECURITY)
    for where, raw in each(document.violations, "violations"):
        groups.take(where, partial(violation, raw, where, group, options))
    if _is_simple(document):
        _take_simple(document, groups, options)
    elif document.scan_id is not None or document.vulnerabilities is not None:
        about = Members(msgspec.structs.asdict(document))
        asset = about.name("artifact_name") or artifact_name(about.text("component_id"))
        group = Group(TOOL, asset, SECURITY)
        groups.of(group)
        for where, raw in each(document.vulnerabilities, "vulnerabilities"):
            _scanned(raw, where, group, groups, options)


def _is_simple(document: Document) -> bool:
    """Whether the command line wrote it, which writes null for an empty list."""
    if document.security_violations is not None or document.licenses_violations is not None:
        return True
    return any(b'"impactedPackageName"' in bytes(raw) for raw in document.vulnerabilities or ())


def _take_simple(document: Document, groups: Groups, options: ReadOptions) -> None:
    """Read what the command line wrote: violations are of vulnerabilities that it lists, too."""
    group = Group(TOOL, category=SECURITY)
    groups.of(group)
    name = "vulnerabilities" if document.vulnerabilities else "securityViolations"
    listed = document.vulnerabilities or document.security_violations
    for where, raw in each(listed, name):
        groups.take(where, partial(simple, raw, where, group, options))
    for where, raw in each(document.licenses_violations, "licensesViolations"):
        groups.take(where, partial(simple, raw, where, group, options))


def _row(raw: bytes, place: str, options: ReadOptions) -> tuple[Group, Record]:
    row = record_of(raw, options, without=PEOPLE)
    kept = row.raw
    issue = Issue(
        row,
        kept,
        place,
        row.name("issue_id"),
        row.text("vulnerable_component"),
        row.members("cves"),
        row.texts("fixed_versions"),
        artifact_name(row.text("impacted_artifact")),
        row.text("path"),
    )
    return Group(TOOL, category=SECURITY), observation(issue, options)


def _violation(raw: bytes, place: str, options: ReadOptions) -> tuple[Group, Record]:
    found = record_of(raw, options, without=PEOPLE)
    kept = found.raw
    versions = found.member("component_versions")
    details = versions.member("more_details")
    merged = Members(details.object() | found.object())
    scheme = "" if "://" in found.text("source_comp_id") else "generic://"
    issue = Issue(
        merged,
        kept,
        place,
        found.name("id"),
        f"{scheme}{found.text('source_comp_id') or found.text('component')}",
        details.members("cves") or _cves(found.text("summary")),
        versions.texts("fixed_versions"),
        is_licence=found.text("issue_type").lower() in LICENCES,
    )
    return Group(TOOL, category=SECURITY), observation(issue, options)


def _cves(summary: str) -> list[Members]:
    return [Members({"cve": text}) for text in vulnerability_ids(summary)]


def _artifact(raw: bytes, place: str, groups: Groups, options: ReadOptions) -> None:
    """Read the summary of one artefact: a scan of its own."""
    try:
        artifact = record_of(raw, options)
    except SkipRecordError as fault:
        groups.trouble(place, fault.message)
        return
    general = artifact.member("general")
    asset = artifact_name(general.text("component_id")) or general.name("name")
    group = Group(TOOL, asset, SECURITY)
    groups.of(group)
    for number, item in enumerate(artifact.members("issues")):
        where = f"{place}.issues[{number}]"
        if item.text("issue_type").lower() in ("", "security"):
            groups.take(where, partial(_summarised, item, where, group, general, options))


def _summarised(
    item: Members, place: str, group: Group, general: Members, options: ReadOptions
) -> tuple[Group, Record]:
    found = record_of(item.encoded(), options, without=PEOPLE)
    kept = found.raw
    components = found.members("components")
    inside = next((part.text("component_id") for part in components), "")
    fixed = [text for part in components for text in part.texts("fixed_versions")]
    named = inside or _inner(found.texts("impact_path")) or general.text("component_id")
    scheme = "" if "://" in named else f"{general.text('pkg_type').lower() or 'generic'}://"
    issue = Issue(
        found, kept, place, found.name("issue_id"), f"{scheme}{named}", found.members("cves"), fixed
    )
    return group, observation(issue, options)


def _inner(impact_paths: list[str]) -> str:
    """Return the last component of an impact path `default/repository/…/name`."""
    return impact_paths[0].rpartition("/")[2] if impact_paths else ""


def _scanned(raw: bytes, place: str, group: Group, groups: Groups, options: ReadOptions) -> None:
    """Read a vulnerability of an on-demand scan: one observation for each component it is in."""
    try:
        found = record_of(raw, options, without=PEOPLE)
        kept = found.raw
    except SkipRecordError as fault:
        groups.trouble(place, fault.message)
        return
    components = found.member("components")
    if not components:
        groups.trouble(place, "a vulnerability without components")
    for name in components.object():
        about = components.member(name)
        issue = Issue(
            found,
            kept,
            place,
            found.name("issue_id"),
            name,
            found.members("cves"),
            about.texts("fixed_versions"),
        )
        groups.of(group).take(place, partial(observation, issue, options))
