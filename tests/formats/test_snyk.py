"""Snyk: open source, containers, infrastructure as code, and its SARIF."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats.api import Report
from riskcockpit.formats.registry import read_report
from support.sarif_logs import OPTIONS, log, result, run


def read(content: Any) -> Report:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_report(data, OPTIONS)


def only(content: Any) -> Observation:
    (scan,) = read(content).scans
    assert scan.problems == ()
    (seen,) = scan.observations
    return seen


def vulnerability(**members: Any) -> dict[str, Any]:
    return {
        "id": "SNYK-JS-LEDGER-100001",
        "title": "Prototype Pollution",
        "packageName": "@bank/ledger",
        "name": "@bank/ledger",
        "version": "4.17.13",
        "packageManager": "npm",
        "severity": "high",
        "severityWithCritical": "critical",
        "cvssScore": 9.8,
        "fixedIn": ["3.10.2", "4.17.20"],
        "identifiers": {"CVE": ["CVE-2026-1234"], "GHSA": [], "CWE": ["CWE-400"]},
        "epssDetails": {"probability": "0.00046", "percentile": "0.14414"},
        "from": ["app@1.0.0", "@bank/ledger@4.17.13"],
        "semver": {"vulnerable": ["<4.17.20"]},
        "credit": ["Some Body"],
    } | members


def project(*found: Any, **members: Any) -> dict[str, Any]:
    return {
        "vulnerabilities": list(found),
        "ok": not found,
        "dependencyCount": 65,
        "org": "bank",
        "packageManager": "npm",
        "projectName": "app",
        "displayTargetFile": "web\\package-lock.json",
        "filtered": {"ignore": [], "patch": []},
    } | members


def test_a_vulnerability_is_known_by_package_and_manifest() -> None:
    (scan,) = read(project(vulnerability())).scans
    (seen,) = scan.observations
    assert (scan.tool, scan.asset, scan.category) == ("Snyk", "app", "open-source")
    assert scan.is_successful is True
    assert seen.package is not None
    assert (seen.package.type, seen.package.namespace, seen.package.name) == (
        "npm",
        "@bank",
        "ledger",
    )
    assert seen.package.fixed_version == "4.17.20"
    assert seen.locations[0].path == "web/package-lock.json"
    assert seen.vulnerability_ids == ("CVE-2026-1234", "SNYK-JS-LEDGER-100001")
    assert (seen.severity, seen.cvss, seen.epss) == (Severity.CRITICAL, 9.8, 0.00046)
    assert b"Some Body" not in seen.raw


@pytest.mark.parametrize("odd", [{"identifiers": None}, {"cvssScore": None}, {"semver": None}])
def test_a_vulnerability_may_lack_much(odd: dict[str, Any]) -> None:
    assert only(project(vulnerability(**odd))).rule == "SNYK-JS-LEDGER-100001"


def test_all_projects_are_scans_of_their_own() -> None:
    report = read([project(vulnerability(), projectName="a"), project(projectName="b")])
    assert [(scan.asset, len(scan.observations), scan.is_successful) for scan in report.scans] == [
        ("a", 1, True),
        ("b", 0, True),
    ]


def test_a_project_that_failed_is_no_clean_project() -> None:
    (good, failed) = read([project(), {"ok": False, "error": "no pom.xml", "path": "/x"}]).scans
    assert good.is_successful is True
    assert (failed.is_successful, failed.tool_errors) == (False, ("no pom.xml",))


def test_what_a_policy_ignores_is_suppressed_at_the_source() -> None:
    (scan,) = read(project(filtered={"ignore": [vulnerability()]})).scans
    assert [seen.is_suppressed for seen in scan.observations] == [True]


def test_a_licence_issue_is_a_finding_of_compliance() -> None:
    licence = vulnerability(
        id="snyk:lic:npm:ledger:GPL-3.0", type="license", title="GPL-3.0 license"
    )
    seen = only(project(licence))
    assert (seen.finding_class, seen.pillar) == (FindingClass.CODE, Pillar.COMPLIANCE_AUTOMATION)
    assert seen.package is None


def test_a_package_of_an_image_is_the_binary_one() -> None:
    found = vulnerability(
        id="SNYK-DEBIAN11-GCC10-1",
        packageName="gcc-10",
        name="gcc-10/libgcc-s1",
        version="10.2.1-6",
        packageManager="debian:11",
        fixedIn=[],
    )
    image = project(
        found, projectName="docker-image|bank/shop", packageManager="deb", docker={"a": 1}
    )
    (scan,) = read(image).scans
    (seen,) = scan.observations
    assert (scan.asset, scan.category) == ("bank/shop", "container")
    assert seen.package is not None
    assert (seen.package.type, seen.package.namespace, seen.package.name, seen.package.layer) == (
        "deb",
        "debian",
        "libgcc-s1",
        "os",
    )
    assert seen.locations == ()


def test_applications_inside_an_image_belong_to_the_image() -> None:
    inner = project(
        vulnerability(), projectName="app-in-image", displayTargetFile="/srv/package.json"
    )
    image = project(
        projectName="docker-image|bank/shop", docker={"a": 1}, applications=[inner, "odd"]
    )
    report = read(image)
    assert {(scan.asset, scan.category) for scan in report.scans} == {("bank/shop", "container")}
    assert sum(len(scan.observations) for scan in report.scans) == 1
    assert sum(len(scan.problems) for scan in report.scans) == 1


def test_an_iac_issue() -> None:
    issue = {
        "id": "SNYK-CC-K8S-10",
        "title": "Container without root file system protection",
        "severity": "medium",
        "iacDescription": {"issue": "It can write.", "impact": "Files.", "resolve": "Set it."},
        "path": ["spec", "containers", "securityContext"],
        "lineNumber": 24,
        "isIgnored": True,
    }
    document = {
        "infrastructureAsCodeIssues": [issue],
        "projectName": "k8s",
        "targetFile": "deploy/app.yaml",
        "ok": False,
    }
    (scan,) = read(document).scans
    (seen,) = scan.observations
    assert (scan.category, seen.rule, seen.is_suppressed) == ("iac", "SNYK-CC-K8S-10", True)
    assert (seen.locations[0].path, seen.locations[0].line) == ("deploy/app.yaml", 24)
    assert seen.fingerprints == (("path", "spec/containers/securityContext"),)


def test_snyk_code_is_read_as_sarif() -> None:
    assert read(log(run(result(), rules=[{"id": "r"}]))).format == "sarif"


def test_one_bad_record_is_quarantined() -> None:
    (scan,) = read(project(vulnerability(), {"title": "no id"}, 7)).scans
    assert len(scan.observations) == 1
    assert [problem.where for problem in scan.problems] == [
        "vulnerabilities[1]",
        "vulnerabilities[2]",
    ]


def test_an_odd_project_in_a_list_is_a_problem_and_not_a_crash() -> None:
    report = read([project(vulnerability()), {"vulnerabilities": "odd"}])
    assert [len(scan.problems) for scan in report.scans] == [0, 1]


def test_another_list_is_not_ours() -> None:
    with pytest.raises(FormatError):
        read([{"ok": True, "name": "x"}])
