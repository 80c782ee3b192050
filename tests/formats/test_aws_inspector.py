"""Amazon Inspector's own findings."""

from __future__ import annotations

from typing import Any

from riskcockpit.domain.finding import FindingClass
from support.reports import format_of, only, only_scan, scans

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:score:$LATEST"


def finding(**members: Any) -> dict[str, Any]:
    return {
        "awsAccountId": "111122223333",
        "findingArn": "arn:aws:inspector2:eu-west-1:111122223333:finding/1",
        "type": "PACKAGE_VULNERABILITY",
        "title": "CVE-2026-0002 - requests",
        "description": "A flaw.",
        "severity": "HIGH",
        "status": "ACTIVE",
        "inspectorScore": 7.5,
        "epss": {"score": 0.1},
        "resources": [
            {"type": "AWS_LAMBDA_FUNCTION", "id": FUNCTION, "region": "eu-west-1",
             "tags": {"owner_email": "x"}, "details": {"awsLambdaFunction": {"author": "x"}}}
        ],
        "packageVulnerabilityDetails": {
            "vulnerabilityId": "CVE-2026-0002",
            "sourceUrl": "https://nvd.nist.gov/vuln/detail/CVE-2026-0002",
            "vulnerablePackages": [
                {"name": "requests", "version": "2.30.0", "packageManager": "PYTHONPKG",
                 "filePath": "requirements.txt", "fixedInVersion": "2.32.4"}
            ],
        },
    } | members  # fmt: skip


def test_a_package_is_read_on_the_function_that_holds_it() -> None:
    seen = only({"findings": [finding()]}, "aws-inspector")
    assert seen.finding_class is FindingClass.DEPENDENCY
    assert (seen.asset, seen.rule) == ("score", "CVE-2026-0002")
    assert seen.package is not None
    assert (seen.package.type, seen.package.name, seen.package.layer) == (
        "pypi", "requests", "lang",
    )  # fmt: skip
    assert (seen.cvss, seen.epss) == (7.5, 0.1)
    assert seen.help_url == "https://nvd.nist.gov/vuln/detail/CVE-2026-0002"
    assert b"owner_email" not in seen.raw
    assert b"author" not in seen.raw


def test_closed_is_absent_and_suppressed_stays_visible() -> None:
    scan = only_scan(
        {"findings": [finding(status="CLOSED"), finding(status="SUPPRESSED")]}, "aws-inspector"
    )
    assert scan.absent == 1
    assert [seen.is_suppressed for seen in scan.observations] == [True]


def test_packages_code_and_network_never_close_each_other() -> None:
    code = finding(
        type="CODE_VULNERABILITY",
        packageVulnerabilityDetails=None,
        codeVulnerabilityDetails={
            "detectorId": "python/sql-injection@v1.0",
            "cwes": ["CWE-89"],
            "filePath": {"filePath": "src/app.py", "startLine": 4, "endLine": 6},
        },
    )
    network = finding(
        type="NETWORK_REACHABILITY",
        packageVulnerabilityDetails=None,
        networkReachabilityDetails={
            "protocol": "TCP", "openPortRange": {"begin": 22, "end": 22},
        },
    )  # fmt: skip
    found = scans({"findings": [finding(), code, network]}, "aws-inspector")
    assert [scan.category for scan in found] == [
        "packages eu-west-1", "code eu-west-1", "network eu-west-1",
    ]  # fmt: skip
    in_code, in_network = found[1].observations[0], found[2].observations[0]
    assert in_code.finding_class is FindingClass.CODE
    assert (in_code.rule, in_code.cwes) == ("python/sql-injection", (89,))
    assert (in_code.locations[0].path, in_code.locations[0].line) == ("src/app.py", 4)
    assert in_network.finding_class is FindingClass.CLOUD
    assert in_network.rule == "NETWORK_REACHABILITY tcp/22"


def test_an_answer_without_findings_is_read_and_proves_nothing() -> None:
    scan = only_scan({"findings": []}, "aws-inspector")
    assert (scan.observations, scan.is_successful) == ((), None)


def test_generic_findings_are_not_taken_for_it() -> None:
    assert format_of({"findings": [{"title": "x", "severity": "low"}]}) == "generic-json"
    assert format_of({"tool": "x", "findings": []}) == "generic-json"


def test_a_bad_record_is_quarantined() -> None:
    found = scans({"findings": [finding(), {"awsAccountId": "1"}, "x"]}, "aws-inspector")
    assert sum(len(scan.problems) for scan in found) == 2
    assert sum(len(scan.observations) for scan in found) == 1


def test_one_page_of_several_is_incomplete() -> None:
    page = {"findings": [finding()], "nextToken": "abc"}
    assert only_scan(page, "aws-inspector").is_partial
    assert not only_scan(page | {"nextToken": None}, "aws-inspector").is_partial
