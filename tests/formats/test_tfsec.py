"""tfsec's own JSON of all ages."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.severity import Severity
from support.native import detected, only, scan


def result(**members: Any) -> dict[str, Any]:
    return {
        "rule_id": "AVD-AWS-0086",
        "long_id": "aws-s3-block-public-acls",
        "rule_description": "Public ACLs are not blocked",
        "rule_provider": "aws",
        "links": ["https://aquasecurity.github.io/tfsec/s3", "https://registry.example.invalid"],
        "description": "No public access block",
        "severity": "HIGH",
        "status": 0,
        "resource": "aws_s3_bucket.data",
        "location": {"filename": "main.tf", "start_line": 3, "end_line": 9},
    } | members


def test_a_failed_check_is_known_by_its_resource() -> None:
    seen = only("tfsec", {"results": [result()]})
    assert (seen.rule, seen.severity) == ("aws-s3-block-public-acls", Severity.HIGH)
    assert seen.fingerprints == (("resource", "aws_s3_bucket.data"),)
    assert (seen.locations[0].line, seen.locations[0].end_line) == (3, 9)
    assert seen.help_url == "https://aquasecurity.github.io/tfsec/s3"


def test_the_oldest_form_names_its_resource_in_a_sentence() -> None:
    old = {
        "rule_id": "AWS002",
        "link": "See https://tfsec.dev/docs/aws/AWS002/ for more information.",
        "location": {"filename": "main.tf", "start_line": 3, "end_line": 9},
        "description": "Resource 'module.a:aws_s3_bucket.data' has no logging.",
        "severity": "WARNING",
        "passed": False,
    }
    seen = only("tfsec", {"results": [old]})
    assert (seen.rule, seen.resource) == ("AWS002", "module.a:aws_s3_bucket.data")
    assert seen.help_url == "https://tfsec.dev/docs/aws/AWS002/"
    assert seen.severity is Severity.MEDIUM


@pytest.mark.parametrize(
    ("members", "evidence", "suppressed"),
    [
        ({"status": "passed"}, 1, []),
        ({"status": 1}, 1, []),
        ({"passed": True, "status": None}, 1, []),
        ({"status": "failed"}, 0, [False]),
        ({"status": 2}, 0, [True]),
        ({"status": "ignored"}, 0, [True]),
    ],
)
def test_passed_is_evidence_and_ignored_is_suppressed(
    members: dict[str, Any], evidence: int, suppressed: list[bool]
) -> None:
    one = scan("tfsec", {"results": [result(**members)]})
    assert len(one.evidence) == evidence
    assert [seen.is_suppressed for seen in one.observations] == suppressed


def test_no_results_prove_nothing() -> None:
    one = scan("tfsec", {"results": None})
    assert (one.observations, one.evidence, one.is_successful) == ((), (), None)


def test_a_bad_record_is_quarantined() -> None:
    one = scan("tfsec", {"results": [result(), {"description": "no rule"}]})
    assert [problem.where for problem in one.problems] == ["results[1]"]


def test_results_of_another_tool_are_not_taken() -> None:
    assert detected({"results": [{"source": {"path": "x"}, "packages": []}]}) != "tfsec"
    assert detected({"results": [result()], "other": 1}) != "tfsec"
