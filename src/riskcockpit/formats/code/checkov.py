"""Checkov's own JSON: one report, a list of them, or the bare summary of a scan without resources.

Each check type (terraform, dockerfile, sca_package, …) is a scan of its own category.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from riskcockpit.domain.finding import (
    ControlEvidence,
    FindingClass,
    Observation,
    Package,
    Problem,
    Scan,
)
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.forms import Form, form_of, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import Grade, graded
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.package_types import purl_type
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import labelled, paragraphs
from riskcockpit.formats.secrets import secret_record_of
from riskcockpit.formats.vulnerabilities import canonical_id, split_name, vulnerability_ids

TOOL = "Checkov"
DEFAULT_SEVERITY = "medium"
"""Without the vendor's platform a check has no severity; the same default as for its SARIF."""
SEVERITY_OF_SECRETS = "high"
_RULES_OF_SECRETS = "CKV_SECRET_"
SECRETS = "secrets"
PACKAGES = ("sca_package", "sca_image")
_QUOTES = ("code_block", "entity_tags", "added_by", "removed_commit_hash", "added_commit_hash")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `checkov -o json`.

    Raises:
        FormatError: not Checkov's, not JSON, or beyond a limit.
    """
    with without_collection():
        found, documents = forms(content, "Checkov JSON")
        scans = [scan for form in found for scan in _scans(form, options)]
    return whole("checkov", scans or [Scan(tool=TOOL, is_partial=True)], documents)


def _scans(form: Form, options: ReadOptions) -> Iterator[Scan]:
    if not form.is_list:
        yield _scan(form, options)
    for number, raw in enumerate(form.items):
        try:
            yield _scan(form_of(raw), options)
        except (FormatError, SkipRecordError) as fault:
            problem = Problem(f"[{number}]", wording.title(fault.message))
            yield Scan(tool=TOOL, problems=(problem,))


def _scan(form: Form, options: ReadOptions) -> Scan:
    kind = form.head("check_type").text("check_type")
    results = form.inner("results")
    gathering = Gathering()
    failed, skipped, passed = (
        results.records(name) for name in ("failed_checks", "skipped_checks", "passed_checks")
    )
    read_failed = partial(_failed, options, kind)
    gathering.take_all("results.failed_checks", failed, read_failed)
    gathering.take_all("results.skipped_checks", skipped, partial(_skipped, options, kind))
    gathering.take_all("results.passed_checks", passed, partial(_passed, options))
    summary = form.head("summary").member("summary") if kind else form.head("checkov_version")
    errors = tuple(_errors(results.head("parsing_errors"), summary, options))
    counts = (summary.number(name) or 0 for name in ("resource_count", "passed", "failed"))
    return gathering.scan(
        TOOL,
        category=wording.name(kind),
        tool_version=summary.name("checkov_version"),
        is_successful=True if any(counts) and not errors else None,
        tool_errors=errors,
        is_partial="results" not in form.members,
    )


def _failed(options: ReadOptions, kind: str, raw: bytes, place: str) -> Observation:
    if kind == SECRETS:
        # the "resource" of a secret is its bare SHA-1, which could be reversed by trying
        found = secret_record_of(raw, options, secret=("resource",), drop=_QUOTES)
        seen = _check(options, found.record, place, FindingClass.SECRET)
        return replace(seen, secret_digest=found.digest)
    entry = record_of(raw, options)
    if kind in PACKAGES and isinstance(entry.at("vulnerability_details"), dict):
        return _vulnerability(options, entry, place)
    return _check(options, entry, place, FindingClass.CODE)


def _skipped(options: ReadOptions, kind: str, raw: bytes, place: str) -> Observation:
    """Read a check that a comment in the code, or the platform, suppresses."""
    return replace(_failed(options, kind, raw, place), is_suppressed=True)


def _passed(options: ReadOptions, raw: bytes, place: str) -> ControlEvidence:
    entry = record_of(raw, options)
    rule, resource = entry.name("check_id"), entry.name("resource")
    return ControlEvidence(TOOL, rule, "pass", resource, place)


def _check(
    options: ReadOptions, entry: Members, place: str, finding_class: FindingClass
) -> Observation:
    rule = entry.text("check_id")
    resource = entry.name("resource")
    why = entry.text("check_result", "suppress_comment")
    return observed(
        TOOL,
        rule,
        _grade(options, rule, entry.word("severity"), "severity"),
        entry.text("check_name"),
        record=place,
        raw=entry.raw,
        about=paragraphs(entry.text("description"), labelled("Suppressed", why)),
        help_url=entry.text("guideline"),
        finding_class=finding_class,
        locations=location(
            _path(entry),
            options,
            line=entry.line("file_line_range", 0),
            end_line=entry.line("file_line_range", 1),
            snippet=_code(entry),
        ),
        fingerprints=(("resource", resource),) if resource else (),
        resource=resource,
    )


def _vulnerability(options: ReadOptions, entry: Members, place: str) -> Observation:
    found = entry.member("vulnerability_details")
    rule = canonical_id(found.text("id")) or entry.text("check_id")
    type_ = purl_type(found.first("package_type", "package_registry"))
    namespace, name = split_name(type_, found.text("package_name"))
    version = found.name("package_version")
    word = found.word("severity") or entry.word("severity")
    fixed = found.first("lowest_fixed_version", "fix_version", "fixed_version")
    return observed(
        TOOL,
        rule,
        _grade(options, rule, word, "vulnerability_details.severity"),
        f"{rule} in {name} {version}".strip(),
        record=place,
        raw=entry.raw,
        about=found.text("description"),
        help_url=found.text("link"),
        finding_class=FindingClass.DEPENDENCY,
        locations=location(_path(entry), options, line=entry.line("file_line_range", 0)),
        vulnerability_ids=vulnerability_ids(rule) or (wording.name(rule),),
        package=Package(
            type_, name, namespace, version, fixed_version=wording.name(_bare_version(fixed))
        ),
        cvss=found.score("cvss"),
    )


def _grade(options: ReadOptions, rule: str, word: str, source: str) -> Grade:
    if not word or word.lower() == "none":
        default = SEVERITY_OF_SECRETS if rule.startswith(_RULES_OF_SECRETS) else DEFAULT_SEVERITY
        return graded(TOOL, rule, default, "default of the tool", options)
    return graded(TOOL, rule, word, source, options)


def _path(entry: Members) -> str:
    """Return the path below the scanned directory, which Checkov writes with a slash before it."""
    return entry.first("repo_file_path", "file_path").lstrip("/")


def _code(entry: Members) -> str:
    """Return the quoted code, which is a list of (number, line)."""
    return "".join(wording.scalar(pair.at(1)) for pair in entry.items("code_block"))


def _bare_version(text: str) -> str:
    """Return the version in a text like `fixed in 1.2.3, 2.0.1`."""
    return text.removeprefix("fixed in ").partition(",")[0].strip()


def _errors(results: Members, summary: Members, options: ReadOptions) -> Iterator[str]:
    paths = results.texts("parsing_errors")
    for path in paths:
        yield wording.title(options.redact(f"cannot parse {path}"))
    if not paths and (count := summary.integer("parsing_errors") or 0) > 0:
        yield f"cannot parse {count} file(s)"
