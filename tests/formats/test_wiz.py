"""Wiz: exports as CSV, and OCSF security findings."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Observation, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import read_report
from support.sarif_logs import OPTIONS

ISSUE = {
    "Created At": "2026-01-02T03:04:05Z",
    "Title": "Bucket is public",
    "Severity": "HIGH",
    "Status": "OPEN",
    "Description": "Anybody\ncan read it.",
    "Resource Type": "Bucket",
    "Resource external ID": "arn:aws:s3:::bank-data",
    "Subscription ID": "111122223333",
    "Control ID": "c0ffee01",
    "Resource Name": "bank-data",
    "Resource original JSON": json.dumps({"mail": "somebody@example.invalid"}),
    "Issue ID": "c0ffee02",
    "Note": "said somebody",
    "Wiz URL": "https://wiz.example.invalid/issues#1",
}
VULNERABILITY = {
    "ID": "c0ffee03",
    "WizURL": "https://wiz.example.invalid/v#1",
    "Name": "CVE-2026-1234",
    "CVSSSeverity": "Low",
    "VendorSeverity": "Critical",
    "HasExploit": "true",
    "HasCisaKevExploit": "true",
    "FindingStatus": "Open",
    "ResolvedAt": "",
    "LocationPath": "/usr/bin/containerd",
    "DetailedName": "github.com/containerd/containerd",
    "Version": "1.4.0",
    "FixedVersion": "1.5.11",
    "DetectionMethod": "Library",
    "Link": "https://github.com/advisories/GHSA-2222-3333-4444",
    "AssetID": "c0ffee04",
    "AssetName": "app",
    "ProviderUniqueId": "projects/bank/instances/app",
}


def table(*rows: dict[str, str]) -> bytes:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def read(content: bytes) -> Scan:
    (scan,) = read_report(content, OPTIONS).scans
    return scan


def only(content: bytes) -> Observation:
    scan = read(content)
    assert scan.problems == ()
    (seen,) = scan.observations
    return seen


def test_an_issue_is_known_by_resource_and_control() -> None:
    seen = only(table(ISSUE))
    assert seen.finding_class is FindingClass.CLOUD
    assert (seen.rule, seen.title, seen.severity) == ("c0ffee01", "Bucket is public", Severity.HIGH)
    assert (seen.resource, seen.asset) == ("arn:aws:s3:::bank-data", "111122223333")
    for trace in (b"somebody", b"mail"):
        assert trace not in seen.raw


def test_states_of_issues() -> None:
    states = ("OPEN", "IN_PROGRESS", "RESOLVED", "REJECTED")
    scan = read(table(*(ISSUE | {"Status": state} for state in states)))
    assert [seen.is_suppressed for seen in scan.observations] == [False, False, True]
    assert (scan.absent, scan.category) == (1, "issues")


def test_a_very_large_cell_is_no_fault() -> None:
    scan = read(table(ISSUE | {"Resource original JSON": "x" * 300_000}))
    assert (len(scan.observations), scan.problems) == (1, ())


def test_a_header_alone_is_an_empty_report() -> None:
    scan = read(table(ISSUE).splitlines()[0] + b"\r\n")
    assert (scan.observations, scan.is_successful) == ((), None)


def test_a_vulnerability_is_known_by_its_package() -> None:
    seen = only(table(VULNERABILITY))
    assert seen.finding_class is FindingClass.DEPENDENCY
    assert (seen.severity, seen.severity_source) == (Severity.CRITICAL, "VendorSeverity")
    assert seen.vulnerability_ids == ("CVE-2026-1234", "GHSA-2222-3333-4444")
    assert seen.package is not None
    assert (seen.package.type, seen.package.layer, seen.package.fixed_version) == (
        "golang",
        "lang",
        "1.5.11",
    )
    assert (seen.asset, seen.is_kev) == ("app", True)


def test_states_of_vulnerabilities() -> None:
    system = {"DetectionMethod": "OS", "DetailedName": "kernel", "LocationPath": ""}
    scan = read(
        table(
            VULNERABILITY | system,
            VULNERABILITY | {"FindingStatus": "Resolved"},
            VULNERABILITY | {"FindingStatus": "Ignored"},
            VULNERABILITY | {"Name": ""},
        )
    )
    assert [seen.is_suppressed for seen in scan.observations] == [False, True]
    assert scan.observations[0].package is not None
    assert scan.observations[0].package.layer == "os"
    assert (scan.absent, len(scan.problems)) == (1, 1)


@pytest.mark.parametrize(
    "header", [b"title;severity\na;high\n", b"Title,Severity,Status\na,HIGH,OPEN\n"]
)
def test_another_table_is_not_ours(header: bytes) -> None:
    assert _format(header) != "wiz"


def _format(content: bytes) -> str:
    try:
        return read_report(content, OPTIONS).format
    except FormatError:
        return ""


def event(**members: Any) -> dict[str, Any]:
    return {
        "class_name": "Security Finding",
        "class_uid": 2001,
        "message": "Bucket is public",
        "severity_name": "Informational",
        "state_id": 1,
        "finding": {
            "uid": "c0ff",
            "title": "Bucket is public",
            "src_url": "https://w.example.invalid",
        },
        "metadata": {"version": "1.0.0-rc.2", "product": {"name": "Wiz"}},
        "resources": [{"uid": "arn:aws:s3:::bank-data", "account_uid": "111122223333"}],
    } | members


def test_issues_as_ocsf_security_findings_come_one_a_line() -> None:
    states = (1, 3, 4)
    lines = b"\n".join(json.dumps(event(state_id=state)).encode() for state in states)
    scan = read(lines)
    assert (scan.tool, scan.absent) == ("Wiz", 1)
    assert [seen.is_suppressed for seen in scan.observations] == [False, True]
    seen = scan.observations[0]
    assert (seen.severity, seen.resource, scan.asset) == (
        Severity.INFO,
        "arn:aws:s3:::bank-data",
        "111122223333",
    )
