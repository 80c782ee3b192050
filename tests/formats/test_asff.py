"""AWS Security Finding Format: forms, states, products, identity."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from support.reports import lines, only, only_scan, scans

INSTANCE = "arn:aws:ec2:eu-west-1:111122223333:instance/i-0abc"


def finding(**members: Any) -> dict[str, Any]:
    return {
        "SchemaVersion": "2018-10-08",
        "Id": "arn:aws:securityhub:eu-west-1:111122223333:finding/1",
        "ProductArn": "arn:aws:securityhub:eu-west-1::product/aws/securityhub",
        "ProductName": "Security Hub",
        "GeneratorId": "aws-foundational-security-best-practices/v/1.0.0/S3.8",
        "AwsAccountId": "111122223333",
        "Region": "eu-west-1",
        "Types": ["Software and Configuration Checks"],
        "Title": "S3.8 Buckets should block public access",
        "Description": "The bucket is open.",
        "Severity": {"Label": "HIGH", "Normalized": 70},
        "Resources": [{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::ledger", "Tags": {"mail": "x"}}],
        "Compliance": {"Status": "FAILED"},
        "Workflow": {"Status": "NEW"},
        "RecordState": "ACTIVE",
    } | members


def vulnerability(**members: Any) -> dict[str, Any]:
    return finding(
        ProductArn="arn:aws:securityhub:eu-west-1::product/aws/inspector",
        ProductName="Inspector",
        GeneratorId="AWSInspector",
        Title="CVE-2026-0001 - openssl",
        Compliance={},
        Resources=[{"Type": "AwsEc2Instance", "Id": INSTANCE}],
        ProductFields={"aws/inspector/resources/1/details/platform": "DEBIAN_12"},
        Vulnerabilities=[
            {
                "Id": "CVE-2026-0001",
                "RelatedVulnerabilities": ["GHSA-2222-3333-4444", "CVE-2020-9999"],
                "VulnerablePackages": [
                    {"Name": "openssl", "Version": "3.0", "Release": "1", "PackageManager": "OS",
                     "FixedInVersion": "3.1", "FilePath": "usr/lib/ssl"},
                    {"Name": "libssl", "Version": "3.0", "PackageManager": "OS"},
                ],
                "Cvss": [
                    {"BaseScore": 5.0, "Version": "2.0", "Source": "NVD"},
                    {"BaseScore": "8.1", "Version": "3.1", "Source": "NVD"},
                    {"BaseScore": 9.9, "Version": "3.1", "Source": "VENDOR"},
                ],
                "EpssScore": "0.25",
            }
        ],
    ) | members  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        [finding()],
        {"Findings": [finding()]},
        {"findings": [finding()], "NextToken": "x"},
        lines(finding()),
    ],
)
def test_all_outer_forms_are_read(content: Any) -> None:
    seen = only(content, "asff")
    assert seen.finding_class is FindingClass.CLOUD
    assert seen.rule == "aws-foundational-security-best-practices/S3.8"
    assert seen.resource == "arn:aws:s3:::ledger"
    assert (seen.severity, seen.severity_raw) == (Severity.HIGH, "HIGH")


def test_accounts_products_and_regions_are_scans_of_their_own() -> None:
    found = scans(
        [finding(), finding(AwsAccountId="9"), finding(Region="us-east-1"), vulnerability()], "asff"
    )
    assert [(scan.tool, scan.asset, scan.category) for scan in found] == [
        ("Security Hub", "111122223333", "eu-west-1"),
        ("Security Hub", "9", "eu-west-1"),
        ("Security Hub", "111122223333", "us-east-1"),
        ("Amazon Inspector", "111122223333", "eu-west-1"),
    ]


def test_what_passed_is_evidence_and_what_is_resolved_is_absent() -> None:
    scan = only_scan(
        [
            finding(Compliance={"Status": "PASSED"}),
            finding(
                Compliance={
                    "Status": "PASSED",
                    "StatusReasons": [{"ReasonCode": "CONFIG_EVALUATIONS_EMPTY"}],
                }
            ),
            finding(Workflow={"Status": "RESOLVED"}),
            finding(RecordState="ARCHIVED"),
            finding(Workflow={"Status": "SUPPRESSED"}),
            finding(Compliance={"Status": "WARNING"}),
        ],
        "asff",
    )
    assert [proof.status for proof in scan.evidence] == ["pass", "not_applicable"]
    assert scan.absent == 2
    assert [seen.is_suppressed for seen in scan.observations] == [True, False]
    assert [seen.needs_triage for seen in scan.observations] == [False, True]


def test_a_vulnerability_is_one_of_a_package_on_its_workload() -> None:
    seen = only([vulnerability()], "asff")
    assert seen.finding_class is FindingClass.DEPENDENCY
    assert seen.vulnerability_ids == ("CVE-2026-0001", "GHSA-2222-3333-4444")
    assert seen.asset == "i-0abc"
    assert seen.package is not None
    assert (seen.package.type, seen.package.namespace, seen.package.name) == (
        "deb", "debian", "openssl",
    )  # fmt: skip
    assert (seen.package.version, seen.package.fixed_version) == ("3.0-1", "3.1")
    assert seen.package.layer == "os"
    assert (seen.cvss, seen.epss) == (8.1, 0.25)
    assert "libssl" in seen.description


def test_an_image_is_called_as_in_its_registry() -> None:
    arn = "arn:aws:ecr:eu-west-1:111122223333:repository/bank/app/sha256:" + "ab" * 32
    seen = only([vulnerability(Resources=[{"Type": "AwsEcrContainerImage", "Id": arn}])], "asff")
    assert seen.asset == "111122223333.dkr.ecr.eu-west-1.amazonaws.com/bank/app"


def test_a_vulnerability_without_details_is_named_by_its_title() -> None:
    seen = only([vulnerability(Vulnerabilities=[])], "asff")
    assert seen.vulnerability_ids == ("CVE-2026-0001",)
    assert seen.package is not None
    assert seen.package.name == "openssl"


def test_a_detector_is_no_rule_but_its_type_of_threat_is() -> None:
    seen = only(
        [
            finding(
                ProductArn="arn:aws:securityhub:eu-west-1::product/aws/guardduty",
                GeneratorId="arn:aws:guardduty:eu-west-1:111122223333:detector/d1",
                Types=["TTPs/Discovery/Recon:EC2-Portscan"],
            )
        ],
        "asff",
    )
    assert seen.rule == "Recon:EC2-Portscan"


def test_an_account_checked_in_two_regions_is_two_resources() -> None:
    def of(region: str) -> dict[str, Any]:
        return finding(Region=region, Resources=[{"Type": "Other", "Id": "111122223333"}])

    found = scans([of("eu-west-1"), of("us-east-1")], "asff")
    assert [scan.observations[0].resource for scan in found] == [
        "eu-west-1/111122223333",
        "us-east-1/111122223333",
    ]


@pytest.mark.parametrize(
    ("severity", "expected"),
    [
        ({"Label": "INFORMATIONAL"}, Severity.INFO),
        ({"Normalized": 95}, Severity.CRITICAL),
        ({"Normalized": "40"}, Severity.MEDIUM),
        ({"Normalized": 1}, Severity.LOW),
        ({}, Severity.MEDIUM),
    ],
)
def test_the_label_counts_and_else_the_normalised_number(
    severity: dict[str, Any], expected: Severity
) -> None:
    assert only([finding(Severity=severity)], "asff").severity is expected


def test_a_record_that_cannot_be_read_leaves_no_scan_complete() -> None:
    found = scans([finding(), 7, {"ProductArn": "x"}], "asff")
    assert [scan.is_partial for scan in found] == [True, True]
    assert [[problem.where for problem in scan.problems] for scan in found] == [["[1]"], ["[2]"]]


def test_tags_are_not_kept_and_no_findings_are_no_scan_gone_wrong() -> None:
    assert b"Tags" not in only([finding()], "asff").raw
    scan = only_scan({"Findings": []}, "asff")
    assert (scan.observations, scan.problems, scan.is_successful) == ((), (), None)


def test_raw_is_the_record() -> None:
    raw = json.loads(only([finding()], "asff").raw)
    assert raw["Id"].endswith("finding/1")


def test_one_page_of_several_is_incomplete() -> None:
    page = {"Findings": [finding()], "NextToken": "abc"}
    assert only_scan(page, "asff").is_partial
    assert not only_scan(page | {"NextToken": None}, "asff").is_partial
    told = finding(Description='"NextToken": "abc"')
    assert not only_scan({"Findings": [told]}, "asff").is_partial
