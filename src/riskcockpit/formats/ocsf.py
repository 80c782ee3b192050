"""OCSF findings: classes 2001 to 2007 of the Open Cybersecurity Schema Framework, 1.0 and later.

Written by Prowler 4 and later, by Security Hub's second API, and by Security Lake.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from riskcockpit.domain.finding import (
    ControlEvidence,
    FindingClass,
    Location,
    Observation,
    Package,
)
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.aws.workloads import workload_name
from riskcockpit.formats.cloud_resources import real, resource_uid
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.moments import moment
from riskcockpit.formats.package_types import layer_of, purl_type
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.picking import (
    Record,
    cvss,
    first_text,
    is_set,
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
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_number, package_from_purl

TOOL = "OCSF"
PERSONAL = frozenset({"email_addr", "email", "assignee", "verdict_user"})
_VULNERABILITY = "2002"
_SEVERITIES = {
    "1": "informational", "2": "low", "3": "medium", "4": "high", "5": "critical", "6": "critical",
}  # fmt: skip
_WORDS = {"fatal": "critical"}
_STATUSES = {"3": "suppressed", "4": "resolved", "5": "archived", "6": "deleted"}
_GONE = frozenset({"resolved", "archived", "deleted", "closed"})
_PASSED = {"PASS": "pass", "PASSED": "pass", "SUCCESS": "pass", "NOT_APPLICABLE": "not_applicable"}
_CLOSE_ACTIVITY = "3"


Opened = tuple[bytes, dict[str, Any]]


def read(content: bytes, options: ReadOptions) -> Report:
    """Read findings in a list, in an answer of an API, or line by line.

    Raises:
        FormatError: not JSON of this shape, or beyond a limit.
    """
    with without_collection():
        found, documents = json_records(content, "OCSF", "Findings", "findings")
        reader = _Reader(options)
        for place, raw in found:
            reader.take(raw, place)
        for why in documents.unreadable:
            reader.scopes.trouble("report", why)
        return Report("ocsf", reader.scopes.scans(reader.about), documents.notes)


class _Reader:
    """Reads records, and remembers what they say of their run."""

    def __init__(self, options: ReadOptions) -> None:
        self.scopes = Scopes(TOOL)
        self._options = options
        self._checks: set[str] = set()
        self._versions: dict[Scope, set[str]] = {}
        self._moments: dict[Scope, list[Any]] = {}
        self._has_passes = False

    def take(self, raw: bytes, place: str) -> None:
        """Read one record."""
        self.scopes.take(
            place,
            partial(opened, raw, self._options, PERSONAL),
            self._scope,
            partial(self._outcome, place=place),
        )

    def about(self, scope: Scope) -> dict[str, Any]:
        """Return what is known of a run: Prowler's records all say when it was."""
        versions = self._versions.get(scope, set())
        found = {"tool_version": versions.pop() if len(versions) == 1 else ""}
        if scope.tool != "Prowler":
            return found
        moments = [found_ for value in self._moments[scope] if (found_ := moment(value))]
        rules = frozenset(self._checks) if self._has_passes else None
        return found | {"scanned_at": max(moments, default=None), "rules": rules}

    def _scope(self, found: Opened) -> Scope:
        record = found[1]
        tool = _tool(record)
        cloud = member(record, "cloud")
        account = text(cloud, "account", "uid") or first_text(cloud, "account_uid", "project_uid")
        first = next(iter(objects(record, "resources")), {})
        account = account or text(first, "account_uid")  # where OCSF 1.0 has it
        parts = (text(cloud, "provider"), real(_region(record)))
        scope = Scope(
            tool, wording.name(real(account)), wording.name(" ".join(filter(None, parts)))
        )
        self._versions.setdefault(scope, set()).add(
            wording.name(real(text(record, "metadata", "product", "version")))
        )
        stamp = first_text(record, "time_dt", "event_time", "time")
        self._moments.setdefault(scope, []).append(stamp)
        return scope

    def _outcome(self, found: Opened, place: str) -> Outcome:
        raw, record = found
        rule = _rule(record)
        if not rule:
            raise SkipRecordError("a finding without check, title and message")
        self._checks.add(rule)
        tool = _tool(record)
        status = _status(record)
        verdict = _verdict(record)
        if verdict in _PASSED:
            self._has_passes = True
            return ControlEvidence(tool, rule, _PASSED[verdict], _resource(record), place)
        if status in _GONE or text(record, "activity_id") == _CLOSE_ACTIVITY:
            return None
        seen = _observation(record, tool, rule, self._options)
        return replace(
            seen,
            record=place,
            is_suppressed=status == "suppressed" or is_set(record, "is_suppressed"),
            needs_triage=verdict in ("MANUAL", "WARNING"),
            raw=raw,
        )


def _tool(record: Record) -> str:
    product = member(record, "metadata", "product")
    named = first_text(product, "name", "vendor_name")
    return wording.name(named or ("Prowler" if _looks_like_prowler(record) else TOOL))


def _looks_like_prowler(record: Record) -> bool:
    return text(record, "finding_info", "product_uid") == "prowler" or (
        "unmapped" in record and "risk_details" in record
    )


def _info(record: Record) -> Any:
    """Return what describes the finding; class 2001 calls it `finding`."""
    return member(record, "finding_info") or member(record, "finding")


def _rule(record: Record) -> str:
    info = _info(record)
    flaw = next(iter(objects(record, "vulnerabilities")), None)
    if text(record, "class_uid") == _VULNERABILITY and flaw is not None:
        return _flaw_ids(flaw)[0] if _flaw_ids(flaw) else wording.name(text(flaw, "title"))
    event = (
        text(record, "metadata", "event_code")
        or text(record, "metadata", "product", "feature", "uid")
        or text(record, "compliance", "control")
    )
    types = texts(info, "types")
    return wording.name(event or text(info, "title") or text(record, "message") or " ".join(types))


def _flaw_ids(flaw: Record) -> tuple[str, ...]:
    own = text(flaw, "cve", "uid") or text(flaw, "advisory", "uid") or first_text(flaw, "uid")
    ids = (own, *texts(flaw, "related_vulnerabilities"))
    return tuple(dict.fromkeys(canonical_id(item) for item in ids if item))


def _status(record: Record) -> str:
    word = first_text(record, "status", "state").lower()  # the latter before OCSF 1.1
    return word or _STATUSES.get(first_text(record, "status_id", "state_id"), "")


def _verdict(record: Record) -> str:
    """Return what the check said: FAIL, PASS, MANUAL …; empty when it says nothing."""
    word = text(record, "compliance", "status") or text(record, "status_code")
    return word.upper().replace(" ", "_").replace("-", "_")


def _resources(record: Record) -> list[Record]:
    return objects(record, "resources") or objects(record, "resource")


def _region(record: Record) -> str:
    resources = _resources(record)
    return text(record, "cloud", "region") or text(resources[0] if resources else None, "region")


def _resource(record: Record) -> str:
    first = next(iter(_resources(record)), None)
    uid = resource_uid(text(first, "uid"), _region(record))
    if uid:
        return uid
    name = real(text(first, "name"))
    parts = (text(first, "namespace"), text(first, "type"), name)
    return resource_uid("/".join(filter(None, map(real, parts))), _region(record)) if name else ""


def _observation(record: Record, tool: str, rule: str, options: ReadOptions) -> Observation:
    info = _info(record)
    grade = _grade(record, tool, rule, options)
    claim = wording.name(real(text(info, "uid")))
    detail = text(record, "status_detail") or text(record, "message")
    about = (
        detail,
        text(info, "desc"),
        text(record, "risk_details"),
        f"Remediation: {advice}" if (advice := text(record, "remediation", "desc")) else "",
    )
    links = (
        text(record, "unmapped", "related_url"),
        *texts(record, "remediation", "references"),
        text(info, "src_url"),
    )
    seen = Observation(
        finding_class=FindingClass.CLOUD,
        tool=tool,
        rule=rule,
        title=wording.title(text(info, "title") or detail or rule),
        severity=grade.severity,
        record="",
        description=wording.description(paragraphs(*dict.fromkeys(about))),
        severity_raw=grade.raw,
        severity_source=grade.source,
        fingerprints=(("finding_info.uid", claim),) if claim else (),
        resource=_resource(record),
        help_url=wording.name(next(filter(None, map(first_link, links)), "")),
    )
    flaw = next(iter(objects(record, "vulnerabilities")), None)
    return _with_vulnerability(seen, flaw) if flaw is not None else seen


def _grade(record: Record, tool: str, rule: str, options: ReadOptions) -> Grade:
    said = first_text(record, "severity", "severity_name")
    word = said.lower()
    word = _WORDS.get(word, word) or _SEVERITIES.get(text(record, "severity_id"), "")
    grade = graded(tool, rule, word, "severity", options)
    return grade._replace(raw=wording.name(said)) if grade.raw else grade


def _with_vulnerability(seen: Observation, flaw: Record) -> Observation:
    """Return the finding as one about a package."""
    packages = [
        package for item in objects(flaw, "affected_packages") if (package := _package(item))
    ]
    ids = _flaw_ids(flaw)
    scores = [number(item, "base_score") for item in objects(flaw, "cve", "cvss")]
    weaknesses = (
        *objects(flaw, "cve", "related_cwes"),
        *objects(flaw, "cve", "cwe"),
        *objects(flaw, "cwe"),
    )
    places = [text(item, "file", "path") for item in objects(flaw, "affected_code")]
    places += [text(item, "path") for item in objects(flaw, "affected_packages")]
    links = (text(flaw, "remediation", "kb_articles"), *texts(flaw, "references"))
    return replace(
        seen,
        finding_class=FindingClass.DEPENDENCY if ids and packages else seen.finding_class,
        vulnerability_ids=ids,
        package=packages[0] if packages else None,
        asset=workload_name(seen.resource) if packages else "",
        locations=tuple(Location(normalise(path, ())) for path in places if path),
        cwes=tuple(
            found for item in weaknesses if (found := cwe_number(text(item, "uid"))) is not None
        ),
        cvss=cvss(max((score for score in scores if score is not None), default=None)),
        epss=probability(number(flaw, "cve", "epss", "score")),
        help_url=seen.help_url or wording.name(next(filter(None, map(first_link, links)), "")),
    )


def _package(item: Record) -> Package | None:
    name = wording.name(text(item, "name"))
    package = package_from_purl(text(item, "purl"))
    if package is None and not name:
        return None
    type_ = purl_type(text(item, "package_manager"))
    package = package or Package(type_, name)
    return replace(
        package,
        version=wording.name(text(item, "version")) or package.version,
        fixed_version=wording.name(text(item, "fixed_in_version")),
        layer=layer_of(package.type),
    )
