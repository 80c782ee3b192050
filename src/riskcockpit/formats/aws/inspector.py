"""Findings of Amazon Inspector as its API lists them (`aws inspector2 list-findings`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from riskcockpit.domain.finding import FindingClass, Location, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.aws.workloads import PERSONAL, Installed, aliases, fix_note, workload_name
from riskcockpit.formats.cloud_resources import resource_uid
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.grading import graded
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.picking import (
    Record,
    cvss,
    first_text,
    member,
    number,
    objects,
    opened,
    probability,
    text,
    texts,
)
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.record_lists import json_records
from riskcockpit.formats.scopes import Scope, Scopes
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_numbers

TOOL = "Amazon Inspector"
_KINDS = {
    "PACKAGE_VULNERABILITY": "packages",
    "CODE_VULNERABILITY": "code",
    "NETWORK_REACHABILITY": "network",
}
"""Type of a finding → category of its scan."""


Opened = tuple[bytes, Record]


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the findings of one or several answers, of a list, or of lines.

    Raises:
        FormatError: not JSON of this shape, or beyond a limit.
    """
    with without_collection():
        found, documents = json_records(content, "Inspector's JSON", "findings")
        scopes = Scopes(TOOL)
        for place, raw in found:
            scopes.take(
                place,
                partial(opened, raw, options, PERSONAL),
                _scope,
                partial(_outcome, place=place, options=options),
            )
        for why in documents.unreadable:
            scopes.trouble("report", why)
    return Report("aws-inspector", scopes.scans(), documents.notes)


def _scope(found: Opened) -> Scope:
    record = found[1]
    kind = text(record, "type").upper()
    region = text(next(iter(objects(record, "resources")), None), "region")
    category = " ".join(filter(None, (_KINDS.get(kind, kind.lower()), region)))
    return Scope(TOOL, wording.name(text(record, "awsAccountId")), wording.name(category))


def _outcome(found: Opened, place: str, options: ReadOptions) -> Observation | None:
    raw, record = found
    if not text(record, "title") and not text(record, "findingArn"):
        raise SkipRecordError("a finding without title and findingArn")
    status = text(record, "status").upper()
    if status == "CLOSED":
        return None
    read_kind = _READERS.get(text(record, "type").upper(), _of_network)
    seen = read_kind(_common(record, place, options), record, options)
    return replace(seen, is_suppressed=status == "SUPPRESSED", raw=raw)


def _common(record: Record, place: str, options: ReadOptions) -> Observation:
    title = text(record, "title")
    rule = _rule(record) or wording.name(title)
    if not rule:
        raise SkipRecordError("a finding without title, vulnerability and rule")
    grade = graded(TOOL, rule, text(record, "severity"), "severity", options)
    resource = next(iter(objects(record, "resources")), {})
    claim = wording.name(text(record, "findingArn"))
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(title or rule),
        severity=grade.severity,
        record=place,
        description=wording.description(text(record, "description")),
        severity_raw=grade.raw,
        severity_source=grade.source,
        fingerprints=(("findingArn", claim),) if claim else (),
        resource=resource_uid(text(resource, "id"), text(resource, "region")),
        asset=workload_name(text(resource, "id")),
        cvss=cvss(number(record, "inspectorScore")),
        epss=probability(number(record, "epss", "score")),
        help_url=wording.name(first_link(text(record, "remediation", "recommendation", "Url"))),
    )


def _rule(record: Record) -> str:
    """Return the vulnerability, the detector without its version, or the kind of finding."""
    flaw = canonical_id(text(record, "packageVulnerabilityDetails", "vulnerabilityId"))
    detector = text(record, "codeVulnerabilityDetails", "detectorId").partition("@")[0]
    return flaw or wording.name(detector) or wording.name(text(record, "type"))


def _of_package(seen: Observation, record: Record, _options: ReadOptions) -> Observation:
    details = member(record, "packageVulnerabilityDetails")
    ids = aliases(text(details, "vulnerabilityId"), texts(details, "relatedVulnerabilities"))
    resource = next(iter(objects(record, "resources")), {})
    packages = [
        Installed(
            text(item, "name"),
            text(item, "version"),
            text(item, "release"),
            text(item, "packageManager"),
            text(item, "fixedInVersion"),
        ).package(_platform(resource))
        for item in objects(details, "vulnerablePackages")
        if text(item, "name")
    ]
    paths = [text(item, "filePath") for item in objects(details, "vulnerablePackages")]
    return replace(
        seen,
        finding_class=FindingClass.DEPENDENCY,
        vulnerability_ids=tuple(dict.fromkeys(map(canonical_id, ids))),
        package=packages[0] if packages else None,
        locations=tuple(Location(normalise(path, ())) for path in paths if path),
        description=wording.description(paragraphs(seen.description, *map(fix_note, packages))),
        help_url=seen.help_url or wording.name(first_link(text(details, "sourceUrl"))),
    )


def _platform(resource: Record) -> str:
    """Return the operating system of an image or instance, as `DEBIAN_11`."""
    details = member(resource, "details")
    kinds = details.values() if isinstance(details, dict) else ()
    return next((found for item in kinds if (found := text(item, "platform"))), "")


def _of_code(seen: Observation, record: Record, options: ReadOptions) -> Observation:
    details = member(record, "codeVulnerabilityDetails") or record
    place = member(details, "filePath")
    path = first_text(place, "filePath", "fileName")
    line, end = number(place, "startLine"), number(place, "endLine")
    return replace(
        seen,
        finding_class=FindingClass.CODE,
        locations=(
            Location(
                normalise(path, options.checkout_prefixes),
                int(line) if line and line > 0 else None,
                end_line=int(end) if end and end > 0 else None,
            ),
        ),
        cwes=cwe_numbers(texts(details, "cwes")),
        help_url=seen.help_url
        or wording.name(first_link(" ".join(texts(details, "referenceUrls")))),
    )


def _of_network(seen: Observation, record: Record, _options: ReadOptions) -> Observation:
    details = member(record, "networkReachabilityDetails")
    ports = "-".join(
        dict.fromkeys(
            filter(None, (text(details, "openPortRange", end) for end in ("begin", "end")))
        )
    )
    protocol = text(details, "protocol").lower()
    if not ports:
        return seen
    return replace(seen, rule=wording.name(f"{seen.rule} {protocol}/{ports}"))


_READERS: dict[str, Callable[[Observation, Record, ReadOptions], Observation]] = {
    "PACKAGE_VULNERABILITY": _of_package,
    "CODE_VULNERABILITY": _of_code,
    "NETWORK_REACHABILITY": _of_network,
}
