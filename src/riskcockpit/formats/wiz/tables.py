"""Wiz's CSV exports: issues, and vulnerability findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from riskcockpit.domain.finding import FindingClass, Location, Observation, Package
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.gathering import Record
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.manifests import type_of_manifest
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.package_types import GENERIC, layer_of
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.tables import Row, decoded, delimiter_of, rows
from riskcockpit.formats.vulnerabilities import canonical_id, split_name, vulnerability_ids

TOOL = "Wiz"
ISSUES = "issues"
VULNERABILITIES = "vulnerabilities"
DROPPED = frozenset({"resourceoriginaljson", "note", "executioncontrollers", "tickets", "assignee"})
"""Columns not kept: whole resources with the people in them, and what people wrote."""
_NAME = re.compile(r"[\s_]+")
_ReadRow = Callable[[Members, bytes, str, ReadOptions], Record]


def read(content: bytes, options: ReadOptions) -> Report:
    """Read an export.

    Raises:
        FormatError: the first line does not name the columns of one.
    """
    text, notes = decoded(content)
    table = rows(text, delimiter_of(text))
    header = next(table, None)
    names = [_NAME.sub("", cell).lower() for cell in header.cells] if header else []
    is_issues = "issueid" in names and "title" in names
    if not is_issues and "detailedname" not in names:
        raise FormatError("the first line does not name the columns of an export of Wiz")
    kind = ISSUES if is_issues else VULNERABILITIES
    group = Group(TOOL, category=kind)
    groups = Groups(group)
    groups.of(group)
    kept = ["" if name in DROPPED else name for name in names]
    read_row = _issue if is_issues else _vulnerability
    for row in table:
        place = f"row {row.number}"
        groups.of(group).take(place, partial(_row, row, kept, read_row, place, options))
    return Report("wiz", groups.scans(), notes)


def _row(
    row: Row, names: Sequence[str], read_row: _ReadRow, place: str, options: ReadOptions
) -> Record:
    record = record_of(row.record(names), options)
    raw = record.raw
    return read_row(record, raw, place, options)


def _issue(record: Members, raw: bytes, place: str, options: ReadOptions) -> Record:
    status = record.text("status").upper()
    title = record.text("title")
    rule = record.name("controlid") or wording.name(title)
    if not rule:
        raise SkipRecordError("an issue without control or title")
    if status == "RESOLVED":
        return None
    severity, word, source = graded(TOOL, rule, record.text("severity"), "Severity", options)
    identity = ("resourceexternalid", "resourcevertexid", "cloudproviderurl", "resourcename")
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(title or rule),
        severity=severity,
        record=place,
        description=paragraphs(
            record.text("description"),
            record.text("remediationrecommendation"),
            labelled("Resource", record.text("resourcename")),
            labelled("Type", record.text("resourcetype")),
            labelled("Region", record.text("resourceregion")),
            labelled("Status", status.lower().replace("_", " ")),
            labelled("Resolution", record.text("resolution")),
        ),
        severity_raw=word,
        severity_source=source,
        is_suppressed=status in ("REJECTED", "IGNORED"),
        resource=wording.name(record.first(*identity)),
        asset=wording.name(record.first("subscriptionid", "subscriptionname", "kubernetescluster")),
        help_url=web_address([record.text("wizurl")]),
        raw=raw,
    )


def _vulnerability(record: Members, raw: bytes, place: str, options: ReadOptions) -> Record:
    name = record.text("name")
    full = record.text("detailedname")
    if not name or not full:
        raise SkipRecordError("a vulnerability without name or package")
    status = record.text("findingstatus").lower()
    if status in ("resolved", "fixed") or record.text("resolvedat"):
        return None
    ids = tuple(dict.fromkeys([canonical_id(name), *vulnerability_ids(record.text("link"))]))
    field, word_given = next(
        (
            (label, word)
            for label, word in (
                ("VendorSeverity", record.text("vendorseverity")),
                ("CVSSSeverity", record.text("cvssseverity")),
                ("Severity", record.text("severity")),
            )
            if word
        ),
        ("VendorSeverity", ""),
    )
    severity, word, source = graded(TOOL, ids[0], word_given, field, options)
    package = _package(record, full)
    path = normalise(record.text("locationpath"), options.checkout_prefixes)
    return Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=ids[0],
        title=wording.title(f"{ids[0]} in {full} {package.version}"),
        severity=severity,
        record=place,
        description=paragraphs(
            record.text("description"),
            labelled("Remediation", record.text("remediation")),
            labelled("Detected by", record.text("detectionmethod")),
            labelled("Asset", record.text("assetname")),
            "An exploit is known" if record.flag("hasexploit") else "",
        ),
        severity_raw=word,
        severity_source=source,
        is_suppressed=status in ("ignored", "rejected"),
        locations=(Location(path),) if path else (),
        vulnerability_ids=ids,
        package=package,
        resource=wording.name(record.first("provideruniqueid", "assetid")),
        asset=wording.name(record.first("assetname", "provideruniqueid", "assetid")),
        cvss=record.score("score", "cvssscore"),
        epss=record.probability("epssprobability"),
        is_kev=record.flag("hascisakevexploit"),
        help_url=web_address([record.text("link"), record.text("wizurl")]),
        raw=raw,
    )


def _package(record: Members, full: str) -> Package:
    """Return the package; the export names no ecosystem, so its path or name must tell."""
    is_system = record.text("detectionmethod").lower() in ("os", "package")
    type_ = type_of_manifest(record.text("locationpath"))
    if type_ == GENERIC and not is_system:
        type_ = _type_by_name(full)
    layer = "os" if is_system else layer_of(type_) or "lang"
    namespace, name = split_name(type_, full)
    return Package(
        type_, name, namespace, record.name("version"), record.name("fixedversion"), layer
    )


def _type_by_name(full: str) -> str:
    host = full.partition("/")[0]
    if "/" in full and "." in host:
        return "golang"
    return "maven" if full.count(":") == 1 else GENERIC
