"""OCSF findings: classes 2001 to 2007 of the Open Cybersecurity Schema Framework, 1.0 and later.

Written by Prowler 4 and later, by Security Hub's second API, and by Security Lake.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import NOTHING, Members, record_of
from riskcockpit.formats.moments import moment
from riskcockpit.formats.package_types import layer_of, purl_type
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.record_lists import json_records, why_not_all
from riskcockpit.formats.vulnerabilities import canonical_id, cwe_number, package_from_purl

TOOL = "OCSF"
PERSONAL = frozenset({"email_addr", "email", "assignee", "verdict_user"})
_VULNERABILITY, _COMPLIANCE = "2002", "2003"
_SEVERITIES = {
    "1": "informational", "2": "low", "3": "medium", "4": "high", "5": "critical", "6": "critical",
}  # fmt: skip
_WORDS = {"fatal": "critical"}
_STATUSES = {"3": "suppressed", "4": "resolved", "5": "archived", "6": "deleted"}
_GONE = frozenset({"resolved", "archived", "deleted", "closed"})
_PASSED = {"PASS": "pass", "PASSED": "pass", "SUCCESS": "pass", "NOT_APPLICABLE": "not_applicable"}
_VERDICTS = {"1": "PASS", "2": "WARNING", "3": "FAIL"}
"""Numbers of the status of a compliance, where there is no word."""
_CLOSE_ACTIVITY = "3"


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
        reader.groups.unread(documents.unreadable)
        why_not = why_not_all(content)
    notes = (*documents.notes, why_not) if why_not else documents.notes
    return Report("ocsf", reader.groups.scans(reader.about, is_partial=bool(why_not)), notes)


class _Reader:
    """Reads records, and remembers what they say of their run."""

    def __init__(self, options: ReadOptions) -> None:
        self.groups = Groups(Group(TOOL))
        self._options = options
        self._checks: set[str] = set()
        self._versions: dict[Group, set[str]] = {}
        self._moments: dict[Group, list[Any]] = {}
        self._has_passes = False

    def take(self, raw: bytes, place: str) -> None:
        """Read one record; of several vulnerabilities in it each is a finding."""
        try:
            record = record_of(raw, self._options, without=PERSONAL)
        except SkipRecordError as fault:
            self.groups.trouble(place, fault.message)
            return
        for where, part in _parts(record, place):
            gathering = self.groups.of(self._group_of(part))
            gathering.take(where, partial(self._outcome, part, where))

    def about(self, group: Group) -> dict[str, Any]:
        """Return what is known of a run: Prowler's records all say when it was."""
        versions = self._versions.get(group, set())
        found = {"tool_version": versions.pop() if len(versions) == 1 else ""}
        if group.tool != "Prowler":
            return found
        moments = [found_ for value in self._moments[group] if (found_ := moment(value))]
        rules = frozenset(self._checks) if self._has_passes else None
        return found | {"scanned_at": max(moments, default=None), "rules": rules}

    def _group_of(self, record: Members) -> Group:
        tool = _tool(record)
        cloud = record.member("cloud")
        account = cloud.text("account", "uid") or cloud.first("account_uid", "project_uid")
        first = next(iter(record.members("resources")), NOTHING)
        account = account or first.text("account_uid")  # where OCSF 1.0 has it
        parts = (cloud.word("provider"), real(_region(record)), _benchmark(record))
        group = Group(
            tool, wording.name(real(account)), wording.name(" ".join(filter(None, parts)))
        )
        self._versions.setdefault(group, set()).add(
            wording.name(real(record.text("metadata", "product", "version")))
        )
        stamp = record.first("time_dt", "event_time", "time")
        self._moments.setdefault(group, []).append(stamp)
        return group

    def _outcome(self, record: Members, place: str) -> Outcome:
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
        if status in _GONE or record.text("activity_id") == _CLOSE_ACTIVITY:
            return None
        seen = _observation(record, tool, rule, self._options)
        return replace(
            seen,
            record=place,
            is_suppressed=status == "suppressed" or record.flag("is_suppressed"),
            needs_triage=verdict in ("MANUAL", "WARNING"),
            raw=record.raw,
        )


def _parts(record: Members, place: str) -> Iterator[tuple[str, Members]]:
    """Yield the record, or of class 2002 one like it for each of its vulnerabilities."""
    flaws = record.members("vulnerabilities")
    if record.text("class_uid") != _VULNERABILITY or len(flaws) < 2:  # noqa: PLR2004 - several
        yield place, record
        return
    for index, flaw in enumerate(flaws):
        one = record.object() | {"vulnerabilities": [flaw.value]}
        yield f"{place}.vulnerabilities[{index}]", Members(one, record.raw)


def _tool(record: Members) -> str:
    product = record.member("metadata", "product")
    named = product.first("name", "vendor_name")
    return wording.name(named or ("Prowler" if _looks_like_prowler(record) else TOOL))


def _looks_like_prowler(record: Members) -> bool:
    return record.text("finding_info", "product_uid") == "prowler" or (
        "unmapped" in record and "risk_details" in record
    )


def _info(record: Members) -> Members:
    """Return what describes the finding; class 2001 calls it `finding`."""
    return record.member("finding_info") or record.member("finding")


def _rule(record: Members) -> str:
    info = _info(record)
    flaw = next(iter(record.members("vulnerabilities")), NOTHING)
    if record.text("class_uid") == _VULNERABILITY and flaw:
        return _flaw_ids(flaw)[0] if _flaw_ids(flaw) else flaw.name("title")
    if benchmark := _benchmark(record):
        requirement = record.text("compliance", "requirements", 0)
        check = record.text("metadata", "event_code")
        return wording.name(f"{benchmark} {requirement} {check}")
    event = (
        record.text("metadata", "event_code")
        or record.text("metadata", "product", "feature", "uid")
        or record.text("compliance", "control")
    )
    types = info.texts("types")
    return wording.name(event or info.text("title") or record.text("message") or " ".join(types))


def _benchmark(record: Members) -> str:
    """Return the benchmark by which Prowler reports a check once more for each requirement."""
    compliance = record.member("compliance")
    is_of_requirement = record.text("class_uid") == _COMPLIANCE and bool(
        compliance.text("requirements", 0)
    )
    if not is_of_requirement or record.text("metadata", "product", "uid") != "prowler":
        return ""
    return compliance.text("standards", 0)


def _title(record: Members, detail: str) -> str:
    """Return the title; of a requirement, whose title is its number, with what it asks for."""
    title = _info(record).text("title")
    if benchmark := _benchmark(record):
        asked = record.text("compliance", "checks", 0, "name") or record.text(
            "compliance", "control"
        )
        return f"{benchmark} {title}: {asked}" if asked else f"{benchmark} {title}"
    return title or detail


def _flaw_ids(flaw: Members) -> tuple[str, ...]:
    own = flaw.text("cve", "uid") or flaw.text("advisory", "uid") or flaw.first("uid")
    ids = (own, *flaw.texts("related_vulnerabilities"))
    return tuple(dict.fromkeys(canonical_id(item) for item in ids if item))


def _status(record: Members) -> str:
    word = record.first("status", "state").lower()  # the latter before OCSF 1.1
    return word or _STATUSES.get(record.first("status_id", "state_id"), "")


def _verdict(record: Members) -> str:
    """Return what the check said: FAIL, PASS, MANUAL …; empty when it says nothing."""
    word = record.word("compliance", "status") or record.word("status_code")
    word = word or _VERDICTS.get(record.word("compliance", "status_id"), "")
    return word.upper().replace(" ", "_").replace("-", "_")


def _resources(record: Members) -> list[Members]:
    return record.members("resources") or record.members("resource")


def _region(record: Members) -> str:
    resources = _resources(record)
    return record.text("cloud", "region") or (resources[0] if resources else NOTHING).text("region")


def _resource(record: Members) -> str:
    first = next(iter(_resources(record)), NOTHING)
    uid = resource_uid(first.text("uid"), _region(record))
    if uid:
        return uid
    name = real(first.text("name"))
    parts = (first.text("namespace"), first.text("type"), name)
    return resource_uid("/".join(filter(None, map(real, parts))), _region(record)) if name else ""


def _observation(record: Members, tool: str, rule: str, options: ReadOptions) -> Observation:
    info = _info(record)
    grade = _grade(record, tool, rule, options)
    claim = wording.name(real(info.text("uid")))
    detail = record.word("status_detail") or record.text("message")
    about = (
        detail,
        info.text("desc"),
        record.word("risk_details"),
        f"Remediation: {advice}" if (advice := record.text("remediation", "desc")) else "",
    )
    links = (
        record.text("unmapped", "related_url"),
        *record.texts("remediation", "references"),
        info.text("src_url"),
    )
    seen = Observation(
        finding_class=FindingClass.CLOUD,
        tool=tool,
        rule=rule,
        title=wording.title(_title(record, detail), rule),
        severity=grade.severity,
        record="",
        description=paragraphs(*dict.fromkeys(about)),
        severity_raw=grade.raw,
        severity_source=grade.source,
        fingerprints=(("finding_info.uid", claim),) if claim else (),
        resource=_resource(record),
        help_url=wording.name(next(filter(None, map(first_link, links)), "")),
    )
    flaw = next(iter(record.members("vulnerabilities")), NOTHING)
    return _with_vulnerability(seen, flaw) if flaw else seen


def _grade(record: Members, tool: str, rule: str, options: ReadOptions) -> Grade:
    said = record.first("severity", "severity_name")
    word = said.lower()
    word = _WORDS.get(word, word) or _SEVERITIES.get(record.word("severity_id"), "")
    grade = graded(tool, rule, word, "severity", options)
    return grade._replace(raw=wording.name(said)) if grade.raw else grade


def _with_vulnerability(seen: Observation, flaw: Members) -> Observation:
    """Return the finding as one about a package."""
    packages = [
        package for item in flaw.members("affected_packages") if (package := _package(item))
    ]
    ids = _flaw_ids(flaw)
    scores = [item.score("base_score") for item in flaw.members("cve", "cvss")]
    weaknesses = (
        *flaw.members("cve", "related_cwes"),
        *flaw.members("cve", "cwe"),
        *flaw.members("cwe"),
    )
    places = [item.text("file", "path") for item in flaw.members("affected_code")]
    places += [item.text("path") for item in flaw.members("affected_packages")]
    links = (flaw.text("remediation", "kb_articles"), *flaw.texts("references"))
    title = flaw.text("title") or seen.title
    return replace(
        seen,
        title=wording.title(f"{ids[0]}: {title}" if ids and ids[0] not in title else title),
        finding_class=FindingClass.DEPENDENCY if ids and packages else seen.finding_class,
        vulnerability_ids=ids,
        package=packages[0] if packages else None,
        asset=workload_name(seen.resource) if packages else "",
        locations=tuple(Location(normalise(path, ())) for path in places if path),
        cwes=tuple(
            found for item in weaknesses if (found := cwe_number(item.text("uid"))) is not None
        ),
        cvss=max(filter(None, scores), default=None),
        epss=flaw.probability("cve", "epss", "score"),
        help_url=seen.help_url or wording.name(next(filter(None, map(first_link, links)), "")),
    )


def _package(item: Members) -> Package | None:
    name = item.name("name")
    package = package_from_purl(item.text("purl"))
    if package is None and not name:
        return None
    type_ = purl_type(item.text("package_manager"))
    package = package or Package(type_, name)
    return replace(
        package,
        version=item.name("version") or package.version,
        fixed_version=item.name("fixed_in_version"),
        layer=layer_of(package.type),
    )
