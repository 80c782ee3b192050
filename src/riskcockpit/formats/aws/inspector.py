"""Findings of Amazon Inspector as its API lists them (`aws inspector2 list-findings`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.aws.workloads import (
    PERSONAL,
    Installed,
    aliases,
    fix_note,
    main_package,
    workload_name,
)
from riskcockpit.formats.cloud_resources import resource_uid
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import NOTHING, Members, record_of
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.record_lists import json_records, why_not_all
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_numbers

TOOL = "Amazon Inspector"
_KINDS = {
    "PACKAGE_VULNERABILITY": "packages",
    "CODE_VULNERABILITY": "code",
    "NETWORK_REACHABILITY": "network",
}
"""Type of a finding → category of its scan."""


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the findings of one or several answers, of a list, or of lines.

    Raises:
        FormatError: not JSON of this shape, or beyond a limit.
    """
    with without_collection():
        found, documents = json_records(content, "Inspector's JSON", "findings")
        groups = Groups(Group(TOOL))
        for place, raw in found:
            groups.take_opened(
                place,
                partial(record_of, raw, options, without=PERSONAL),
                _group_of,
                partial(_outcome, place=place, options=options),
            )
        groups.unread(documents.unreadable)
        why_not = why_not_all(content)
    notes = (*documents.notes, why_not) if why_not else documents.notes
    return Report("aws-inspector", groups.scans(is_partial=bool(why_not)), notes)


def _group_of(record: Members) -> Group:
    kind = record.text("type").upper()
    region = next(iter(record.members("resources")), NOTHING).text("region")
    category = " ".join(filter(None, (_KINDS.get(kind, kind.lower()), region)))
    return Group(TOOL, record.name("awsAccountId"), wording.name(category))


def _outcome(record: Members, place: str, options: ReadOptions) -> Observation | None:
    if not record.text("title") and not record.text("findingArn"):
        raise SkipRecordError("a finding without title and findingArn")
    status = record.word("status").upper()
    if status == "CLOSED":
        return None
    read_kind = _READERS.get(record.text("type").upper(), _of_network)
    seen = read_kind(_common(record, place, options), record, options)
    return replace(seen, is_suppressed=status == "SUPPRESSED", raw=record.raw)


def _common(record: Members, place: str, options: ReadOptions) -> Observation:
    title = record.text("title")
    rule = _rule(record) or wording.name(title)
    if not rule:
        raise SkipRecordError("a finding without title, vulnerability and rule")
    grade = graded(TOOL, rule, record.word("severity"), "severity", options)
    resource = next(iter(record.members("resources")), NOTHING)
    claim = record.name("findingArn")
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(title, rule),
        severity=grade.severity,
        record=place,
        description=wording.description(record.text("description")),
        severity_raw=grade.raw,
        severity_source=grade.source,
        fingerprints=(("findingArn", claim),) if claim else (),
        resource=resource_uid(resource.text("id"), resource.text("region")),
        asset=workload_name(resource.text("id")),
        cvss=record.score("inspectorScore"),
        epss=record.probability("epss", "score"),
        help_url=wording.name(first_link(record.text("remediation", "recommendation", "Url"))),
    )


def _rule(record: Members) -> str:
    """Return the vulnerability, the detector without its version, or the kind of finding."""
    flaw = canonical_id(record.text("packageVulnerabilityDetails", "vulnerabilityId"))
    detector = record.text("codeVulnerabilityDetails", "detectorId").partition("@")[0]
    return flaw or wording.name(detector) or record.name("type")


def _of_package(seen: Observation, record: Members, _options: ReadOptions) -> Observation:
    details = record.member("packageVulnerabilityDetails")
    ids = aliases(details.text("vulnerabilityId"), details.texts("relatedVulnerabilities"))
    resource = next(iter(record.members("resources")), NOTHING)
    packages = [
        Installed(
            item.text("name"),
            item.text("version"),
            item.text("release"),
            item.text("packageManager"),
            item.text("fixedInVersion"),
        ).package(_platform(resource))
        for item in details.members("vulnerablePackages")
        if item.text("name")
    ]
    paths = [item.text("filePath") for item in details.members("vulnerablePackages")]
    return replace(
        seen,
        finding_class=FindingClass.DEPENDENCY,
        vulnerability_ids=tuple(dict.fromkeys(map(canonical_id, ids))),
        package=main_package(packages, record.text("title")),
        locations=tuple(Location(normalise(path, ())) for path in paths if path),
        description=paragraphs(seen.description, *map(fix_note, packages)),
        help_url=seen.help_url or wording.name(first_link(details.text("sourceUrl"))),
    )


def _platform(resource: Members) -> str:
    """Return the operating system of an image or instance, as `DEBIAN_11`."""
    details = resource.member("details")
    return next((found for _, kind in details.pairs() if (found := kind.text("platform"))), "")


def _of_code(seen: Observation, record: Members, options: ReadOptions) -> Observation:
    details = record.member("codeVulnerabilityDetails") or record
    place = details.member("filePath")
    path = place.first("filePath", "fileName")
    return replace(
        seen,
        finding_class=FindingClass.CODE,
        locations=(
            Location(
                normalise(path, options.checkout_prefixes),
                place.line("startLine"),
                end_line=place.line("endLine"),
            ),
        ),
        cwes=cwe_numbers(details.texts("cwes")),
        help_url=seen.help_url
        or wording.name(first_link(" ".join(details.texts("referenceUrls")))),
    )


def _of_network(seen: Observation, record: Members, _options: ReadOptions) -> Observation:
    details = record.member("networkReachabilityDetails")
    ports = "-".join(
        dict.fromkeys(
            filter(None, (details.text("openPortRange", end) for end in ("begin", "end")))
        )
    )
    protocol = details.text("protocol").lower()
    if not ports:
        return seen
    return replace(seen, rule=wording.name(f"{seen.rule} {protocol}/{ports}"))


_READERS: dict[str, Callable[[Observation, Members, ReadOptions], Observation]] = {
    "PACKAGE_VULNERABILITY": _of_package,
    "CODE_VULNERABILITY": _of_code,
    "NETWORK_REACHABILITY": _of_network,
}
