"""Sonatype IQ's reports of an application: components, each with its security issues.

The raw report lists issues, the report of policies what its rules make of them (`violations`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Observation, Package
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members, each, record_of
from riskcockpit.formats.package_types import GENERIC, purl_type
from riskcockpit.formats.prose import labelled, paragraphs, web_address
from riskcockpit.formats.vulnerabilities import (
    canonical_id,
    cwe_numbers,
    package_from_purl,
    split_name,
)

TOOL = "Sonatype Lifecycle"
TITLE = "an application report of Sonatype IQ"
NOT_APPLICABLE = "not applicable"
ACKNOWLEDGED = "acknowledged"
LEVELS = {
    "0": Severity.INFO,
    "1": Severity.LOW,
    **dict.fromkeys(("2", "3"), Severity.MEDIUM),
    **dict.fromkeys(("4", "5", "6", "7"), Severity.HIGH),
    **dict.fromkeys(("8", "9", "10"), Severity.CRITICAL),
}
"""Threat levels of policies, which IQ calls none, low, moderate, severe and critical."""
_WAIVED = ("waived", "grandfathered", "legacyViolation")
_ADVISORY = re.compile(
    r"\b(?:CVE-\d{4}-\d{4,}|sonatype-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})\b", re.IGNORECASE
)
_MAX_PATHS = 10


class Document(msgspec.Struct, gc=False):
    """The report; its components are still raw."""

    components: list[Raw] | None = None
    matches: list[Raw] | None = None
    application: Any = None


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
            listed = form.components if form.components is not None else form.matches
            if listed is None:
                raise FormatError(f"not {TITLE}: there are no `components` in it")
            gathering = Gathering()
            gathering.unread(documents.unreadable)
            for where, raw in each(listed, "components"):
                _component(raw, where, gathering, options)
            about = Members(form.application)
            scans.append(
                gathering.scan(
                    TOOL,
                    asset=wording.name(about.first("publicId", "name")),
                    is_successful=True if listed else None,
                )
            )
        return Report("sonatype", tuple(scans), documents.notes)


def _component(raw: bytes, place: str, gathering: Gathering, options: ReadOptions) -> None:
    try:
        component = record_of(raw, options)
    except SkipRecordError as fault:
        gathering.trouble(place, fault.message)
        return
    package = _package(component)
    issues = component.member("securityData").members("securityIssues")
    for number, issue in enumerate(issues):
        where = f"{place}.securityIssues[{number}]"
        gathering.take(where, partial(_issue, issue, component, package, where, options))
    for number, violation in enumerate(component.members("violations")):
        where = f"{place}.violations[{number}]"
        gathering.take(where, partial(_violation, violation, component, package, where, options))


def _issue(
    issue: Members, component: Members, package: Package | None, place: str, options: ReadOptions
) -> Observation:
    rule = canonical_id(issue.text("reference"))
    if not rule or package is None:
        raise SkipRecordError("a security issue without reference or component")
    score = issue.score("severity")
    severity, word, source = graded(TOOL, rule, issue.number("severity"), "severity", options)
    status = issue.text("status")
    paths = component.texts("pathnames")
    kept = {
        "issue": issue.value,
        "componentIdentifier": component.at("componentIdentifier"),
        "packageUrl": component.text("packageUrl"),
        "pathnames": paths[:_MAX_PATHS],
    }
    return Observation(
        finding_class=FindingClass.DEPENDENCY,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{rule} in {package.name} {package.version}"),
        severity=severity,
        record=place,
        description=paragraphs(
            labelled("Threat", issue.text("threatCategory")),
            labelled("Status", status),
            labelled("Found in", ", ".join(paths[:_MAX_PATHS])),
        ),
        severity_raw=word,
        severity_source=source,
        needs_triage=status.lower() == ACKNOWLEDGED,
        is_suppressed=status.lower() == NOT_APPLICABLE,
        vulnerability_ids=(rule,),
        package=package,
        cwes=cwe_numbers(issue.texts("cwe")),
        cvss=score,
        help_url=web_address([issue.text("url")]),
        raw=msgspec.json.encode(kept),
    )


def _violation(
    violation: Members,
    component: Members,
    package: Package | None,
    place: str,
    options: ReadOptions,
) -> Observation:
    """Read what a policy says of a component: of a vulnerability in it, its licence, its age."""
    policy = violation.name("policyName")
    if not policy or package is None:
        raise SkipRecordError("a violation without policy or component")
    conditions = [
        condition
        for constraint in violation.members("constraints")
        for condition in constraint.members("conditions")
    ]
    reasons = [one.first("conditionReason", "conditionSummary") for one in conditions]
    named = (one.text("conditionTriggerReference", "value") for one in conditions)
    found = _ADVISORY.findall(" ".join((*named, *reasons)))
    ids = tuple(dict.fromkeys(map(canonical_id, found)))
    category = violation.text("policyThreatCategory").upper()
    is_vulnerable = bool(ids) and category in ("", "SECURITY")
    rule = ids[0] if is_vulnerable else policy
    level = violation.word("policyThreatLevel")
    severity, word, source = graded(TOOL, rule, level, "policyThreatLevel", options, words=LEVELS)
    heading = rule if is_vulnerable else f"{policy}: {next(iter(reasons), category.lower())}"
    kept = {"violation": violation.value, "packageUrl": component.text("packageUrl")}
    return Observation(
        finding_class=FindingClass.DEPENDENCY if is_vulnerable else FindingClass.CODE,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{heading} in {package.name} {package.version}"),
        severity=severity,
        record=place,
        description=paragraphs(labelled("Policy", policy), "\n".join(filter(None, reasons))),
        severity_raw=word,
        severity_source=source,
        is_suppressed=any(violation.flag(name) for name in _WAIVED),
        fingerprints=() if is_vulnerable else (("package", f"{package.type}:{package.name}"),),
        vulnerability_ids=ids if is_vulnerable else (),
        package=package if is_vulnerable else None,
        pillar=Pillar.COMPLIANCE_AUTOMATION if category == "LICENSE" else None,
        raw=msgspec.json.encode(kept),
    )


def _package(component: Members) -> Package | None:
    """Return the package: by its URL, its coordinates, or the name of an unknown file."""
    identifier = component.member("componentIdentifier")
    names = identifier.member("coordinates")
    type_ = purl_type(identifier.text("format"))
    version = names.name("version")
    url = package_from_purl(component.text("packageUrl"))
    if url is not None and purl_type(url.type) != GENERIC:
        return Package(purl_type(url.type), url.name, url.namespace, url.version or version)
    full = next(_names(names), "") or component.text("displayName")
    if not full:
        paths = component.texts("pathnames")
        full = paths[0].rpartition("/")[2] if paths else component.text("hash")
    if not full:
        return None
    group = names.name("groupId")
    namespace, name = (group, wording.name(full)) if group else split_name(type_, full)
    return Package(type_, name, namespace, version)


def _names(coordinates: Members) -> Iterator[str]:
    for name in ("artifactId", "packageId", "name"):
        if found := coordinates.text(name):
            yield found
