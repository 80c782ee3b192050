"""Checkov's own JSON in its three forms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from support.native import only, scan, scans


def check(**members: Any) -> dict[str, Any]:
    return {
        "check_id": "CKV_AWS_20",
        "check_name": "The bucket is not public",
        "check_result": {"result": "FAILED"},
        "code_block": [[3, 'resource "x" "y" {\n'], [4, "}\n"]],
        "file_path": "/main.tf",
        "repo_file_path": "/infra/main.tf",
        "file_line_range": [3, 4],
        "resource": "x.y",
        "severity": None,
        "guideline": "https://docs.example.invalid/s3",
    } | members


def report(
    *failed: Any, kind: str = "terraform", summary: Any = None, **results: Any
) -> dict[str, Any]:
    counts = {"passed": 1, "failed": len(failed), "parsing_errors": 0, "checkov_version": "3.3.30"}
    return {
        "check_type": kind,
        "results": {"failed_checks": list(failed)} | results,
        "summary": summary or counts,
    }


def test_a_failed_check_is_known_by_its_resource() -> None:
    one = scan("checkov", report(check()))
    (seen,) = one.observations
    assert (one.category, one.tool_version, one.is_successful) == ("terraform", "3.3.30", True)
    assert (seen.finding_class, seen.rule) == (FindingClass.CODE, "CKV_AWS_20")
    assert seen.fingerprints == (("resource", "x.y"),)
    place = seen.locations[0]
    assert (place.path, place.line, place.end_line) == ("infra/main.tf", 3, 4)
    assert place.snippet == 'resource "x" "y" {\n}\n'


@pytest.mark.parametrize(
    ("word", "severity", "source"),
    [
        (None, Severity.MEDIUM, "default of the tool"),
        ("NONE", Severity.MEDIUM, "default of the tool"),
        ("CRITICAL", Severity.CRITICAL, "severity"),
        ("odd", Severity.MEDIUM, "severity is not known"),
    ],
)
def test_a_check_without_severity_has_the_default(
    word: str | None, severity: Severity, source: str
) -> None:
    seen = only("checkov", report(check(severity=word)))
    assert (seen.severity, seen.severity_source) == (severity, source)


def test_checks_that_passed_are_evidence_and_skipped_ones_are_suppressed() -> None:
    skipped = check(check_result={"result": "SKIPPED", "suppress_comment": "a public website"})
    one = scan("checkov", report(check(), passed_checks=[check()], skipped_checks=[skipped]))
    assert [proof.status for proof in one.evidence] == ["pass"]
    assert [seen.is_suppressed for seen in one.observations] == [False, True]
    assert "a public website" in one.observations[1].description


def test_each_kind_of_check_is_a_scan_of_its_own() -> None:
    found = scans("checkov", [report(check()), report(check(), kind="dockerfile")])
    assert [one.category for one in found] == ["terraform", "dockerfile"]


def test_a_bare_summary_proves_nothing() -> None:
    summary = {"passed": 0, "failed": 0, "resource_count": 0, "checkov_version": "2.1.269"}
    one = scan("checkov", summary)
    assert (one.observations, one.is_successful, one.is_partial) == ((), None, True)
    assert one.tool_version == "2.1.269"


@pytest.mark.parametrize("named", [True, False])
def test_files_that_could_not_be_parsed_make_the_scan_incomplete(named: bool) -> None:
    counts = {"passed": 9, "parsing_errors": 1, "checkov_version": "3"}
    listed = ["/broken.tf"] if named else []
    one = scan("checkov", report(check(), summary=counts, parsing_errors=listed))
    assert len(one.tool_errors) == 1
    assert one.is_successful is None


def test_the_hash_of_a_found_secret_is_not_kept() -> None:
    digest = "ee008e0c" * 5  # as Checkov writes it: the bare SHA-1
    found = check(resource=digest, check_id="CKV_SECRET_6", added_by="one@example.invalid")
    seen = only("checkov", report(found, kind="secrets"))
    assert seen.finding_class is FindingClass.SECRET
    assert seen.secret_digest
    assert digest not in repr(seen)
    assert "one@example.invalid" not in repr(seen)


def test_a_vulnerable_package_is_a_dependency() -> None:
    details = {
        "id": "CVE-2026-0007",
        "package_name": "bank-forms",
        "package_version": "1.2",
        "severity": "high",
        "cvss": 8.1,
        "lowest_fixed_version": "1.3",
        "package_type": "python",
    }
    found = check(check_id="CKV_CVE_2026_0007", vulnerability_details=details)
    seen = only("checkov", report(found, kind="sca_package"))
    assert seen.finding_class is FindingClass.DEPENDENCY
    assert (seen.rule, seen.cvss, seen.severity) == ("CVE-2026-0007", 8.1, Severity.HIGH)
    assert seen.package is not None
    assert (seen.package.type, seen.package.fixed_version) == ("pypi", "1.3")


def test_bad_records_and_bad_reports_are_quarantined() -> None:
    found = scans("checkov", [report(check(), "x", {"resource": "y"}), 7])
    assert [len(one.observations) for one in found] == [1, 0]
    assert [len(one.problems) for one in found] == [2, 1]


def test_raw_records_are_json() -> None:
    assert json.loads(only("checkov", report(check())).raw)["resource"] == "x.y"


def test_a_secret_without_severity_is_high_in_both_forms() -> None:
    own = only("checkov", report(check(check_id="CKV_SECRET_6"), kind="secrets"))
    rule = {"id": "CKV_SECRET_6"}
    result = {"ruleId": "CKV_SECRET_6", "level": "error", "message": {"text": "A secret"}}
    driver = {"name": "Checkov", "rules": [rule]}
    log = {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": [result]}]}
    assert (own.severity, only("sarif", log).severity) == (Severity.HIGH, Severity.HIGH)
