"""Audits of npm packages: npm 6 and 7, pnpm, yarn 1 and berry."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import Package
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from support.reading import format_of, lines, only, scan_of


def advisory(**members: Any) -> dict[str, Any]:
    return {
        "id": 106,
        "module_name": "@bank/parser",
        "title": "Too much is parsed",
        "severity": "moderate",
        "cves": ["CVE-2026-0001"],
        "cwe": "CWE-400",
        "url": "https://github.com/advisories/GHSA-2222-3333-4444",
        "patched_versions": ">= 2.1.0 <3.0.0 || >=3.2.0",
        "vulnerable_versions": "<2.1.0",
        "found_by": {"name": "somebody"},
        "findings": [
            {"version": "2.0.0", "paths": ["app>parser", "app>tool>parser"]},
            {"version": "1.0.0", "paths": ["old>parser"]},
        ],
    } | members


def npm6(*advisories: dict[str, Any]) -> dict[str, Any]:
    listed = {str(each.get("id")): each for each in advisories}
    return {"actions": [], "advisories": listed, "muted": [], "metadata": {"dependencies": 7}}


def test_an_advisory_of_npm_6_is_one_finding_with_all_versions_and_ways() -> None:
    seen = only(npm6(advisory()))
    assert seen.rule == "GHSA-2222-3333-4444"
    assert set(seen.vulnerability_ids) == {"GHSA-2222-3333-4444", "CVE-2026-0001"}
    assert seen.package == Package("npm", "parser", "@bank", "2.0.0, 1.0.0", "2.1.0, 3.2.0")
    assert (seen.severity, seen.cwes) == (Severity.MEDIUM, (400,))
    assert "app>tool>parser" in seen.description
    assert b"somebody" not in seen.raw


def test_an_advisory_without_other_ids_keeps_the_registrys_number() -> None:
    seen = only(npm6(advisory(cves=[], url="https://example.invalid/106", cwe=None)))
    assert (seen.rule, seen.cwes) == ("NPM-106", ())


@pytest.mark.parametrize(("patched", "fixed"), [("<0.0.0", ""), ("", ""), (">=2", "2")])
def test_no_fix_is_no_version(patched: str, fixed: str) -> None:
    package = only(npm6(advisory(patched_versions=patched))).package
    assert package is not None
    assert package.fixed_version == fixed


def test_an_audit_that_counted_dependencies_and_found_nothing_succeeded() -> None:
    scan = scan_of(npm6())
    assert (scan.observations, scan.is_successful) == ((), True)


@pytest.mark.parametrize(
    "error",
    [
        {"code": "ENOAUDIT", "summary": "The registry does not audit.", "detail": ""},
        {"code": "ENOLOCK", "summary": "", "detail": "no lockfile"},
    ],
)
def test_an_audit_that_failed_is_a_failed_scan(error: dict[str, str]) -> None:
    scan = scan_of({"error": error})
    assert scan.is_successful is False
    assert scan.tool_errors == (error["summary"] or error["detail"],)


def npm7(**vulnerabilities: Any) -> dict[str, Any]:
    return {"auditReportVersion": 2, "vulnerabilities": vulnerabilities, "metadata": {}}


def via(**members: Any) -> dict[str, Any]:
    return {
        "source": 1096302,
        "name": "parser",
        "dependency": "parser",
        "title": "Too much is parsed",
        "url": "https://github.com/advisories/GHSA-2222-3333-4444",
        "severity": "high",
        "cwe": ["CWE-79"],
        "cvss": {"score": 7.5, "vectorString": None},
        "range": "<2.1.0",
    } | members


def test_npm_7_has_one_finding_for_each_advisory_and_none_for_what_follows_from_it() -> None:
    scan = scan_of(
        npm7(
            parser={
                "name": "parser",
                "via": [via(), via(source=2, url="https://example.invalid/2", title="Another")],
                "effects": ["app"],
                "nodes": ["node_modules/parser"],
                "fixAvailable": {"name": "parser", "version": "2.1.0", "isSemVerMajor": False},
            },
            app={"name": "app", "via": ["parser"], "effects": [], "nodes": []},
        )
    )
    assert [seen.rule for seen in scan.observations] == ["GHSA-2222-3333-4444", "NPM-2"]
    first = scan.observations[0]
    assert first.package == Package("npm", "parser", "", "", "2.1.0")
    assert (first.cvss, first.cwes, first.severity) == (7.5, (79,), Severity.HIGH)
    assert "Makes vulnerable as well: app" in first.description


@pytest.mark.parametrize(
    ("fix", "words"),
    [
        (False, "No fix is available."),
        ({"name": "app", "version": "3.0.0", "isSemVerMajor": True}, "Fixed by app 3.0.0, a new"),
        (True, "Too much"),
    ],
)
def test_what_would_fix_it_is_told(fix: Any, words: str) -> None:
    seen = only(npm7(parser={"name": "parser", "via": [via()], "fixAvailable": fix}))
    assert words in f"{seen.title}{seen.description}"


def test_lines_of_yarn_are_one_scan() -> None:
    content = lines(
        [
            {"type": "auditAdvisory", "data": {"resolution": {"id": 106}, "advisory": advisory()}},
            {"type": "auditAdvisory", "data": {"resolution": {}}},
            {"type": "auditSummary", "data": {"vulnerabilities": {"moderate": 1}}},
        ]
    )
    scan = scan_of(content)
    assert (scan.tool, len(scan.observations), len(scan.problems)) == ("yarn audit", 1, 1)
    assert scan.is_successful is True


def test_lines_of_berry_are_read() -> None:
    children = {
        "ID": 1096302, "Issue": "Too much is parsed", "Severity": "high",
        "URL": "https://github.com/advisories/GHSA-2222-3333-4444",
        "Vulnerable Versions": "<2.1.0", "Tree Versions": ["2.0.0"], "Dependents": ["app@1.0.0"],
    }  # fmt: skip
    seen = only(lines([{"value": "parser", "children": children}]))
    assert (seen.tool, seen.rule) == ("yarn audit", "GHSA-2222-3333-4444")
    assert seen.package == Package("npm", "parser", "", "2.0.0")


def test_one_bad_advisory_is_quarantined() -> None:
    scan = scan_of(npm6(advisory(), advisory(id=2, module_name=None), {"id": 3}))
    assert len(scan.observations) == 1
    assert len(scan.problems) == 2


def test_an_error_of_something_else_is_not_an_audit() -> None:
    with pytest.raises(FormatError):
        format_of({"error": {"message": "x"}})
