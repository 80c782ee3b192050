"""OCSF findings: Prowler's, and those of other classes and versions."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from support.reports import lines, only, only_scan, scans


def finding(**members: Any) -> dict[str, Any]:
    return {
        "class_uid": 2004,
        "activity_id": 1,
        "metadata": {
            "event_code": "iam_root_mfa",
            "product": {"name": "Prowler", "version": "5.4.0"},
            "version": "1.4.0",
        },
        "severity_id": 4,
        "severity": "High",
        "status": "New",
        "status_id": 1,
        "status_code": "FAIL",
        "status_detail": "Root has no MFA.",
        "finding_info": {"uid": "prowler-1", "title": "Root needs MFA", "desc": "Checks root."},
        "resources": [{"uid": "arn:aws:iam::1:root", "type": "AwsIamUser", "region": "eu-west-1"}],
        "cloud": {"account": {"uid": "1"}, "provider": "aws", "region": "eu-west-1"},
        "remediation": {"desc": "Set it.", "references": ["aws iam x", "https://docs.example/x"]},
        "time_dt": "2026-11-20T10:00:00",
    } | members


@pytest.mark.parametrize("content", [[finding()], {"Findings": [finding()]}, lines(finding())])
def test_all_outer_forms_are_read(content: Any) -> None:
    seen = only(content, "ocsf")
    assert seen.finding_class is FindingClass.CLOUD
    assert (seen.tool, seen.rule) == ("Prowler", "iam_root_mfa")
    assert (seen.severity, seen.severity_raw) == (Severity.HIGH, "High")
    assert seen.resource == "arn:aws:iam::1:root"
    assert seen.help_url == "https://docs.example/x"


def test_only_the_status_code_tells_a_pass() -> None:
    scan = only_scan(
        [
            finding(),
            finding(status_code="PASS"),
            finding(status_code="MANUAL"),
            finding(status="Suppressed"),
            finding(status="Resolved"),
            finding(activity_id=3),
        ],
        "ocsf",
    )
    assert [proof.rule for proof in scan.evidence] == ["iam_root_mfa"]
    assert scan.absent == 2
    assert [seen.needs_triage for seen in scan.observations] == [False, True, False]
    assert [seen.is_suppressed for seen in scan.observations] == [False, False, True]
    assert scan.rules == frozenset({"iam_root_mfa"})


def test_a_word_for_the_status_beats_its_number() -> None:
    assert not only([finding(status="New", status_id=3)], "ocsf").is_suppressed
    assert only([finding(status=None, status_id=3)], "ocsf").is_suppressed


def test_placeholders_are_nobodys_id() -> None:
    seen = only(
        [
            finding(
                finding_info={"uid": "<finding_uid>", "title": "t"},
                resources=[{"uid": "<resource_uid>", "name": "<resource_name>", "type": "Other"}],
                cloud={"account": {"uid": "<account_uid>"}, "region": "<region>"},
            )
        ],
        "ocsf",
    )
    assert (seen.fingerprints, seen.resource) == ((), "")


def test_a_record_without_event_code_is_known_by_its_message() -> None:
    bare = finding(metadata={"version": "1.4.0"}, finding_info={"uid": "<x>"}, message="No MFA")
    assert only([bare], "ocsf").rule == "No MFA"


def test_a_compliance_finding_says_so_itself() -> None:
    failed = finding(
        class_uid=2003, status_code="", compliance={"status": "Fail", "control": "1.1"}
    )
    passed = finding(class_uid=2003, status_code="", compliance={"status": "Pass"})
    scan = only_scan([failed, passed], "ocsf")
    assert (len(scan.observations), len(scan.evidence)) == (1, 1)


def test_the_form_of_prowler_3_is_read() -> None:
    def old(status: str) -> dict[str, Any]:
        return {
            "class_uid": 2001,
            "metadata": {"product": {"name": "Prowler", "feature": {"uid": "s3_public"}}},
            "finding": {"uid": "1", "title": "No public buckets"},
            "severity": "High",
            "status": status,
            "compliance": {"status": status},
            "resources": [{"uid": "arn:aws:s3:::b"}],
        }

    scan = only_scan([old("Failure"), old("Success")], "ocsf")
    assert [seen.rule for seen in scan.observations] == ["s3_public"]
    assert [proof.status for proof in scan.evidence] == ["pass"]


def test_a_vulnerability_finding_is_one_of_a_package() -> None:
    seen = only(
        [
            finding(
                class_uid=2002,
                metadata={"product": {"name": "Scan"}, "version": "1.1.0"},
                status_code="",
                vulnerabilities=[
                    {
                        "cve": {
                            "uid": "CVE-2026-0003",
                            "cvss": [{"base_score": 9.1}],
                            "epss": {"score": "0.5"},
                            "related_cwes": [{"uid": "CWE-79"}],
                        },
                        "affected_packages": [
                            {"name": "requests", "version": "2.0", "package_manager": "pip",
                             "fixed_in_version": "2.1", "purl": "pkg:pypi/requests@2.0"}
                        ],
                    }
                ],
            )
        ],
        "ocsf",
    )  # fmt: skip
    assert seen.finding_class is FindingClass.DEPENDENCY
    assert seen.vulnerability_ids == ("CVE-2026-0003",)
    assert seen.package is not None
    assert (seen.package.name, seen.package.fixed_version) == ("requests", "2.1")
    assert (seen.cvss, seen.epss, seen.cwes) == (9.1, 0.5, (79,))


def test_the_first_class_with_its_single_resource_is_read() -> None:
    old = {
        "class_uid": 2001,
        "metadata": {"product": {"name": "Old"}, "version": "1.0.0"},
        "finding": {"uid": "1", "title": "Open port"},
        "severity_id": 6,
        "resources": [{"uid": "sg-1"}],
        "cloud": {"account_uid": "7", "region": "eu-west-1"},
    }
    scan = only_scan([old], "ocsf")
    (seen,) = scan.observations
    assert (scan.asset, seen.resource) == ("7", "eu-west-1/sg-1")
    assert seen.severity is Severity.CRITICAL


def test_a_bad_record_is_quarantined() -> None:
    found = scans([finding(), [], {"class_uid": 2004}], "ocsf")
    assert sum(len(scan.problems) for scan in found) == 2
    assert all(scan.is_partial for scan in found if scan.observations)
