"""AWS Security Finding Format: findings of Security Hub and of the products that feed it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from riskcockpit.domain.finding import (
    ControlEvidence,
    FindingClass,
    Location,
    Observation,
    Package,
)
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import prowler, wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.aws import inspector
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
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import NOTHING, Members, record_of
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.record_lists import json_records, why_not_all
from riskcockpit.formats.vulnerabilities import canonical_id, vulnerability_ids

TOOL = "AWS Security Hub"
_NAMES = {
    "Inspector": inspector.TOOL,
    "inspector": inspector.TOOL,
    "guardduty": "GuardDuty",
    "securityhub": "Security Hub",
    "prowler": prowler.TOOL,
}
"""Names of products as other reports have them."""
PASSED = {"PASSED": "pass", "INFOED": "informational", "NOT_AVAILABLE": "not_applicable"}
"""Compliance statuses that state no fault."""
NOTHING_TO_CHECK = "CONFIG_EVALUATIONS_EMPTY"
"""Reason of a pass without any resource that was checked."""
_VERSION = re.compile(r"/v/\d+(?:\.\d+){0,3}(?=/|$)")
_INSTANCES = (":detector/", ":analyzer/", ":guardduty:", ":macie2:", ":access-analyzer:")
"""Parts of a generator's id that name an installation, not a rule."""
_DETECTORS = frozenset({"aws/macie", "aws/access-analyzer", "aws/guardduty"})
"""Generators that stand for all that a product detects."""
_TITLE = re.compile(r"(?P<id>[A-Z]+-[\w.:-]+) - (?P<package>[^,]+)")
_LEVELS = ((90, "critical"), (70, "high"), (40, "medium"), (1, "low"), (0, "informational"))


@dataclass(frozen=True, slots=True)
class _Finding:
    """A record, and what was read of it already."""

    record: Members
    group: Group
    region: str


def read(content: bytes, options: ReadOptions) -> Report:
    """Read findings in a list, in an answer of the API, or line by line.

    Raises:
        FormatError: not JSON of this shape, or beyond a limit.
    """
    with without_collection():
        found, documents = json_records(content, "ASFF", "Findings", "findings")
        groups = Groups(Group(TOOL))
        for place, raw in found:
            groups.take_opened(
                place,
                partial(_opened, raw, options),
                lambda finding: finding.group,
                partial(_outcome, place=place, options=options),
            )
        groups.unread(documents.unreadable)
        why_not = why_not_all(content)
    notes = (*documents.notes, why_not) if why_not else documents.notes
    return Report("asff", groups.scans(is_partial=bool(why_not)), notes)


def _opened(raw: bytes, options: ReadOptions) -> _Finding:
    record = record_of(raw, options, without=PERSONAL)
    product = record.first("ProductName")
    product = product or record.text("ProductFields", "aws/securityhub/ProductName")
    product = product or record.word("ProductFields", "ProviderName")
    product = product or record.text("ProductArn").rpartition("/")[2]
    resources = record.members("Resources")
    region = record.text("Region") or (resources[0] if resources else NOTHING).text("Region")
    region = region or (record.text("ProductArn").split(":") + [""] * 4)[3]
    tool = wording.name(_NAMES.get(product, product)) or TOOL
    category = f"aws {region}" if tool == prowler.TOOL else region  # as in its other reports
    group = Group(tool, record.name("AwsAccountId"), wording.name(category))
    return _Finding(record, group, region)


def _outcome(found: _Finding, place: str, options: ReadOptions) -> Outcome:
    record = found.record
    if not (record.text("Title") or record.text("GeneratorId")):
        raise SkipRecordError("a finding without title and generator")
    resources = record.members("Resources")
    uid = resource_uid((resources[0] if resources else NOTHING).text("Id"), found.region)
    workflow = (record.word("Workflow", "Status") or record.word("WorkflowState")).upper()
    status = record.word("Compliance", "Status").upper()
    if workflow == "RESOLVED" or record.word("RecordState").upper() == "ARCHIVED":
        return None
    if status in PASSED and not record.members("Vulnerabilities"):
        reasons = [
            item.text("ReasonCode") for item in record.members("Compliance", "StatusReasons")
        ]
        verdict = "not_applicable" if NOTHING_TO_CHECK in reasons else PASSED[status]
        return ControlEvidence(found.group.tool, _rule(record, found.group), verdict, uid, place)
    seen = _observation(found, uid, place, options)
    return replace(seen, is_suppressed=workflow == "SUPPRESSED")


def _observation(found: _Finding, uid: str, place: str, options: ReadOptions) -> Observation:
    record = found.record
    flaws = _flaws(record)
    rule = flaws[0] if flaws else _rule(record, found.group)
    title = wording.title(record.text("Title")) or rule
    if not title:
        raise SkipRecordError("a finding without title and rule")
    grade = _grade(record, found.group.tool, rule, options)
    claim = record.name("Id")
    advice = record.text("Remediation", "Recommendation", "Text")
    others = [item.text("Id") for item in record.members("Resources")[1:]]
    about = (
        record.text("Description"),
        f"Remediation: {advice}" if advice and advice != "None Provided" else "",
        f"Further resources: {', '.join(others)}" if others else "",
    )
    link = record.text("Remediation", "Recommendation", "Url") or record.text("SourceUrl")
    seen = Observation(
        finding_class=FindingClass.CLOUD,
        tool=found.group.tool,
        rule=rule,
        title=title,
        severity=grade.severity,
        record=place,
        description=paragraphs(*about),
        severity_raw=grade.raw,
        severity_source=grade.source,
        needs_triage=record.word("Compliance", "Status").upper() == "WARNING",
        fingerprints=(("Id", claim),) if claim else (),
        resource=uid,
        help_url=wording.name(first_link(link)),
        raw=record.raw,
    )
    return _with_vulnerability(seen, record, flaws) if flaws else seen


def _with_vulnerability(seen: Observation, record: Members, ids: tuple[str, ...]) -> Observation:
    """Return the finding as one about a package, on the workload as its asset."""
    flaw = next(iter(record.members("Vulnerabilities")), NOTHING)
    packages = list(_packages(record, flaw))
    paths = [item.text("FilePath") for item in flaw.members("VulnerablePackages")]
    scores = flaw.members("Cvss")
    best = max(scores, key=lambda item: (item.text("Source") == "NVD", item.text("Version")),
               default=NOTHING)  # fmt: skip
    resource = next(iter(record.members("Resources")), NOTHING)
    chance = flaw.probability("EpssScore")
    link = flaw.text("Vendor", "Url")
    return replace(
        seen,
        finding_class=FindingClass.DEPENDENCY,
        vulnerability_ids=ids,
        package=main_package(packages, record.text("Title")),
        asset=workload_name(resource.text("Id")),
        locations=tuple(Location(normalise(path, ())) for path in paths if path),
        description=paragraphs(seen.description, *map(fix_note, packages)),
        cvss=best.score("BaseScore"),
        epss=record.probability("EpssScore") if chance is None else chance,
        help_url=seen.help_url or wording.name(first_link(link)),
    )


def _packages(record: Members, flaw: Members) -> Iterator[Package]:
    fields = record.member("ProductFields").pairs()
    platform = next((item.text() for name, item in fields if name.endswith("/platform")), "")
    found = [
        Installed(
            item.text("Name"),
            item.text("Version"),
            item.text("Release"),
            item.text("PackageManager"),
            item.text("FixedInVersion"),
        )
        for item in flaw.members("VulnerablePackages")
        if item.text("Name")
    ]
    named = _TITLE.match(record.text("Title"))
    if not found and named:
        found = [Installed(named["package"].strip(), "", "", "", "")]
    for installed in found:
        yield installed.package(platform)


def _flaws(record: Members) -> tuple[str, ...]:
    """Return the ids of the vulnerability; empty for a finding about a configuration."""
    flaw = next(iter(record.members("Vulnerabilities")), NOTHING)
    if flaw.text("Id"):
        ids = aliases(flaw.text("Id"), flaw.texts("RelatedVulnerabilities"))
        return tuple(dict.fromkeys(map(canonical_id, ids)))
    is_inspector = "inspector" in (record.text("ProductArn") + record.text("GeneratorId")).lower()
    return vulnerability_ids(record.text("Title"))[:1] if is_inspector else ()


def _rule(record: Members, group: Group) -> str:
    """Return the check without the version of its standard; of detectors the type of threat."""
    generator = record.text("GeneratorId")
    kinds = record.texts("Types")
    is_detector = generator.lower() in _DETECTORS or any(mark in generator for mark in _INSTANCES)
    if generator and not is_detector:
        generator = _VERSION.sub("", generator)
        if group.tool == prowler.TOOL:
            generator = generator.removeprefix("prowler-")
        return wording.name(generator)
    return wording.name(kinds[0].rpartition("/")[2] if kinds else record.text("Title"))


def _grade(record: Members, tool: str, rule: str, options: ReadOptions) -> Grade:
    for place in (("Severity",), ("FindingProviderFields", "Severity")):
        label = record.text(*place, "Label")
        if label:
            return graded(tool, rule, label, ".".join((*place, "Label")), options)
    level = record.number("Severity", "Normalized")
    if level is None:
        return graded(tool, rule, record.text("Severity", "Original"), "Severity", options)
    word = next((word for floor, word in _LEVELS if level >= floor), "")
    return graded(tool, rule, word, "Severity.Normalized", options)
