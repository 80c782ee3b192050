"""Reports of the Trivy Operator: kinds, forms, scopes."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from support.reports import lines, only, only_scan, scans


def resource(kind: str, report: Any, namespace: str = "bank", **members: Any) -> dict[str, Any]:
    return {
        "apiVersion": "aquasecurity.github.io/v1alpha1",
        "kind": kind,
        "metadata": {
            "name": "r",
            "namespace": namespace,
            "labels": {
                "trivy-operator.resource.kind": "ReplicaSet",
                "trivy-operator.resource.name": "pay-5d4f8c9b7d",
                "trivy-operator.resource.namespace": namespace,
                "trivy-operator.container.name": "app",
            },
        },
        "report": report,
    } | members


def vulnerabilities(*found: Any, **members: Any) -> dict[str, Any]:
    return {
        "artifact": {"repository": "bank/app", "tag": "1.2"},
        "registry": {"server": "registry.example.invalid"},
        "scanner": {"name": "Trivy", "version": "0.50.0"},
        "updateTimestamp": "2026-11-20T10:00:00Z",
        "vulnerabilities": list(found),
    } | members


def vulnerability(**members: Any) -> dict[str, Any]:
    return {
        "vulnerabilityID": "CVE-2026-0001",
        "resource": "openssl",
        "installedVersion": "3.0-1",
        "fixedVersion": "3.0-2",
        "severity": "HIGH",
        "score": 7.4,
        "title": "A flaw",
        "target": "app (debian 12)",
        "class": "os-pkgs",
        "packageType": "debian",
        "primaryLink": "https://avd.example/1",
    } | members


def check(*, success: bool = False, **members: Any) -> dict[str, Any]:
    return {
        "checkID": "KSV014", "title": "Root file system", "severity": "LOW", "success": success,
        "messages": ["Container app writes"], "description": "d",
    } | members  # fmt: skip


def test_a_vulnerability_is_known_by_image_and_package() -> None:
    scan = only_scan(
        resource("VulnerabilityReport", vulnerabilities(vulnerability())), "trivy-operator"
    )
    assert (scan.tool, scan.tool_version, scan.is_successful) == ("Trivy", "0.50.0", True)
    assert scan.category == "vulnerabilities bank/ReplicaSet/pay app"
    (seen,) = scan.observations
    assert seen.asset == "registry.example.invalid/bank/app"
    assert seen.package is not None
    assert (seen.package.type, seen.package.layer, seen.package.fixed_version) == (
        "deb", "os", "3.0-2",
    )  # fmt: skip
    assert (seen.cvss, seen.severity) == (7.4, Severity.HIGH)
    assert seen.resource == "bank/ReplicaSet/pay"


def test_an_image_of_the_hub_is_called_as_people_call_it() -> None:
    report = vulnerabilities(
        vulnerability(),
        registry={"server": "index.docker.io"},
        artifact={"repository": "library/nginx"},
    )
    assert only(resource("VulnerabilityReport", report), "trivy-operator").asset == "nginx"


def test_a_failed_check_is_a_finding_of_its_workload_and_a_passed_one_evidence() -> None:
    for kind in ("ConfigAuditReport", "RbacAssessmentReport", "ClusterInfraAssessmentReport"):
        scan = only_scan(
            resource(kind, {"checks": [check(), check(success=True)]}), "trivy-operator"
        )
        (seen,) = scan.observations
        assert seen.finding_class is FindingClass.CLOUD
        assert (seen.rule, seen.resource) == ("KSV014", "bank/ReplicaSet/pay")
        assert seen.description.startswith("Container app writes")
        assert [proof.status for proof in scan.evidence] == ["pass"]


def test_a_secret_does_not_leave() -> None:
    value = "hunter" + "2-and-more-of-it"
    secret = {"ruleID": "key", "title": "A key", "severity": "CRITICAL", "target": "etc/x",
              "match": f"key = {value}"}  # fmt: skip
    seen = only(resource("ExposedSecretReport", {"secrets": [secret]}), "trivy-operator")
    assert seen.finding_class is FindingClass.SECRET
    assert seen.locations[0].path == "etc/x"
    assert value not in repr(seen)


def compliance(**status: Any) -> dict[str, Any]:
    return resource(
        "ClusterComplianceReport",
        None,
        metadata={"name": "cis"},
        spec={"compliance": {"id": "cis", "controls": [
            {"id": "1.1", "name": "Files", "severity": "HIGH", "description": "About files"}]}},
        status=status,
    )  # fmt: skip


def test_a_compliance_report_in_detail_and_as_a_summary() -> None:
    results = [
        {"id": "1.1", "name": "Files", "severity": "HIGH",
         "checks": [check(severity="", target="/node-1"), check(success=True)]},
        {"id": "1.2", "name": "None", "checks": None},
    ]  # fmt: skip
    detail = only_scan(compliance(detailReport={"results": results}), "trivy-operator")
    (seen,) = detail.observations
    assert (seen.rule, seen.resource) == ("cis 1.1 KSV014", "node-1")
    assert (seen.severity, seen.severity_source) == (Severity.HIGH, "control.severity")
    assert seen.pillar is Pillar.COMPLIANCE_AUTOMATION
    assert len(detail.evidence) == 1
    controls = [{"id": "1.1", "totalFail": 3}, {"id": "1.2", "totalFail": 0}, {"id": "1.3"}]
    summary = only_scan(compliance(summaryReport={"controlCheck": controls}), "trivy-operator")
    assert [seen.title for seen in summary.observations] == ["Files"]
    assert [proof.status for proof in summary.evidence] == ["pass", "not_applicable"]


def both() -> list[Any]:
    return [
        resource("VulnerabilityReport", vulnerabilities(vulnerability())),
        resource("ConfigAuditReport", {"checks": [check()]}),
        resource("ConfigAuditReport", {"checks": [check()]}, namespace="test"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        both(),
        lines(*both()),
        {"apiVersion": "v1", "kind": "List", "items": both()},
        {
            "vulnerabilityreports.aquasecurity.github.io": both()[:1],
            "configauditreports.aquasecurity.github.io": both()[1:],
            "sbomreports.aquasecurity.github.io": [],
            "rbacassessmentreports.aquasecurity.github.io": None,
        },
    ],
)
def test_many_reports_are_scans_by_kind_and_namespace(content: Any) -> None:
    assert [
        (scan.category, len(scan.observations)) for scan in scans(content, "trivy-operator")
    ] == [
        ("vulnerabilities bank", 1),
        ("misconfigurations bank", 1),
        ("misconfigurations test", 1),
    ]


def test_an_empty_report_proves_the_scan_and_a_bad_record_is_quarantined() -> None:
    empty = only_scan(resource("VulnerabilityReport", vulnerabilities()), "trivy-operator")
    assert (empty.observations, empty.is_successful) == ((), True)
    bad = only_scan(
        resource("VulnerabilityReport", vulnerabilities({"severity": "LOW"}, 7)), "trivy-operator"
    )
    assert len(bad.problems) == 2
