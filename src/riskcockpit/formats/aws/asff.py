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
from riskcockpit.formats.aws.workloads import PERSONAL, Installed, aliases, fix_note, workload_name
from riskcockpit.formats.cloud_resources import resource_uid
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.picking import (
    Record,
    cvss,
    first_text,
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
_TITLE = re.compile(r"(?P<id>[A-Z]+-[\w.:-]+) - (?P<package>[^,]+)")
_LEVELS = ((90, "critical"), (70, "high"), (40, "medium"), (1, "low"), (0, "informational"))


@dataclass(frozen=True, slots=True)
class _Finding:
    """A record, and what was read of it already."""

    raw: bytes
    record: Record
    scope: Scope
    region: str


def read(content: bytes, options: ReadOptions) -> Report:
    """Read findings in a list, in an answer of the API, or line by line.

    Raises:
        FormatError: not JSON of this shape, or beyond a limit.
    """
    with without_collection():
        found, documents = json_records(content, "ASFF", "Findings", "findings")
        scopes = Scopes(TOOL)
        for place, raw in found:
            scopes.take(
                place,
                partial(_opened, raw, options),
                lambda finding: finding.scope,
                partial(_outcome, place=place, options=options),
            )
        for why in documents.unreadable:
            scopes.trouble("report", why)
    return Report("asff", scopes.scans(), documents.notes)


def _opened(raw: bytes, options: ReadOptions) -> _Finding:
    raw, record = opened(raw, options, PERSONAL)
    product = first_text(record, "ProductName")
    product = product or text(record, "ProductFields", "aws/securityhub/ProductName")
    product = product or text(record, "ProductFields", "ProviderName")
    product = product or text(record, "ProductArn").rpartition("/")[2]
    resources = objects(record, "Resources")
    region = text(record, "Region") or text(resources[0] if resources else None, "Region")
    region = region or (text(record, "ProductArn").split(":") + [""] * 4)[3]
    tool = wording.name(_NAMES.get(product, product)) or TOOL
    category = f"aws {region}" if tool == prowler.TOOL else region  # as in its other reports
    scope = Scope(tool, wording.name(text(record, "AwsAccountId")), wording.name(category))
    return _Finding(raw, record, scope, region)


def _outcome(found: _Finding, place: str, options: ReadOptions) -> Outcome:
    record = found.record
    if not (text(record, "Title") or text(record, "GeneratorId")):
        raise SkipRecordError("a finding without title and generator")
    resources = objects(record, "Resources")
    uid = resource_uid(text(resources[0] if resources else None, "Id"), found.region)
    workflow = (text(record, "Workflow", "Status") or text(record, "WorkflowState")).upper()
    status = text(record, "Compliance", "Status").upper()
    if workflow == "RESOLVED" or text(record, "RecordState").upper() == "ARCHIVED":
        return None
    if status in PASSED and not objects(record, "Vulnerabilities"):
        reasons = [
            text(item, "ReasonCode") for item in objects(record, "Compliance", "StatusReasons")
        ]
        verdict = "not_applicable" if NOTHING_TO_CHECK in reasons else PASSED[status]
        return ControlEvidence(found.scope.tool, _rule(record, found.scope), verdict, uid, place)
    seen = _observation(found, uid, place, options)
    return replace(seen, is_suppressed=workflow == "SUPPRESSED")


def _observation(found: _Finding, uid: str, place: str, options: ReadOptions) -> Observation:
    record = found.record
    flaws = _flaws(record)
    rule = flaws[0] if flaws else _rule(record, found.scope)
    grade = _grade(record, found.scope.tool, rule, options)
    claim = wording.name(text(record, "Id"))
    advice = text(record, "Remediation", "Recommendation", "Text")
    others = [text(item, "Id") for item in objects(record, "Resources")[1:]]
    about = (
        text(record, "Description"),
        f"Remediation: {advice}" if advice and advice != "None Provided" else "",
        f"Further resources: {', '.join(others)}" if others else "",
    )
    link = text(record, "Remediation", "Recommendation", "Url") or text(record, "SourceUrl")
    seen = Observation(
        finding_class=FindingClass.CLOUD,
        tool=found.scope.tool,
        rule=rule,
        title=wording.title(text(record, "Title") or rule),
        severity=grade.severity,
        record=place,
        description=wording.description(paragraphs(*about)),
        severity_raw=grade.raw,
        severity_source=grade.source,
        needs_triage=text(record, "Compliance", "Status").upper() == "WARNING",
        fingerprints=(("Id", claim),) if claim else (),
        resource=uid,
        help_url=wording.name(first_link(link)),
        raw=found.raw,
    )
    return _with_vulnerability(seen, record, flaws) if flaws else seen


def _with_vulnerability(seen: Observation, record: Record, ids: tuple[str, ...]) -> Observation:
    """Return the finding as one about a package, on the workload as its asset."""
    flaw = next(iter(objects(record, "Vulnerabilities")), {})
    packages = list(_packages(record, flaw))
    paths = [text(item, "FilePath") for item in objects(flaw, "VulnerablePackages")]
    scores = objects(flaw, "Cvss")
    best = max(scores, key=lambda item: (text(item, "Source") == "NVD", text(item, "Version")),
               default=None)  # fmt: skip
    resource = next(iter(objects(record, "Resources")), {})
    chance = number(flaw, "EpssScore")
    link = text(flaw, "Vendor", "Url")
    return replace(
        seen,
        finding_class=FindingClass.DEPENDENCY,
        vulnerability_ids=ids,
        package=packages[0] if packages else None,
        asset=workload_name(text(resource, "Id")),
        locations=tuple(Location(normalise(path, ())) for path in paths if path),
        description=wording.description(paragraphs(seen.description, *map(fix_note, packages))),
        cvss=cvss(number(best, "BaseScore")),
        epss=probability(chance if chance is not None else number(record, "EpssScore")),
        help_url=seen.help_url or wording.name(first_link(link)),
    )


def _packages(record: Record, flaw: Record) -> Iterator[Package]:
    fields = record.get("ProductFields")
    platform = next(
        (str(value) for key, value in (fields.items() if isinstance(fields, dict) else ())
         if key.endswith("/platform")), "",
    )  # fmt: skip
    found = [
        Installed(
            text(item, "Name"),
            text(item, "Version"),
            text(item, "Release"),
            text(item, "PackageManager"),
            text(item, "FixedInVersion"),
        )
        for item in objects(flaw, "VulnerablePackages")
        if text(item, "Name")
    ]
    named = _TITLE.match(text(record, "Title"))
    if not found and named:
        found = [Installed(named["package"].strip(), "", "", "", "")]
    for installed in found:
        yield installed.package(platform)


def _flaws(record: Record) -> tuple[str, ...]:
    """Return the ids of the vulnerability; empty for a finding about a configuration."""
    flaw = next(iter(objects(record, "Vulnerabilities")), None)
    if flaw is not None and text(flaw, "Id"):
        ids = aliases(text(flaw, "Id"), texts(flaw, "RelatedVulnerabilities"))
        return tuple(dict.fromkeys(map(canonical_id, ids)))
    is_inspector = "inspector" in (text(record, "ProductArn") + text(record, "GeneratorId")).lower()
    return vulnerability_ids(text(record, "Title"))[:1] if is_inspector else ()


def _rule(record: Record, scope: Scope) -> str:
    """Return the check without the version of its standard; of detectors the type of threat."""
    generator = text(record, "GeneratorId")
    kinds = texts(record, "Types")
    if generator and not any(mark in generator for mark in _INSTANCES):
        generator = _VERSION.sub("", generator)
        if scope.tool == prowler.TOOL:
            generator = generator.removeprefix("prowler-")
        return wording.name(generator)
    return wording.name(kinds[0].rpartition("/")[2] if kinds else text(record, "Title"))


def _grade(record: Record, tool: str, rule: str, options: ReadOptions) -> Grade:
    for place in (("Severity",), ("FindingProviderFields", "Severity")):
        label = text(record, *place, "Label")
        if label:
            return graded(tool, rule, label, ".".join((*place, "Label")), options)
    level = number(record, "Severity", "Normalized")
    if level is None:
        return graded(tool, rule, text(record, "Severity", "Original"), "Severity", options)
    word = next((word for floor, word in _LEVELS if level >= floor), "")
    return graded(tool, rule, word, "Severity.Normalized", options)
