"""Prowler's own JSON and CSV."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from riskcockpit.domain.severity import Severity
from support.reports import format_of, only, only_scan, scans

HEADER = (
    "AUTH_METHOD;TIMESTAMP;ACCOUNT_UID;ACCOUNT_EMAIL;FINDING_UID;PROVIDER;CHECK_ID;CHECK_TITLE;"
    "STATUS;STATUS_EXTENDED;MUTED;SEVERITY;RESOURCE_UID;REGION;RELATED_URL;PROWLER_VERSION"
)


def row(status: str = "FAIL", uid: str = "arn:aws:s3:::b", muted: str = "False") -> str:
    return (
        f"profile;2026-11-20 10:00:00;1;a@b.example;u-{uid};aws;s3_public;No public buckets;"
        f"{status};{uid} is public;{muted};high;{uid};eu-west-1;https://docs.example/s3;5.4.0"
    )


def table(*rows: str) -> str:
    return "\n".join((HEADER, *rows)) + "\n"


def record(**members: Any) -> dict[str, Any]:
    return {
        "AssessmentStartTime": "2026-11-20T10:00:00",
        "FindingUniqueId": "prowler-aws-s3_public-1-eu-west-1-b",
        "Provider": "aws",
        "CheckID": "s3_public",
        "CheckTitle": "No public buckets",
        "ServiceName": "s3",
        "Status": "FAIL",
        "StatusExtended": "b is public",
        "Severity": "high",
        "AccountId": "1",
        "Region": "eu-west-1",
        "ResourceId": "b",
        "ResourceArn": "arn:aws:s3:::b",
        "Remediation": {"Recommendation": {"Text": "Close it.", "Url": "https://docs.example/s3"}},
    } | members


@pytest.mark.parametrize("content", [table(row()), [record()]])
def test_both_forms_give_the_same_finding(content: Any) -> None:
    scan = only_scan(content, "prowler")
    assert (scan.asset, scan.category) == ("1", "aws eu-west-1")
    assert scan.scanned_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    (seen,) = scan.observations
    assert (seen.rule, seen.resource) == ("s3_public", "arn:aws:s3:::b")
    assert (seen.title, seen.severity) == ("No public buckets", Severity.HIGH)
    assert seen.help_url == "https://docs.example/s3"


def test_states_of_a_check() -> None:
    scan = only_scan(
        table(row(), row("PASS"), row("MANUAL"), row(muted="True"), row("INFO"), row("WARNING")),
        "prowler",
    )
    assert [proof.status for proof in scan.evidence] == ["pass"]
    assert [seen.needs_triage for seen in scan.observations] == [False, True, False, True, False]
    assert [seen.is_suppressed for seen in scan.observations] == [False, False, True, False, True]
    assert scan.rules == frozenset({"s3_public"})
    assert scan.tool_version == "5.4.0"


def test_a_report_of_nothing_but_failures_does_not_list_its_rules() -> None:
    assert only_scan(table(row()), "prowler").rules is None


def test_people_and_placeholders_are_left_out() -> None:
    seen = only(table(row(uid="<resource_uid>")), "prowler")
    assert (seen.resource, seen.fingerprints) == ("", ())
    assert b"a@b.example" not in seen.raw


def test_a_row_that_cannot_be_read_is_quarantined() -> None:
    found = scans(table(row(), ";".join("x" * 20), "a;b"), "prowler")
    assert sum(len(scan.problems) for scan in found) == 2


def test_a_header_alone_is_no_finding_and_another_table_is_not_prowlers() -> None:
    assert only_scan(HEADER, "prowler").observations == ()
    assert format_of("title;severity;status\nx;high;open\n") == "generic-csv"
