"""JFrog Xray in all its forms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats.api import Report
from riskcockpit.formats.registry import read_report
from riskcockpit.formats.xray.components import artifact_name, component
from support.sarif_logs import OPTIONS


def read(content: Any) -> Report:
    return read_report(json.dumps(content).encode(), OPTIONS)


def row(**members: Any) -> dict[str, Any]:
    return {
        "cves": [{"cve": "CVE-2026-1234", "cvss_v3_score": 5.3, "cwe": ["CWE-400"]}],
        "cvss3_max_score": 5.3,
        "summary": "A slow expression.",
        "severity": "Medium",
        "vulnerable_component": "pypi://Jinja2:2.11.2",
        "impacted_artifact": "docker://bank/app:1.0",
        "fixed_versions": ["[2.11.3]"],
        "issue_id": "XRAY-100001",
        "references": ["https://example.invalid/a"],
    } | members


def rows(*found: Any, total: int | None = None) -> dict[str, Any]:
    return {"total_rows": len(found) if total is None else total, "rows": list(found)}


def test_a_row_is_a_package_in_an_artefact() -> None:
    (scan,) = read(rows(row())).scans
    (seen,) = scan.observations
    assert seen.asset == "bank/app"
    assert seen.package is not None
    assert (seen.package.type, seen.package.name, seen.package.fixed_version) == (
        "pypi",
        "jinja2",
        "2.11.3",
    )
    assert seen.vulnerability_ids == ("CVE-2026-1234", "XRAY-100001")
    assert (seen.severity, seen.cvss, seen.cwes) == (Severity.MEDIUM, 5.3, (400,))


def test_a_row_without_cve_is_known_by_its_issue() -> None:
    (scan,) = read(rows(row(cves=[{"cvss_v3_score": 8.1}]))).scans
    assert scan.observations[0].vulnerability_ids == ("XRAY-100001",)


def test_fewer_rows_than_counted_are_incomplete_and_no_rows_prove_nothing() -> None:
    assert read(rows(row(), total=123)).scans[0].is_partial
    (scan,) = read(rows()).scans
    assert (scan.observations, scan.is_successful, scan.is_partial) == ((), None, False)


def test_one_bad_row_is_quarantined() -> None:
    (scan,) = read(rows(row(), row(vulnerable_component=None), 5)).scans
    assert (len(scan.observations), len(scan.problems)) == (1, 2)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("npm://@bank/ledger:3.4.1", ("npm", "@bank/ledger", "3.4.1", "")),
        ("gav://org.bank:ledger:1.2", ("gav", "org.bank:ledger", "1.2", "")),
        ("go://github.com/bank/ledger:1.3.1", ("go", "github.com/bank/ledger", "1.3.1", "")),
        ("alpine://3.13:sqlite-libs:3.34.1-r0", ("alpine", "sqlite-libs", "3.34.1-r0", "alpine")),
        ("rpm://8:libX11:0:1.6.8-3.el8", ("rpm", "libX11", "0:1.6.8-3.el8", "")),
        ("deb://debian:buster:glibc:2.28-10", ("deb", "glibc", "2.28-10", "debian")),
        ("generic://sha256:ab12/lib/tool.jar", ("generic", "tool.jar", "ab12", "")),
        ("build://[some_build]", ("build", "some_build", "", "")),
    ],
)
def test_names_of_components(text: str, parts: tuple[str, ...]) -> None:
    found = component(text)
    assert found is not None
    assert (found.scheme, found.name, found.version, found.system) == parts


def test_an_artefact_is_the_same_in_every_version() -> None:
    assert artifact_name("docker://bank/app:sha256__ab") == artifact_name("docker://bank/app:2")
    assert artifact_name("pypi://Werkzeug:1.0.1") == "pypi:Werkzeug"


def test_exported_violations() -> None:
    violation = {
        "id": "5ce9",
        "severity": "High",
        "summary": "A fault",
        "issue_type": "security",
        "component": "ledger",
        "source_comp_id": "gav://org.bank:ledger:1.2",
        "component_versions": {
            "fixed_versions": ["1.3"],
            "more_details": {
                "cves": [{"cve": "CVE-2026-1234", "cvss_v3": "7.5/CVSS:3.0/AV:N"}],
                "description": "Long words",
            },
        },
    }
    (scan,) = read({"total_count": 1, "data": [violation]}).scans
    (seen,) = scan.observations
    assert seen.package is not None
    assert (seen.package.namespace, seen.package.fixed_version) == ("org.bank", "1.3")
    assert (seen.cvss, seen.vulnerability_ids[0]) == (7.5, "CVE-2026-1234")


def test_a_summary_is_a_scan_of_each_artefact() -> None:
    issue = {
        "issue_id": "XRAY-1",
        "summary": "A fault",
        "severity": "Low",
        "issue_type": "security",
        "cves": [{"cve": "CVE-2026-1234"}],
        "components": [{"component_id": "org.bank:ledger:1.2", "fixed_versions": ["1.3"]}],
    }
    artefact = {
        "general": {"component_id": "docker://bank/app:1", "pkg_type": "Maven"},
        "issues": [issue, issue | {"issue_type": "license"}],
        "licenses": [],
    }
    clean = {"general": {"component_id": "docker://bank/web:1"}, "issues": [], "licenses": []}
    report = read({"artifacts": [artefact, clean]})
    assert [(scan.asset, len(scan.observations)) for scan in report.scans] == [
        ("bank/app", 1),
        ("bank/web", 0),
    ]


def test_an_on_demand_scan_has_one_finding_for_each_component() -> None:
    found = {
        "issue_id": "XRAY-2",
        "summary": "A fault",
        "severity": "High",
        "cves": [{"cve": "CVE-2026-1234", "cvss_v3_score": "7.5"}],
        "components": {
            "npm://a:1.0": {"fixed_versions": ["[1.1]"]},
            "npm://b:2.0": {"fixed_versions": []},
        },
    }
    document = {
        "scan_id": "1",
        "vulnerabilities": [found],
        "component_id": "docker://bank/app:1",
        "package_type": "docker",
    }
    (scan,) = read([document]).scans
    assert scan.asset == "bank/app"
    assert [seen.package and seen.package.name for seen in scan.observations] == ["a", "b"]
    assert scan.observations[0].cvss == 7.5


def test_a_table_of_other_rows_is_not_ours() -> None:
    with pytest.raises(FormatError):
        read({"rows": [{"id": 1}]})
