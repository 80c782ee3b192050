"""GitHub's alerts: code scanning, Dependabot and secret scanning over REST, and over GraphQL."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Observation, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats.api import Report
from riskcockpit.formats.registry import named, read_report
from support.sarif_logs import OPTIONS

REPOSITORY = "https://github.com/bank/lending"


def read(content: Any) -> Report:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_report(data, OPTIONS)


def only(content: Any) -> Observation:
    (scan,) = read(content).scans
    assert scan.problems == ()
    (observation,) = scan.observations
    return observation


def code_alert(number: int = 7, **members: Any) -> dict[str, Any]:
    return {
        "number": number,
        "html_url": f"{REPOSITORY}/security/code-scanning/{number}",
        "state": "open",
        "dismissed_by": {"login": "somebody"},
        "rule": {
            "id": "py/sql-injection",
            "severity": "error",
            "security_severity_level": "critical",
            "description": "SQL built from user input",
            "tags": ["security", "external/cwe/cwe-089"],
        },
        "tool": {"name": "CodeQL", "version": "2.20.1"},
        "most_recent_instance": {
            "ref": "refs/heads/main",
            "category": "/language:python",
            "message": {"text": "This query depends on a user-provided value."},
            "location": {"path": "app/db.py", "start_line": 12, "end_line": 13},
        },
    } | members


def dependabot_alert(**members: Any) -> dict[str, Any]:
    return {
        "number": 3,
        "state": "open",
        "html_url": f"{REPOSITORY}/security/dependabot/3",
        "dependency": {
            "package": {"ecosystem": "pip", "name": "Flask_Login"},
            "manifest_path": "web/requirements.txt",
            "scope": "runtime",
        },
        "security_advisory": {
            "ghsa_id": "GHSA-2222-3333-4444",
            "cve_id": "CVE-2026-1234",
            "summary": "Session fixation",
            "cwes": [{"cwe_id": "CWE-384"}],
            "cvss": {"score": 8.1},
            "epss": [{"percentage": 0.02}],
        },
        "security_vulnerability": {
            "package": {"ecosystem": "pip", "name": "Flask_Login"},
            "severity": "high",
            "vulnerable_version_range": "< 1.2",
            "first_patched_version": {"identifier": "1.2"},
        },
    } | members


def secret_alert(**members: Any) -> dict[str, Any]:
    return {
        "number": 5,
        "state": "open",
        "html_url": f"{REPOSITORY}/security/secret-scanning/5",
        "secret_type": "bank_key",
        "secret_type_display_name": "Bank key",
        "secret": "-".join(["bank", "live", "0123456789"]),
        "first_location_detected": {"path": "/conf/a.ini", "start_line": 4},
    } | members


def node(**members: Any) -> dict[str, Any]:
    return {
        "id": "RVA_1",
        "vulnerableManifestPath": "app/pom.xml",
        "vulnerableRequirements": "= 5.3.1",
        "state": "OPEN",
        "securityVulnerability": {
            "severity": "MODERATE",
            "package": {"name": "org.bank:ledger", "ecosystem": "MAVEN"},
            "firstPatchedVersion": {"identifier": "6.0.0"},
            "advisory": {
                "summary": "Unsafe deserialization",
                "identifiers": [
                    {"type": "GHSA", "value": "GHSA-2222-3333-4444"},
                    {"type": "CVE", "value": "CVE-2026-1234"},
                ],
                "cvss": {"vectorString": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
                "cwes": {"nodes": [{"cweId": "CWE-502"}]},
            },
        },
    } | members


def test_a_code_scanning_alert_is_known_by_tool_category_and_branch() -> None:
    (scan,) = read([code_alert()]).scans
    (seen,) = scan.observations
    assert (scan.tool, scan.asset, scan.branch) == ("CodeQL", "bank/lending", "main")
    assert scan.category == "code-scanning:/language:python"
    assert (seen.rule, seen.severity) == ("py/sql-injection", Severity.CRITICAL)
    assert seen.severity_source == "rule.security_severity_level"
    assert (seen.locations[0].path, seen.locations[0].line) == ("app/db.py", 12)
    assert seen.cwes == (89,)
    assert seen.fingerprints == (("alert_number", "7"),)
    assert b"somebody" not in seen.raw


def test_without_a_security_severity_the_level_counts() -> None:
    rule = {"id": "r", "severity": "note", "security_severity_level": None}
    seen = only([code_alert(rule=rule)])
    assert (seen.severity, seen.severity_source) == (Severity.LOW, "rule.severity")


def test_states_of_code_scanning_alerts() -> None:
    dismissed = code_alert(1, state="dismissed", dismissed_reason="false positive")
    (scan,) = read([dismissed, code_alert(2, state="fixed"), code_alert(3)]).scans
    assert [seen.is_suppressed for seen in scan.observations] == [True, False]
    assert "false positive" in scan.observations[0].description
    assert scan.absent == 1


def test_pages_may_be_concatenated_nested_or_one_alert_a_line() -> None:
    alerts = [code_alert(number) for number in range(4)]
    concatenated = json.dumps(alerts[:2]).encode() + b"\n" + json.dumps(alerts[2:]).encode()
    lines = b"\n".join(json.dumps(alert).encode() for alert in alerts)
    for content in (concatenated, [alerts[:2], alerts[2:]], lines):
        (scan,) = read(content).scans
        assert len(scan.observations) == 4
        assert scan.problems == ()


@pytest.mark.parametrize(("count", "is_partial"), [(29, False), (30, True), (100, True)])
def test_a_full_page_may_not_be_all(count: int, is_partial: bool) -> None:
    report = read([code_alert(number) for number in range(count)])
    assert report.scans[0].is_partial is is_partial
    assert bool(report.notes) is is_partial


def test_alerts_of_several_repositories_and_tools_are_several_scans() -> None:
    other = code_alert(html_url="https://github.com/bank/cards/security/code-scanning/1")
    report = read([code_alert(), other, code_alert(tool={"name": "Semgrep"})])
    assert {(scan.tool, scan.asset) for scan in report.scans} == {
        ("CodeQL", "bank/lending"),
        ("CodeQL", "bank/cards"),
        ("Semgrep", "bank/lending"),
    }


def test_one_bad_alert_is_quarantined_and_the_rest_read() -> None:
    (scan,) = read([code_alert(), code_alert(rule=None), 17]).scans
    assert len(scan.observations) == 1
    assert [problem.where for problem in scan.problems] == ["[1]", "[2]"]


def test_a_dependabot_alert_is_known_by_package_and_manifest() -> None:
    seen = only([dependabot_alert()])
    assert seen.finding_class is FindingClass.DEPENDENCY
    assert seen.package is not None
    assert (seen.package.type, seen.package.name) == ("pypi", "flask-login")
    assert seen.package.fixed_version == "1.2"
    assert seen.vulnerability_ids == ("CVE-2026-1234", "GHSA-2222-3333-4444")
    assert seen.locations[0].path == "web/requirements.txt"
    assert (seen.severity, seen.cvss, seen.epss, seen.cwes) == (Severity.HIGH, 8.1, 0.02, (384,))


def test_states_of_dependabot_alerts() -> None:
    states = ("auto_dismissed", "dismissed", "fixed", "open")
    (scan,) = read([dependabot_alert(state=state) for state in states]).scans
    assert [seen.is_suppressed for seen in scan.observations] == [True, True, False]
    assert scan.absent == 1


def test_a_secret_never_leaves_in_clear() -> None:
    seen = only([secret_alert(validity="active")])
    assert seen.finding_class is FindingClass.SECRET
    assert seen.secret_digest
    assert b"0123456789" not in seen.raw
    assert (seen.rule, seen.title) == ("bank_key", "Bank key")
    assert (seen.locations[0].path, seen.locations[0].line) == ("conf/a.ini", 4)


@pytest.mark.parametrize(
    ("validity", "severity"),
    [
        ("active", Severity.CRITICAL),
        ("unknown", Severity.HIGH),
        (None, Severity.HIGH),
        ("inactive", Severity.MEDIUM),
    ],
)
def test_validity_says_how_bad_a_secret_is(validity: Any, severity: Severity) -> None:
    assert only([secret_alert(validity=validity)]).severity is severity


def test_resolutions_of_secrets() -> None:
    resolutions = ("revoked", "false_positive", "wont_fix", "used_in_tests")
    alerts = [secret_alert(state="resolved", resolution=word) for word in resolutions]
    (scan,) = read([*alerts, secret_alert()]).scans
    assert [seen.is_suppressed for seen in scan.observations] == [True, True, True, False]
    assert scan.absent == 1


def test_a_graphql_alert_is_known_by_package_and_manifest() -> None:
    answer = {
        "data": {
            "repository": {
                "nameWithOwner": "bank/lending",
                "vulnerabilityAlerts": {"nodes": [node()]},
            }
        }
    }
    (scan,) = read(answer).scans
    (seen,) = scan.observations
    assert (scan.tool, scan.asset) == ("Dependabot", "bank/lending")
    assert seen.package is not None
    assert (seen.package.namespace, seen.package.name) == ("org.bank", "ledger")
    assert (seen.package.version, seen.package.fixed_version) == ("5.3.1", "6.0.0")
    assert (seen.severity, seen.cvss, seen.cwes) == (Severity.MEDIUM, 9.8, (502,))


def test_every_repository_of_a_search_is_a_scan_even_without_alerts() -> None:
    answer = {
        "data": {
            "search": {
                "nodes": [
                    {"name": "a", "vulnerabilityAlerts": {"nodes": [node(), node()]}},
                    {"name": "b", "vulnerabilityAlerts": {"nodes": []}},
                    {"name": "c", "vulnerabilityAlerts": {"edges": [{"node": node()}]}},
                ]
            }
        }
    }
    found = {scan.asset: len(scan.observations) for scan in read(answer).scans}
    assert found == {"a": 2, "b": 0, "c": 1}


def test_a_next_page_makes_only_its_repository_incomplete() -> None:
    def repository(name: str, *, more: bool) -> dict[str, Any]:
        alerts = {"nodes": [node()], "pageInfo": {"hasNextPage": more}}
        return {"name": name, "vulnerabilityAlerts": alerts}

    nodes = [repository("a", more=True), repository("b", more=False)]
    report = read({"data": {"search": {"nodes": nodes}}})
    assert {scan.asset: scan.is_partial for scan in report.scans} == {"a": True, "b": False}
    assert report.notes


def test_states_of_graphql_alerts() -> None:
    nodes = [
        node(state="FIXED"),
        node(state="DISMISSED", dismissReason="tolerable_risk"),
        node(state=None, dismissedAt="2026-01-01T00:00:00Z"),
        node(),
    ]
    (scan,) = read(nodes).scans
    assert [seen.is_suppressed for seen in scan.observations] == [True, True, False]
    assert "tolerable risk" in scan.observations[0].description
    assert scan.absent == 1


def test_errors_of_graphql_make_the_scan_incomplete() -> None:
    alerts = {"repository": {"vulnerabilityAlerts": {"nodes": [node()]}}}
    (scan,) = read({"data": alerts, "errors": [{"message": "timeout"}]}).scans
    assert scan.tool_errors == ("timeout",)


def test_an_answer_without_alerts_is_refused() -> None:
    with pytest.raises(FormatError, match="vulnerabilityAlerts"):
        read({"data": {"repository": {"name": "x"}}})


def test_an_answer_nested_absurdly_deep_is_refused_or_read() -> None:
    deep: Any = {"vulnerabilityAlerts": {"nodes": [node()]}}
    for _ in range(80):
        deep = {"repository": deep}
    with pytest.raises(FormatError):
        read({"data": deep})


def test_a_list_of_issues_is_not_ours() -> None:
    with pytest.raises(FormatError):
        read([{"number": 1, "state": "open", "title": "A bug", "labels": []}])


@pytest.mark.parametrize(
    "name", ["github-code-scanning", "github-dependabot", "github-secret-scanning"]
)
def test_an_empty_list_is_read_when_its_format_is_given_and_proves_nothing(name: str) -> None:
    (scan,) = named(name).read(b"[]", OPTIONS).scans
    assert (scan.observations, scan.is_successful) == ((), None)


def test_raw_records_are_json() -> None:
    scans: list[Scan] = []
    for content in ([code_alert()], [dependabot_alert()], [secret_alert()], [node()]):
        scans += read(content).scans
    for scan in scans:
        for seen in scan.observations:
            assert isinstance(json.loads(seen.raw), dict)
