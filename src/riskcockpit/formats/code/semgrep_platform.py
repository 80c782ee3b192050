"""Answers of the Semgrep platform's API: supply-chain vulnerabilities, and findings.

Both list the findings of many repositories, so each observation names its own asset.
"""

from __future__ import annotations

from functools import partial

from riskcockpit.domain.finding import FindingClass, Observation, Package, Scan
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.code.semgrep import SUPPLY_CHAIN, WORDS
from riskcockpit.formats.forms import Form, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.package_types import purl_type
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import paragraphs
from riskcockpit.formats.titles import first_sentence, unwrapped
from riskcockpit.formats.vulnerabilities import (
    canonical_id,
    cwe_numbers,
    split_name,
    vulnerability_ids,
)

TOOL = "Semgrep"
_GONE = frozenset({"fixed", "removed", "closed", "resolved"})
_DISMISSED = frozenset({"ignored", "muted", "dismissed"})
_REASONS = frozenset({"", "unknown_reason", "unspecified"})
"""Words of a reason for dismissal that give none."""


def read(content: bytes, options: ReadOptions) -> Report:
    """Read `vulns` (supply chain) or `findings` (code) of a deployment.

    Raises:
        FormatError: not Semgrep's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "a Semgrep platform answer")
    return whole("semgrep-platform", [_scan(form, options) for form in found], documents)


def _scan(form: Form, options: ReadOptions) -> Scan:
    gathering = Gathering()
    gathering.take_all("vulns", form.records("vulns"), partial(_vulnerability, options))
    gathering.take_all("findings", form.records("findings"), partial(_finding, options))
    head = form.head("hasMore", "cursor")
    is_of_packages = "vulns" in form.members or any(
        seen.package is not None for seen in gathering.observations
    )
    return gathering.scan(
        TOOL,
        category=SUPPLY_CHAIN if is_of_packages else "",
        is_partial=head.flag("hasMore"),
    )


def _vulnerability(options: ReadOptions, raw: bytes, place: str) -> Observation | None:
    entry = record_of(raw, options)
    advisory = entry.member("advisory")
    status = entry.word("triage", "status").lower()
    reason = entry.text("triage", "dismissReason").lower()
    if status in _GONE and reason in _REASONS:
        return None
    rule = advisory.text("ruleId")
    urls = advisory.texts("references", "urls")
    ids = (*advisory.texts("references", "cveIds"), *vulnerability_ids(" ".join(urls)))
    package = _package(entry, advisory)
    title = entry.text("title") or advisory.text("title")
    exposure = entry.text("exposureType").lower().replace("_", " ")
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, advisory.word("severity"), "advisory.severity", options, words=WORDS),
        title,
        record=place,
        raw=entry.raw,
        about=paragraphs(
            f"{package.name} {package.version}, {exposure or 'exposure unknown'}",
            advisory.text("description"),
        ),
        help_url=next(iter(urls), ""),
        finding_class=FindingClass.DEPENDENCY,
        is_suppressed=status in _DISMISSED or status in _GONE,
        locations=location(
            entry.text("dependencyFileLocation", "path"),
            options,
            line=entry.line("dependencyFileLocation", "startLine"),
        ),
        vulnerability_ids=tuple(dict.fromkeys(map(canonical_id, ids))),
        package=package,
        asset=entry.name("repositoryName"),
        cwes=cwe_numbers(advisory.texts("references", "cweIds")),
    )


def _package(entry: Members, advisory: Members) -> Package:
    type_ = purl_type(advisory.text("ecosystem"))
    namespace, name = split_name(type_, entry.text("matchedDependency", "name"))
    return Package(
        type_,
        name,
        namespace,
        version=entry.name("matchedDependency", "versionSpecifier"),
        fixed_version=entry.name("closestSafeDependency", "versionSpecifier"),
    )


def _finding(options: ReadOptions, raw: bytes, place: str) -> Observation | None:
    entry = record_of(raw, options)
    words = {entry.word("status").lower(), entry.word("state").lower()}
    if words & _GONE:
        return None
    rule = entry.text("rule_name") or entry.text("rule", "name")
    message = unwrapped(entry.text("rule_message") or entry.text("rule", "message"))
    claim = entry.text("match_based_id")
    triage = entry.word("triage_state").lower()
    package = _found_package(entry)
    ids = vulnerability_ids(entry.text("vulnerability_identifier"))
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, entry.word("severity"), "severity", options, words=WORDS),
        message,
        record=place,
        raw=entry.raw,
        label=first_sentence(message),
        help_url=entry.text("line_of_code_url"),
        is_suppressed=bool(words & _DISMISSED) or triage in ("ignored", "false_positive"),
        locations=location(
            entry.text("location", "file_path"),
            options,
            line=entry.line("location", "line"),
            column=entry.line("location", "column"),
            end_line=entry.line("location", "end_line"),
        ),
        finding_class=FindingClass.CODE if package is None else FindingClass.DEPENDENCY,
        vulnerability_ids=ids if package else (),
        package=package,
        epss=entry.probability("epss_score", "score"),
        fingerprints=(("matchBasedId/v1", wording.name(claim)),) if claim and not package else (),
        asset=entry.name("repository", "name"),
        cwes=cwe_numbers(entry.texts("rule", "cwe_names")),
    )


def _found_package(entry: Members) -> Package | None:
    """Return the package of a finding of the supply chain; None of one in code."""
    used = entry.member("found_dependency")
    if not used.text("package"):
        return None
    type_ = purl_type(used.text("ecosystem"))
    namespace, name = split_name(type_, used.text("package"))
    fixes = entry.members("fix_recommendations")
    fixed = next((fix.name("version") for fix in fixes if fix.text("version")), "")
    return Package(type_, name, namespace, used.name("version"), fixed)
