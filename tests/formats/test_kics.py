"""KICS' own JSON."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from support.native import only, scan


def file(**members: Any) -> dict[str, Any]:
    return {
        "file_name": "infra/main.tf",
        "similarity_id": "ab" * 32,
        "line": 4,
        "resource_type": "aws_s3_bucket",
        "resource_name": "data",
        "expected_value": "encrypted",
        "actual_value": "not encrypted",
    } | members


def query(*files: Any, **members: Any) -> dict[str, Any]:
    return {
        "query_name": "Bucket Without Encryption",
        "query_id": "568a4d22-0000",
        "query_url": "https://docs.example.invalid/s3",
        "severity": "HIGH",
        "cwe": "311",
        "description": "Data at rest is readable",
        "files": list(files),
    } | members


def document(*queries: Any, **members: Any) -> dict[str, Any]:
    return {
        "kics_version": "v2.1.3",
        "files_scanned": 3,
        "files_parsed": 3,
        "files_failed_to_scan": 0,
        "queries_total": 900,
        "queries_failed_to_execute": 0,
        "queries": list(queries),
        "end": "2026-11-20T10:00:00.5Z",
    } | members


def test_each_file_of_a_query_is_a_finding() -> None:
    one = scan("kics", document(query(file(), file(line=9, similarity_id="cd" * 32))))
    assert (one.tool_version, one.is_successful) == ("2.1.3", True)
    assert one.scanned_at is not None
    first, second = one.observations
    assert (first.rule, first.severity, first.cwes) == ("568a4d22-0000", Severity.HIGH, (311,))
    assert first.fingerprints != second.fingerprints
    assert first.resource == "aws_s3_bucket.data"
    assert "Expected: encrypted" in first.description
    assert second.record == "queries[0].files[1]"


def test_an_older_report_with_less_in_it_is_read() -> None:
    old = {"queries": [query({"file_name": "a.tf", "line": 1, "expected_value": None})]}
    seen = only("kics", old)
    assert (seen.locations[0].path, seen.fingerprints) == ("a.tf", ())


def test_credentials_in_code_are_secrets() -> None:
    found = query(file(), query_name="Passwords And Secrets - Generic Password")
    assert only("kics", document(found)).finding_class is FindingClass.SECRET


@pytest.mark.parametrize("name", ["files_failed_to_scan", "queries_failed_to_execute"])
def test_what_failed_makes_the_scan_incomplete(name: str) -> None:
    one = scan("kics", document(**{name: 2}))
    assert (len(one.tool_errors), one.is_successful) == (1, None)


def test_a_report_over_no_file_proves_nothing() -> None:
    assert scan("kics", document(files_parsed=0)).is_successful is None


def test_bad_queries_and_files_are_quarantined() -> None:
    one = scan("kics", document(query(file(), 3), "x", query(files={"a": 1})))
    assert [problem.where for problem in one.problems] == [
        "queries[0].files[1]",
        "queries[1]",
        "queries[2]",
    ]
    assert len(one.observations) == 1
