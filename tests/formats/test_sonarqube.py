"""SonarQube: the web API, and sonar-report as JSON and HTML."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats.api import Report
from riskcockpit.formats.registry import read_report
from support.sarif_logs import OPTIONS

COMPONENTS = [
    {"key": "lending", "qualifier": "TRK", "name": "lending"},
    {"key": "k1", "qualifier": "FIL", "path": "src/a.py"},
]


def read(content: Any) -> Report:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_report(data, OPTIONS)


def issue(**members: Any) -> dict[str, Any]:
    return {
        "key": "AX1",
        "rule": "python:S2077",
        "severity": "MAJOR",
        "component": "k1",
        "project": "lending",
        "line": 4,
        "hash": "0123456789abcdef0123456789abcdef",
        "textRange": {"startLine": 4, "endLine": 5},
        "flows": [],
        "status": "OPEN",
        "message": "Do not build SQL from input.",
        "author": "somebody@example.invalid",
        "tags": ["cwe", "cwe-89"],
        "type": "VULNERABILITY",
    } | members


def hotspot(**members: Any) -> dict[str, Any]:
    return {
        "key": "AX2",
        "component": "lending:src/b.py",
        "project": "lending",
        "securityCategory": "csrf",
        "vulnerabilityProbability": "HIGH",
        "status": "TO_REVIEW",
        "line": 8,
        "message": "Is this safe?",
        "ruleKey": "python:S4502",
    } | members


def issues(*found: Any, total: int | None = None) -> dict[str, Any]:
    count = len(found) if total is None else total
    paging = {"pageIndex": 1, "pageSize": 100, "total": count}
    return {"total": count, "paging": paging, "issues": list(found), "components": COMPONENTS}


def hotspots(*found: Any) -> dict[str, Any]:
    return {"paging": {"total": len(found)}, "hotspots": list(found), "components": COMPONENTS}


def only(content: Any) -> Observation:
    (scan,) = read(content).scans
    assert scan.problems == ()
    (seen,) = scan.observations
    return seen


def test_an_issue_is_known_by_path_and_the_hash_of_its_line() -> None:
    report = read(issues(issue()))
    (scan,) = report.scans
    (seen,) = scan.observations
    assert (report.format, scan.asset, scan.category) == ("sonarqube-api", "lending", "issues")
    assert (seen.locations[0].path, seen.locations[0].line) == ("src/a.py", 4)
    assert seen.fingerprints == (("line_hash", "0123456789abcdef0123456789abcdef"),)
    assert seen.cwes == (89,)
    assert b"somebody" not in seen.raw


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("BLOCKER", Severity.CRITICAL),
        ("CRITICAL", Severity.HIGH),
        ("MAJOR", Severity.MEDIUM),
        ("MINOR", Severity.LOW),
        ("INFO", Severity.INFO),
    ],
)
def test_severities_are_sonars_own_scale(word: str, severity: Severity) -> None:
    seen = only(issues(issue(severity=word)))
    assert (seen.severity, seen.severity_raw) == (severity, word)


def test_without_a_severity_the_impact_on_security_counts() -> None:
    impacts = [
        {"softwareQuality": "MAINTAINABILITY", "severity": "LOW"},
        {"softwareQuality": "SECURITY", "severity": "HIGH"},
    ]
    seen = only(issues(issue(severity=None, impacts=impacts)))
    assert (seen.severity, seen.severity_source) == (Severity.HIGH, "impacts.security")


def test_states_of_issues() -> None:
    (scan,) = read(
        issues(
            issue(status="RESOLVED", resolution="FALSE-POSITIVE"),
            issue(status="RESOLVED", resolution="WONTFIX"),
            issue(issueStatus="ACCEPTED"),
            issue(status="CLOSED", resolution="FIXED"),
            issue(status="CONFIRMED"),
        )
    ).scans
    assert [seen.is_suppressed for seen in scan.observations] == [True, True, True, False]
    assert scan.absent == 1


def test_states_of_hotspots() -> None:
    (scan,) = read(
        hotspots(
            hotspot(),
            hotspot(status="REVIEWED", resolution="SAFE"),
            hotspot(status="REVIEWED", resolution="FIXED"),
        )
    ).scans
    assert scan.category == "hotspots"
    assert [seen.needs_triage for seen in scan.observations] == [True, False]
    assert [seen.is_suppressed for seen in scan.observations] == [False, True]
    assert scan.observations[0].locations[0].path == "src/b.py"
    assert scan.observations[0].severity is Severity.HIGH
    assert scan.absent == 1


def test_a_known_vulnerability_is_a_dependency_finding() -> None:
    message = (
        "Filename: ledger:1.1 | Reference: CVE-2026-1234 | CVSS Score: 6.4 | Category: CWE-79 | x"
    )
    seen = only(issues(issue(component="lending", message=message, rule="OWASP:Known")))
    assert seen.finding_class is FindingClass.DEPENDENCY
    assert seen.title == "CVE-2026-1234 in ledger 1.1"
    assert (seen.vulnerability_ids, seen.cvss, seen.locations) == (("CVE-2026-1234",), 6.4, ())


def test_a_page_of_many_is_incomplete_and_all_pages_are_not() -> None:
    first, second = issues(issue(), issue(), total=3), issues(issue(), total=3)
    assert read(first).scans[0].is_partial
    both = json.dumps(first).encode() + b"\n" + json.dumps(second).encode()
    (scan,) = read(both).scans
    assert (len(scan.observations), scan.is_partial) == (3, False)


def test_projects_are_scans_and_a_bad_issue_is_quarantined() -> None:
    report = read(issues(issue(), issue(project="cards"), issue(rule=None)))
    assert {scan.asset for scan in report.scans} == {"lending", "cards"}
    assert sum(len(scan.problems) for scan in report.scans) == 1


RULE = "<p>Do not.</p><h2>See</h2><ul><li><a href='x'>MITRE, CWE-352</a></li></ul>"


def report_json(*found: Any) -> dict[str, Any]:
    return {
        "date": "Thursday, Jan 18, 2024",
        "projectName": "lending",
        "sonarBaseURL": "https://sonar.example.invalid",
        "rules": {"python:S4502": {"name": "CSRF", "htmlDesc": RULE}},
        "issues": list(found),
    }


def reported(**members: Any) -> dict[str, Any]:
    return {
        "rule": "python:S4502",
        "severity": "CRITICAL",
        "status": "TO_REVIEW",
        "component": "app.py",
        "line": 8,
        "description": "Disabling CSRF protections is security-sensitive",
        "message": "Make sure it is safe here.",
    } | members


def test_an_issue_of_sonar_report_has_its_rule_in_words() -> None:
    (scan,) = read(report_json(reported())).scans
    (seen,) = scan.observations
    assert scan.scanned_at is not None
    assert scan.scanned_at.isoformat() == "2024-01-18T00:00:00+00:00"
    assert (seen.severity, seen.needs_triage, seen.cwes) == (Severity.HIGH, True, (352,))
    assert "Do not." in seen.description
    assert "MITRE" not in seen.description


def test_an_empty_sonar_report() -> None:
    (scan,) = read(report_json()).scans
    assert (scan.asset, scan.observations, scan.is_successful) == ("lending", (), None)


def page(*rows: str, rules: str = "") -> bytes:
    names = ("Rule", "Severity", "Component", "Line", "Description", "Message", "Key", "Status")
    head = "".join(f"<th>{name}</th>" for name in names)
    return f"""<!DOCTYPE html>
<html lang="en"><head><title>SonarQube Vulnerability Report</title><style>td {{ }}</style></head>
<body><div class=summup><dl><dt>Report Generated On</dt><dd>Fri Aug 02 2019</dd>
<dt>Project Name</dt>
<dd>lending</dd></dl><table>
<thead><tr><th></th><th>Severity</th><th>Number of Issues</th></tr></thead>
<tbody><tr><td></td><td>BLOCKER</td><td>1</td></tr></tbody></table></div>
<div class=detail><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>
<table><thead><tr><th>Rule</th><th>Description</th></tr></thead><tbody>{rules}</tbody></table></div>
</body></html>""".encode()


def row(rule: str = "java:S2095", status: str = "OPEN") -> str:
    return f"""<tr><td><a href="x">
        {rule}
    </a></td><td>BLOCKER</td><td class="component"> src/A.java </td><td>
    182</td><td>Resources should be closed</td><td>Close this &#34;Connection&#34;.</td>
    <td class="hidden">AXc</td><td>{status}</td></tr>"""


NESTED = """<tr><td><a>java:S2095</a></td><td><details><p>Close them.</p><table><tbody>
<tr><td>a</td><td>b</td></tr></tbody></table><h2>See</h2><a>CWE-772</a></details></td></tr>"""


def test_rows_of_the_html_table_are_issues_and_its_rules_explain_them() -> None:
    report = read(page(row(), row("java:S9"), rules=NESTED))
    (scan,) = report.scans
    first, second = scan.observations
    assert (report.format, scan.asset, scan.is_partial) == ("sonarqube-html", "lending", False)
    assert (first.rule, first.severity) == ("java:S2095", Severity.CRITICAL)
    assert (first.locations[0].path, first.locations[0].line) == ("src/A.java", 182)
    assert 'Close this "Connection".' in first.description
    assert "Close them." in first.description
    assert first.cwes == (772,)
    assert second.cwes == ()


def test_a_page_without_issues_is_empty_and_one_cut_off_is_refused() -> None:
    (scan,) = read(page()).scans
    assert scan.observations == ()
    whole = page(row())
    with pytest.raises(FormatError, match="within a table"):
        read(whole[: whole.index(b"182")])


def test_another_html_page_is_not_ours() -> None:
    with pytest.raises(FormatError):
        read(b"<!DOCTYPE html><html><head><title>Nightly</title></head><body></body></html>")


def test_raw_records_are_json() -> None:
    for content in (issues(issue()), hotspots(hotspot()), report_json(reported()), page(row())):
        assert isinstance(json.loads(only(content).raw), dict)
