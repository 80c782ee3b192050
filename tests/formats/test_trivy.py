"""Trivy's own JSON in all its forms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Observation, Scan
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.registry import named, read_report
from support.sarif_logs import OPTIONS


def vulnerability(**members: Any) -> dict[str, Any]:
    return {
        "VulnerabilityID": "CVE-2026-0001",
        "PkgName": "libfoo",
        "InstalledVersion": "1.0-1",
        "Severity": "HIGH",
        "SeveritySource": "debian",
    } | members


def target(class_: str = "os-pkgs", type_: str = "debian", **members: Any) -> dict[str, Any]:
    return {"Target": "app:1 (debian 12)", "Class": class_, "Type": type_} | members


def document(*targets: Any, **members: Any) -> dict[str, Any]:
    return {
        "SchemaVersion": 2,
        "ArtifactName": "registry.example.invalid:5000/bank/app:1.2.3",
        "ArtifactType": "container_image",
        "Results": list(targets),
    } | members


def scans(content: Any, options: ReadOptions = OPTIONS) -> tuple[Scan, ...]:
    return named("trivy").read(json.dumps(content).encode(), options).scans


def only(content: Any) -> Observation:
    (scan,) = scans(content)
    assert scan.problems == ()
    (observation,) = scan.observations
    return observation


def test_an_os_vulnerability_is_known_by_package_and_layer_and_not_by_image_tag() -> None:
    (scan,) = scans(document(target(Vulnerabilities=[vulnerability(FixedVersion="1.0-2")])))
    (seen,) = scan.observations
    assert seen.finding_class is FindingClass.DEPENDENCY
    assert seen.locations == ()
    assert seen.package is not None
    assert (seen.package.type, seen.package.namespace, seen.package.name) == (
        "deb",
        "debian",
        "libfoo",
    )
    assert (seen.package.version, seen.package.fixed_version, seen.package.layer) == (
        "1.0-1",
        "1.0-2",
        "os",
    )
    assert (seen.severity, seen.severity_raw, seen.severity_source) == (
        Severity.HIGH,
        "HIGH",
        "Severity by debian",
    )
    assert scan.asset == "registry.example.invalid:5000/bank/app"


def test_the_package_url_of_the_report_decides_the_type() -> None:
    found = vulnerability(
        PkgName="@bank/ui",
        PkgIdentifier={"PURL": "pkg:npm/%40bank/ui@2.0.0"},
        PkgPath="srv/node_modules/@bank/ui/package.json",
    )
    seen = only(
        document(target("lang-pkgs", "node-pkg", Target="Node.js", Vulnerabilities=[found]))
    )
    assert seen.package is not None
    assert (seen.package.type, seen.package.namespace, seen.package.name) == ("npm", "@bank", "ui")
    assert seen.package.layer == "lang"
    assert seen.locations[0].path == "srv/node_modules/@bank/ui/package.json"


@pytest.mark.parametrize(
    ("type_", "written", "expected"),
    [
        ("pip", "Flask_Login", ("pypi", "", "flask-login")),
        ("jar", "org.apache:commons", ("maven", "org.apache", "commons")),
        ("gomod", "github.com/x/y", ("golang", "github.com/x", "y")),
        ("mystery", "thing", ("generic", "", "thing")),
    ],
)
def test_without_a_package_url_type_and_name_follow_the_ecosystem(
    type_: str, written: str, expected: tuple[str, str, str]
) -> None:
    seen = only(
        document(target("lang-pkgs", type_, Vulnerabilities=[vulnerability(PkgName=written)]))
    )
    assert seen.package is not None
    assert (seen.package.type, seen.package.namespace, seen.package.name) == expected


@pytest.mark.parametrize(
    ("status", "suppressed", "triage"),
    [
        ("unknown", False, False),
        ("not_affected", True, False),
        ("affected", False, False),
        ("fixed", False, False),
        ("under_investigation", False, True),
        ("will_not_fix", False, False),
        ("fix_deferred", False, False),
        ("end_of_life", False, False),
    ],
)
def test_no_status_drops_a_vulnerability(status: str, suppressed: bool, triage: bool) -> None:
    seen = only(document(target(Vulnerabilities=[vulnerability(Status=status)])))
    assert (seen.is_suppressed, seen.needs_triage) == (suppressed, triage)
    assert f"Status: {status}" in seen.description


def test_the_score_of_nvd_is_kept_beside_the_severity_of_the_vendor() -> None:
    scores = {"nvd": {"V3Score": 6.5, "V2Score": 4.3}, "redhat": {"V3Score": 8.6}}
    assert only(document(target(Vulnerabilities=[vulnerability(CVSS=scores)]))).cvss == 6.5


def test_an_unknown_severity_is_medium_and_says_so() -> None:
    seen = only(document(target(Vulnerabilities=[vulnerability(Severity="UNKNOWN")])))
    assert seen.severity is Severity.MEDIUM
    assert "not known" in seen.severity_source


def check(**members: Any) -> dict[str, Any]:
    return {
        "ID": "AWS-0001",
        "Title": "Bucket is public",
        "Severity": "CRITICAL",
        "Status": "FAIL",
        "CauseMetadata": {
            "Resource": "aws_s3_bucket.data",
            "StartLine": 3,
            "EndLine": 5,
            "Code": {
                "Lines": [
                    {"Content": "resource {", "IsCause": True},
                    {"Content": "# before", "IsCause": False},
                    {"Content": "}", "IsCause": True},
                ]
            },
        },
    } | members


def test_a_failed_check_is_a_place_in_code_and_a_passed_one_is_evidence() -> None:
    checks = [check(), check(ID="AWS-0002", Status="PASS"), check(Status="EXCEPTION")]
    (scan,) = scans(
        document(target("config", "terraform", Target="main.tf", Misconfigurations=checks))
    )
    (seen,) = scan.observations
    assert (seen.finding_class, seen.resource) == (FindingClass.CODE, "aws_s3_bucket.data")
    place = seen.locations[0]
    assert (place.path, place.line, place.end_line, place.snippet) == (
        "main.tf",
        3,
        5,
        "resource {\n}",
    )
    assert [proof.status for proof in scan.evidence] == ["pass", "not_applicable"]
    assert scan.category == "misconfigurations"


def test_in_a_cluster_a_failed_check_is_about_a_resource() -> None:
    part = target("config", "kubernetes", Target="Deployment/pay", Misconfigurations=[check()])
    content = {
        "ClusterName": "prod",
        "Resources": [{"Namespace": "pay", "Kind": "Deployment", "Name": "api", "Results": [part]}],
    }
    (scan,) = scans(content)
    (seen,) = scan.observations
    assert (seen.finding_class, seen.resource) == (FindingClass.CLOUD, "pay/Deployment/api")
    assert scan.asset == "prod"
    assert seen.record == "Resources[0].Results[0].Misconfigurations[0]"


def test_the_older_cluster_form_is_read() -> None:
    found = target(Vulnerabilities=[vulnerability()])
    wrong = target("config", "kubernetes", Misconfigurations=[check()])
    content = {
        "ClusterName": "prod",
        "Vulnerabilities": [{"Kind": "Pod", "Name": "a", "Results": [found]}],
        "Misconfigurations": [{"Kind": "Pod", "Name": "a", "Results": [wrong]}],
    }
    assert [len(scan.observations) for scan in scans(content)] == [1, 1]


def test_a_secret_leaves_nothing_clear_behind() -> None:
    value = "".join(("correct", "Horse", "9", "Battery"))
    found = {
        "RuleID": "generic-key",
        "Category": "Generic",
        "Severity": "CRITICAL",
        "Title": f"Key {value}",
        "StartLine": 2,
        "Match": value,
        "Code": {"Lines": [{"Content": f"KEY={value}"}]},
    }
    seen = only(document(target("secret", "", Target="/app/.env", Secrets=[found])))
    assert seen.finding_class is FindingClass.SECRET
    assert seen.secret_digest
    assert value not in repr(seen)


def test_a_masked_secret_has_no_digest() -> None:
    found = {"RuleID": "k", "Severity": "HIGH", "StartLine": 2, "Match": "KEY=*****"}
    assert only(document(target("secret", "", Secrets=[found]))).secret_digest == ""


def test_a_licence_is_a_finding_of_the_compliance_pillar() -> None:
    found = {"Name": "AGPL-3.0", "Severity": "HIGH", "PkgName": "x", "Category": "forbidden"}
    seen = only(document(target("license", "", Target="OS Packages", Licenses=[found])))
    assert seen.pillar is Pillar.COMPLIANCE_AUTOMATION
    assert seen.title == "Licence AGPL-3.0 of x (forbidden)"


def test_what_the_report_itself_suppresses_stays_visible() -> None:
    modified = {
        "Type": "vulnerability",
        "Status": "ignored",
        "Statement": "not reachable",
        "Finding": vulnerability(),
    }
    (scan,) = scans(document(target(ExperimentalModifiedFindings=[modified])))
    (seen,) = scan.observations
    assert seen.is_suppressed
    assert "not reachable" in seen.description


def test_kinds_of_checks_are_scans_of_their_own() -> None:
    content = document(
        target(Vulnerabilities=[vulnerability()]),
        target("config", "dockerfile", Misconfigurations=[check()]),
    )
    assert [scan.category for scan in scans(content)] == ["vulnerabilities", "misconfigurations"]


def test_a_target_without_findings_proves_that_it_was_scanned() -> None:
    (scan,) = scans(document(target()))
    assert (scan.category, scan.observations, scan.is_successful) == ("vulnerabilities", (), True)


@pytest.mark.parametrize("content", [None, [], document(), document(Results=None)])
def test_a_report_that_covers_nothing_proves_nothing(content: Any) -> None:
    (scan,) = scans(content)
    assert scan.observations == ()
    assert scan.is_successful is None
    assert scan.is_partial


def test_the_older_list_form_is_read() -> None:
    content = [
        {"Target": "app (alpine 3.9)", "Type": "alpine", "Vulnerabilities": [vulnerability()]}
    ]
    seen = only(content)
    assert seen.package is not None
    assert (seen.package.type, seen.package.layer) == ("apk", "os")


def test_bad_records_and_bad_targets_are_quarantined_with_their_place() -> None:
    content = document("nonsense", target(Vulnerabilities=[{"PkgName": "x"}, vulnerability(), 3]))
    found = [problem.where for scan in scans(content) for problem in scan.problems]
    assert sorted(found) == [
        "Results[0]",
        "Results[1].Vulnerabilities[0]",
        "Results[1].Vulnerabilities[2]",
    ]
    assert sum(len(scan.observations) for scan in scans(content)) == 1


def test_time_version_and_end_of_life_are_kept() -> None:
    content = document(
        target(),
        CreatedAt="2026-11-23T14:50:20.604471029Z",
        Trivy={"Version": "0.76.0"},
        Metadata={"OS": {"Family": "debian", "Name": "9", "EOSL": True}, "Branch": "main"},
    )
    report = named("trivy").read(json.dumps(content).encode(), OPTIONS)
    (scan,) = report.scans
    assert scan.scanned_at is not None
    assert scan.scanned_at.isoformat().startswith("2026-11-23T14:50:20.604471")
    assert (scan.tool_version, scan.branch) == ("0.76.0", "main")
    assert report.notes == ("debian 9 is beyond its end of life: fixes are no longer published",)


def test_the_settings_override_a_severity() -> None:
    options = ReadOptions(severity_overrides={"trivy": {"CVE-2026-*": "low"}})
    (scan,) = scans(document(target(Vulnerabilities=[vulnerability()])), options)
    assert scan.observations[0].severity is Severity.LOW


def test_people_in_the_metadata_are_not_kept() -> None:
    metadata = {"Author": "Committer One <one@example.invalid>", "CommitMsg": "hello there"}
    found = scans(document(target(Vulnerabilities=[vulnerability()]), Metadata=metadata))
    assert "one@example.invalid" not in repr(found)


def test_a_resource_that_was_not_scanned_makes_the_scan_of_a_cluster_incomplete() -> None:
    whole = {"Kind": "Pod", "Name": "web", "Results": [target(Vulnerabilities=[vulnerability()])]}
    torn = {"Kind": "Node", "Name": "one", "Error": "image not found"}
    (complete,) = scans({"ClusterName": "c", "Resources": [whole]})
    (scan,) = scans({"ClusterName": "c", "Resources": [whole, torn]})
    assert (complete.is_successful, complete.tool_errors) == (True, ())
    assert (scan.is_successful, len(scan.observations)) == (None, 1)
    assert scan.tool_errors == ("Node/one was not scanned: image not found",)


def test_the_older_list_is_known_also_when_nothing_was_found() -> None:
    (scan,) = read_report(json.dumps([{"Target": "app:1 (alpine 3.9)"}]).encode(), OPTIONS).scans
    assert (scan.tool, scan.observations) == ("Trivy", ())


def test_a_vulnerability_bears_odd_fields_and_takes_its_name_from_the_package_url() -> None:
    odd = vulnerability(
        PkgName=None,
        PkgIdentifier={"PURL": "pkg:deb/debian/libbar@2"},
        InstalledVersion=None,
        CweIDs="CWE-79",
        CVSS={"nvd": {"V3Score": "7.5"}, "ghsa": "none"},
    )
    seen = only(document(target(Vulnerabilities=[odd])))
    assert seen.package is not None
    assert (seen.package.name, seen.package.version) == ("libbar", "2")
    assert (seen.cwes, seen.cvss, seen.title) == ((79,), 7.5, "CVE-2026-0001 in libbar 2")


def test_a_check_without_its_own_id_is_known_by_the_one_of_the_database() -> None:
    check = {"AVDID": "AVD-DS-0002", "Title": "root", "Severity": "HIGH", "Status": "FAIL"}
    found = document(target("config", "dockerfile", Misconfigurations=[check]))
    assert only(found).rule == "AVD-DS-0002"


def test_documents_in_a_list_are_read_each_for_itself() -> None:
    one = document(target(Vulnerabilities=[vulnerability()]))
    found = [one, one | {"ArtifactName": "other:1"}]
    report = read_report(json.dumps(found).encode(), OPTIONS)
    assert (report.format, [scan.asset for scan in report.scans]) == (
        "trivy",
        ["registry.example.invalid:5000/bank/app", "other"],
    )


def test_results_are_known_without_the_version_of_the_schema() -> None:
    found = {"ArtifactName": "app", "Results": [target(Vulnerabilities=[vulnerability()])]}
    report = read_report(json.dumps(found).encode(), OPTIONS)
    assert (report.format, len(report.scans[0].observations)) == ("trivy", 1)
