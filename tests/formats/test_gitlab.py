"""GitLab's security reports of all scan types, versions 14 and 15."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Observation, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import read_report
from support.sarif_logs import OPTIONS


def read(content: Any) -> tuple[Scan, ...]:
    return read_report(json.dumps(content).encode(), OPTIONS).scans


def only(*vulnerabilities: Any, type_: str = "", **members: Any) -> Observation:
    (scan,) = read(report(*vulnerabilities, type_=type_, **members))
    assert scan.problems == ()
    (seen,) = scan.observations
    return seen


def report(*vulnerabilities: Any, type_: str = "", **members: Any) -> dict[str, Any]:
    scanner = {"id": "probe", "name": "Probe", "version": "1.2"}
    scan: dict[str, Any] = {
        "scanner": scanner,
        "status": "success",
        "end_time": "2026-01-02T03:04:05",
    }
    if type_:
        scan["type"] = type_
    document = {"version": "15.0.7", "vulnerabilities": list(vulnerabilities), "scan": scan}
    return document | members


def vulnerability(location: Any, **members: Any) -> dict[str, Any]:
    return {
        "id": "0f",
        "name": "SQL built from input",
        "description": "The query is built from input.",
        "severity": "High",
        "location": location,
        "identifiers": [
            {"type": "probe_rule", "name": "Probe rule", "value": "python.sql"},
            {"type": "cwe", "name": "CWE-89", "value": "89"},
        ],
    } | members


IN_CODE = {"file": "app/db.py", "start_line": 7, "end_line": 9}
IN_IMAGE = {
    "dependency": {"package": {"name": "libfoo"}, "version": "1.0-1"},
    "operating_system": "debian:12",
    "image": "registry.example.invalid/bank/app:1.2",
}
AT_URL = {
    "hostname": "https://bank.example.invalid",
    "method": "POST",
    "param": "q",
    "path": "/v1/a",
}


def test_a_finding_in_code() -> None:
    (scan,) = read(report(vulnerability(IN_CODE), type_="sast"))
    (seen,) = scan.observations
    assert (scan.tool, scan.tool_version, scan.category) == ("Probe", "1.2", "sast")
    assert scan.is_successful is True
    assert scan.scanned_at is not None
    assert seen.finding_class is FindingClass.CODE
    assert (seen.rule, seen.title, seen.severity) == (
        "python.sql",
        "SQL built from input",
        Severity.HIGH,
    )
    assert (seen.locations[0].path, seen.locations[0].line, seen.cwes) == ("app/db.py", 7, (89,))


def test_a_signature_that_outlives_added_lines_is_the_fingerprint() -> None:
    signatures = [
        {"algorithm": "location", "value": "a:7"},
        {"algorithm": "scope_offset", "value": "app/db.py|find[0]:2"},
        {"algorithm": "hash", "value": "NA"},
    ]
    tracking = {"type": "source", "items": [{"signatures": signatures}]}
    seen = only(vulnerability(IN_CODE, tracking=tracking), type_="sast")
    assert seen.fingerprints == (("scope_offset", "app/db.py|find[0]:2"),)


@pytest.mark.parametrize(
    ("compare_key", "claims"),
    [
        ("app/db.py:" + "ab12" * 16 + ":python.sql", (("content", "ab12" * 16),)),
        ("app/db.py:7:python.sql", ()),
        ("", ()),
    ],
)
def test_a_compare_key_counts_only_with_a_digest_of_the_code(compare_key: str, claims: Any) -> None:
    assert only(vulnerability(IN_CODE, cve=compare_key), type_="sast").fingerprints == claims


def test_a_package_of_an_image() -> None:
    found = vulnerability(
        IN_IMAGE,
        identifiers=[{"type": "cve", "name": "CVE-2026-1", "value": "CVE-2026-1000"}],
        solution="Upgrade libfoo from 1.0-1 to 1.0-2",
        message="CVE-2026-1000 in libfoo-1.0-1",
        cvss_vectors=[{"vendor": "NVD", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    )
    (scan,) = read(report(found, type_="container_scanning"))
    (seen,) = scan.observations
    assert scan.asset == "registry.example.invalid/bank/app:1.2"
    assert seen.package is not None
    assert (seen.package.type, seen.package.namespace, seen.package.layer) == (
        "deb",
        "debian",
        "os",
    )
    assert seen.package.fixed_version == "1.0-2"
    assert (seen.vulnerability_ids, seen.cvss) == (("CVE-2026-1000",), 9.8)
    assert seen.locations == ()


def test_a_target_inside_the_image_is_no_asset_of_its_own() -> None:
    inside = {
        "image": "srv/composer.lock",
        "dependency": {"package": {"name": "a/b"}, "version": "1"},
    }
    (scan,) = read(
        report(vulnerability(IN_IMAGE), vulnerability(inside), type_="container_scanning")
    )
    assert scan.asset == "registry.example.invalid/bank/app:1.2"
    assert scan.observations[1].package is not None
    assert scan.observations[1].package.type == "composer"
    assert scan.observations[1].locations[0].path == "srv/composer.lock"


def test_a_dependency_is_typed_by_its_manager_or_manifest() -> None:
    where = {"file": "svc/deps.txt", "dependency": {"package": {"name": "Foo_Bar"}, "version": "1"}}
    files = [{"path": "svc/deps.txt", "package_manager": "pip"}]
    seen = only(
        vulnerability(where, solution="Upgrade to version 2.0 or above."),
        type_="dependency_scanning",
        dependency_files=files,
    )
    assert seen.package is not None
    assert (seen.package.type, seen.package.name, seen.package.fixed_version) == (
        "pypi",
        "foo-bar",
        "2.0",
    )
    assert seen.locations[0].path == "svc/deps.txt"


def test_a_dependency_without_package_is_still_read() -> None:
    seen = only(
        vulnerability({"file": "go.sum", "dependency": {"package": {}}}),
        type_="dependency_scanning",
    )
    assert seen.package is None
    assert seen.rule == "python.sql"


def test_a_secret_leaves_neither_itself_nor_its_plain_digest() -> None:
    secret = "-".join(["bank", "live", "0123456789"])
    found = vulnerability(
        IN_CODE | {"commit": {"sha": "abc", "author": "somebody", "message": "oops"}},
        raw_source_code_extract=secret,
        cve="app/db.py:" + "cd" * 32 + ":key",
        description=f"Found {secret}",
    )
    seen = only(found, type_="secret_detection")
    assert seen.finding_class is FindingClass.SECRET
    assert seen.secret_digest
    assert seen.locations[0].snippet == ""
    for trace in (secret, "somebody", "oops", "cd" * 32):
        assert trace.encode() not in seen.raw
        assert trace not in seen.description


def test_a_running_application() -> None:
    request = {"request": {"headers": [{"name": "Cookie", "value": "session=1"}], "url": "x"}}
    seen = only(vulnerability(AT_URL, evidence=request | {"summary": "it echoed"}), type_="dast")
    assert seen.finding_class is FindingClass.DAST
    assert seen.resource == "POST https://bank.example.invalid/v1/a"
    assert ("parameter", "q") in seen.fingerprints
    assert "it echoed" in seen.description
    assert b"session=1" not in seen.raw


@pytest.mark.parametrize(
    ("location", "category"),
    [
        (IN_CODE, "sast"),
        (IN_IMAGE, "container_scanning"),
        (AT_URL, "dast"),
        ({"crash_type": "overflow", "crash_state": "f\ng"}, "coverage_fuzzing"),
        ({"file": "pom.xml", "dependency": {"package": {"name": "a"}}}, "dependency_scanning"),
    ],
)
def test_a_report_that_does_not_say_its_type_shows_it(location: Any, category: str) -> None:
    (scan,) = read({"version": "15.0.0", "vulnerabilities": [vulnerability(location)]})
    assert scan.category == category


def test_each_scanner_of_a_merged_report_is_a_scan() -> None:
    first = vulnerability(IN_CODE, category="sast", scanner={"id": "one", "name": "One"})
    other = vulnerability(IN_CODE, category="sast", scanner={"id": "two", "name": "Two"})
    scans = read({"version": "2.3", "vulnerabilities": [first, other], "remediations": []})
    assert [(scan.tool, len(scan.observations)) for scan in scans] == [("One", 1), ("Two", 1)]


def test_failure_messages_and_primary_identifiers_are_kept() -> None:
    document = report(vulnerability(IN_CODE), type_="sast")
    document["scan"] |= {
        "status": "failure",
        "messages": [{"level": "fatal", "value": "out of memory"}, {"level": "info", "value": "x"}],
        "primary_identifiers": [
            {"type": "probe_rule", "name": "Probe rule", "value": "python.sql"},
            {"type": "probe_rule", "name": "Probe rule", "value": "python.eval"},
        ],
    }
    (scan,) = read(document)
    assert scan.is_successful is False
    assert scan.tool_errors == ("out of memory",)
    assert scan.rules == frozenset({"python.sql", "python.eval"})


def test_a_message_of_the_scanner_is_redacted() -> None:
    token = "ghp_" + "a1B2" * 9
    document = report(type_="sast")
    document["scan"]["messages"] = [{"level": "fatal", "value": f"cannot clone with {token}"}]
    (scan,) = read(document)
    assert "cannot clone" in scan.tool_errors[0]
    assert token not in scan.tool_errors[0]


def test_an_identifier_of_one_result_is_no_rule() -> None:
    identifiers = [{"type": "cxOneScan", "name": "CxOne Scan", "value": "100002"}]
    seen = only(
        vulnerability(IN_CODE, name="Client_DOM_XSS", identifiers=identifiers), type_="sast"
    )
    assert seen.rule == "Client_DOM_XSS"
    assert seen.fingerprints == (("result", "100002"),)


def test_a_missing_or_unknown_severity_is_medium_and_says_so() -> None:
    seen = only(vulnerability(IN_CODE, severity="Unknown"), type_="sast")
    assert (seen.severity, seen.severity_source) == (Severity.MEDIUM, "severity is not known")
    bare = vulnerability(IN_CODE)
    del bare["severity"]
    assert only(bare, type_="sast").severity_source == "severity is missing"


def test_one_bad_record_is_quarantined() -> None:
    nameless = {"location": IN_CODE, "severity": "Low"}
    (scan,) = read(report(vulnerability(IN_CODE), nameless, "odd", type_="sast"))
    assert len(scan.observations) == 1
    assert [problem.where for problem in scan.problems] == [
        "vulnerabilities[1]",
        "vulnerabilities[2]",
    ]


def test_an_empty_report_is_proof_only_with_its_status() -> None:
    (proof,) = read(report(type_="sast"))
    assert (proof.is_successful, proof.observations) == (True, ())
    (none,) = read({"__comment__": "cut", "vulnerabilities": []})
    assert (none.is_successful, none.observations) == (None, ())


@pytest.mark.parametrize(
    "other",
    [
        {"bomFormat": "CycloneDX", "version": 1, "vulnerabilities": [{"id": "CVE-2026-1000"}]},
        {"auditReportVersion": 2, "vulnerabilities": {"a": {"name": "a"}}},
        {"report_meta": {}, "vulnerabilities": [], "remediations": {}, "scanned_packages": {}},
        {"vulnerabilities": [{"feed": "x", "package": "y"}], "imageDigest": "z"},
    ],
)
def test_other_reports_with_vulnerabilities_are_not_ours(other: Any) -> None:
    try:
        found = read_report(json.dumps(other).encode(), OPTIONS).format
    except FormatError:
        found = ""
    assert found != "gitlab"
