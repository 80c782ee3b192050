"""Forms that older versions, other commands of a tool and trimmed documents have: all are known.

Each case is made from what the tool publishes of its format, with as little in it as it may have.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import read_report
from support.reports import encoded, lines
from support.sarif_logs import OPTIONS

SPOT = {"line": 1, "column": 2, "level": "warning", "message": "Quote this."}
CHECK = {"check_id": "CKV_AWS_20", "check_name": "No public bucket", "file_path": "/main.tf"}
COUNTS = {"passed": 0, "failed": 0, "skipped": 0, "parsing_errors": 0}
LEAK = {"RuleID": "token", "Description": "A token", "Secret": "x" * 8, "File": "a.env"}
ADVISORY = {
    "id": 577, "module_name": "lodash", "title": "Pollution", "severity": "low",
    "findings": [{"version": "1.0.0", "paths": ["a>b"]}],
}  # fmt: skip
MATCH = {
    "vulnerability": {"id": "CVE-2020-1234", "severity": "High"},
    "artifact": {"name": "libc", "version": "1", "type": "deb"},
}  # fmt: skip
OSV = {"id": "GO-2023-1234", "modified": "2023-01-01T00:00:00Z", "affected": []}
TRACE = [{"module": "example.invalid/x", "version": "v1.0.0"}]
CALLED = {"finding": {"osv": "GO-2023-1234", "trace": TRACE}}
STREAM = {"osv": OSV, "modules": [{"path": "example.invalid/x", "found_version": "v1.0.0"}]}
BEFORE = {"OSV": OSV, "Modules": [{"Path": "example.invalid/x", "FoundVersion": "v1.0.0"}]}
PROBLEM = {
    "id": "SNYK-JS-LODASH-1", "severity": "high", "title": "Pollution",
    "from": ["app@1.0", "lodash@4.17.1"], "upgradePath": [], "semver": {},
}  # fmt: skip
ISSUE = {"rule": "java:S1", "component": "p:A.java", "project": "p", "message": "m"}
SPOTTED = {
    "key": "k", "component": "p:a.js", "project": "p", "securityCategory": "xss",
    "vulnerabilityProbability": "HIGH", "status": "TO_REVIEW", "message": "Safe here?",
}  # fmt: skip
COMPONENT = {
    "componentIdentifier": {
        "format": "maven", "coordinates": {"groupId": "g", "artifactId": "a", "version": "1"}
    },
    "packageUrl": "pkg:maven/g/a@1",
}  # fmt: skip
ROW = {
    "severity": "High", "summary": "It overflows", "impactedPackageName": "lodash",
    "impactedPackageVersion": "4.17.1", "impactedPackageType": "npm", "issueId": "XRAY-1",
    "components": [], "fixedVersions": ["[4.17.21]"], "cves": [{"id": "CVE-2020-1234"}],
}  # fmt: skip
WATCHED = {
    "type": "security", "issue_id": "XRAY-1", "severity": "High", "watch_name": "w",
    "infected_components": ["npm://lodash:4.17.1"], "properties": [{"Cve": "CVE-2020-1234"}],
}  # fmt: skip
EXPORTED = {
    "id": "", "severity": "Medium", "summary": "GPL-2.0", "issue_type": "license",
    "source_comp_id": "npm://a:1", "component_versions": {"id": "npm://a"},
}  # fmt: skip
ALERTED = {
    "state": "open", "security_advisory": {"ghsa_id": "GHSA-2222-3333-4444", "summary": "s"},
    "security_vulnerability": {"package": {"ecosystem": "pip", "name": "django"}},
}  # fmt: skip
SCANNED = {
    "number": 4, "state": "open", "tool": {"name": "CodeQL"},
    "rule": {"id": None, "name": None, "description": "A slip"},
}  # fmt: skip
NODE = {
    "securityVulnerability": {
        "package": {"name": "a"}, "severity": "LOW", "advisory": {"description": "It leaks."}
    }
}  # fmt: skip
BARE = {
    "severity": "Low", "description": "It leaks. Always.", "location": {"file": "a.py"},
    "scanner": {"id": "x", "name": "X"},
}  # fmt: skip
FLAW = {
    "issue_id": 1, "scan_type": "STATIC", "finding_status": {"status": "OPEN"},
    "finding_details": {"severity": 3, "cwe": {"id": 80}, "file_path": "A.java"},
}  # fmt: skip
VERACODE = "https://api.veracode.com/appsec/v2/applications/x/findings"
FORMS: dict[str, list[tuple[Any, int]]] = {
    "bandit": [
        ({"errors": [], "generated_at": "2023-01-01T00:00:00Z", "results": []}, 0),
        ({"metrics": {"_totals": {"loc": 4}}, "results": []}, 0),
    ],
    "checkov": [({"results": {"failed_checks": [CHECK]}, "summary": COUNTS}, 1), (COUNTS, 0)],
    "shellcheck": [([SPOT | {"file": "a.sh", "code": 2086}], 1), ([SPOT | {"code": 2086}], 1)],
    "hadolint": [
        ([SPOT | {"file": "Dockerfile", "code": "DL3006"}], 1),
        ([{"line": 1, "code": "DL3006", "message": "Tag the image."}], 1),
    ],
    "kics": [({"queries_total": 1, "queries": [{"query_name": "q", "files": [{}]}]}, 1)],
    "pip-audit": [([{"name": "a", "vulns": [{"id": "PYSEC-2022-1", "aliases": 5}]}], 1)],
    "ruff": [
        ([{"code": "E5", "filename": "a.py", "location": {}, "message": "m", "fix": None}], 1)
    ],
    "eslint": [({"results": [], "metadata": {"cwd": "/x", "rulesMeta": {}}}, 0)],
    "njsscan": [({"errors": [], "nodejs": {"r": {"metadata": {}}}, "templates": {}}, 1)],
    "gitleaks": [(LEAK, 1), (lines(LEAK, LEAK), 2)],
    "npm-audit": [
        ({"advisories": {"577": ADVISORY}}, 1),
        ({"actions": [], "advisories": {}}, 0),
        ({"message": "failed", "error": {"summary": "no registry", "detail": ""}}, 0),
        (
            lines(
                {"type": "info", "data": "No lockfile."},
                {"type": "auditAdvisory", "data": {"advisory": ADVISORY}},
            ),
            1,
        ),
    ],
    "grype": [([MATCH | {"matched-by": {"matcher": "dpkg"}}], 1)],
    "govulncheck": [
        (lines({"osv": OSV}, CALLED), 1),
        (lines({"progress": {"message": "x"}}, {"osv": OSV}), 0),
        (lines({"config": {"protocol_version": "v0.1.0"}}, {"vulnerability": STREAM}), 1),
        ({"Vulns": [BEFORE]}, 1),
    ],
    "cyclonedx": [
        ({"specVersion": "1.4", "vulnerabilities": [{"id": "CVE-2020-1234"}]}, 1),
        ({"$schema": "http://cyclonedx.org/schema/bom-1.5.schema.json", "version": 1}, 0),
    ],
    "snyk": [
        ({"ok": True, "summary": "No known vulnerabilities", "vulnerabilities": []}, 0),
        ({"vulnerabilities": [PROBLEM], "packageManager": "npm", "projectName": "app"}, 1),
    ],
    "sonarqube-api": [
        ({"issues": [ISSUE]}, 1),
        ({"hotspots": [SPOTTED]}, 1),
        ([ISSUE | {"flows": []}], 1),
        ([SPOTTED, SPOTTED], 2),
    ],
    "jfrog-xray": [
        ({"total_count": 0, "data": []}, 0),
        ({"total_count": 1, "data": [EXPORTED]}, 1),
        ({"artifacts": [], "errors": [{"identifier": "x", "error": "not found"}]}, 0),
        ({"vulnerabilities": [ROW], "securityViolations": None, "licensesViolations": None}, 1),
        ({"vulnerabilities": None, "securityViolations": [ROW], "licensesViolations": []}, 1),
        ({"total_violations": 1, "violations": [WATCHED]}, 1),
    ],
    "github-dependabot": [([ALERTED], 1)],
    "github-code-scanning": [([SCANNED], 1)],
    "github-vulnerability-alerts": [
        ({"repository": {"vulnerabilityAlerts": {"nodes": [NODE]}}}, 1),
    ],
    "checkmarx-one": [({"results": None, "totalCount": 0}, 0)],
    "gitlab": [
        ({"version": "15.0", "vulnerabilities": [BARE]}, 1),
        ({"scan": {"type": "sast", "status": "success"}, "version": "15.0", "vulnerabilities": []},
         0),
    ],
    "veracode-findings": [
        ([FLAW, FLAW | {"issue_id": 2}], 2),
        ([{"scan_type": "SCA", "finding_details": {}, "description": "It leaks. Always."}], 1),
        ({"_links": {"self": {"href": VERACODE}}, "page": {"total_elements": 0}}, 0),
    ],
    "generic-json": [({"name": "Last week", "type": "My tool", "findings": []}, 0)],
}  # fmt: skip
CASES = [(name, form, count) for name, forms in FORMS.items() for form, count in forms]


def content_of(form: Any) -> bytes:
    return form if isinstance(form, bytes) else encoded(form)


def seen_in(form: Any) -> list[Observation]:
    report = read_report(content_of(form), OPTIONS)
    assert [problem for scan in report.scans for problem in scan.problems] == []
    return [seen for scan in report.scans for seen in scan.observations]


@pytest.mark.parametrize(("name", "form", "count"), CASES)
def test_every_form_is_known_and_every_record_read(name: str, form: Any, count: int) -> None:
    assert read_report(content_of(form), OPTIONS).format == name
    assert len(seen_in(form)) == count


@pytest.mark.parametrize(
    "form",
    [
        {"results": [{"name": "x"}], "totalCount": 1},
        {"data": [{"name": "x"}], "total_count": 1},
        {"artifacts": [{"name": "x"}], "errors": []},
        {"_links": {"self": {"href": "https://example.invalid"}}, "page": {}},
        {"error": {"summary": "x"}},
        {"message": "x", "method": "GET", "uri": "https://example.invalid/a", "statusCode": 404},
        {"type": "info", "data": "x"},
        {"advisories": {"name": {}}},
        {"progress": {"done": 1}},
        [{"vulnerability": {}, "artifact": {}}],
        [{"line": 1, "column": 1, "level": "x", "message": "m", "code": "A"}],
    ],
)
def test_what_looks_alike_and_is_of_nobody_is_refused(form: Any) -> None:
    with pytest.raises(FormatError):
        read_report(content_of(form), OPTIONS)


def test_a_package_without_a_name_is_the_last_of_the_way_to_it() -> None:
    (seen,) = seen_in({"vulnerabilities": [PROBLEM], "packageManager": "npm", "org": "o"})
    assert seen.package is not None
    assert (seen.package.name, seen.package.version) == ("lodash", "4.17.1")


def test_rows_of_the_command_line_of_xray_and_violations_of_its_api_are_alike() -> None:
    (row,) = seen_in({"vulnerabilities": [ROW], "securityViolations": [ROW]})
    (watched,) = seen_in({"total_violations": 1, "violations": [WATCHED]})
    for seen in (row, watched):
        assert seen.package is not None
        assert (seen.package.type, seen.package.name, seen.package.version) == (
            "npm", "lodash", "4.17.1",
        )  # fmt: skip
        assert seen.vulnerability_ids == ("CVE-2020-1234", "XRAY-1")
    assert row.package is not None
    assert row.package.fixed_version == "4.17.21"


def test_what_xray_finds_beside_packages_is_told_and_not_read() -> None:
    report: dict[str, Any] = {
        "vulnerabilities": [ROW],
        "securityViolations": None,
        "secrets": [{}, {}],
    }
    assert read_report(encoded(report), OPTIONS).notes == (
        "2 secrets and places in code are not read: `--format sarif` has them, too",
    )


def test_a_licence_that_a_watch_of_xray_objects_to_is_no_vulnerability() -> None:
    (exported,) = seen_in({"total_count": 1, "data": [EXPORTED]})
    listed = ROW | {"licenseKey": "GPL-2.0"}
    (row,) = seen_in({"vulnerabilities": [], "licensesViolations": [listed]})
    for seen in (exported, row):
        assert (seen.finding_class, seen.rule) == (FindingClass.CODE, "GPL-2.0")
        assert seen.vulnerability_ids == ()


def test_fewer_violations_of_xray_than_counted_are_incomplete() -> None:
    report = read_report(encoded({"total_violations": 9, "violations": [WATCHED]}), OPTIONS)
    assert report.scans[0].is_partial


def violation(**members: Any) -> dict[str, Any]:
    reason = "Found security vulnerability CVE-2016-1234 with severity >= 7 (severity = 9.8)"
    return {
        "policyName": "Security-High", "policyThreatCategory": "SECURITY", "policyThreatLevel": 9,
        "constraints": [{"conditions": [{"conditionReason": reason}]}],
    } | members  # fmt: skip


def test_violations_of_sonatypes_policies_are_findings() -> None:
    licence = violation(
        policyName="Licences",
        policyThreatCategory="LICENSE",
        policyThreatLevel=3,
        waived=True,
        constraints=[{"conditions": [{"conditionReason": "Found 1 licence (GPL-2.0)"}]}],
    )
    report = {
        "application": {"publicId": "app"},
        "components": [COMPONENT | {"violations": [violation(), licence]}],
    }
    flaw, objected = seen_in(report)
    assert (flaw.finding_class, flaw.rule, flaw.severity.name) == (
        FindingClass.DEPENDENCY, "CVE-2016-1234", "CRITICAL",
    )  # fmt: skip
    assert (objected.finding_class, objected.rule, objected.severity.name) == (
        FindingClass.CODE, "Licences", "MEDIUM",
    )  # fmt: skip
    assert (flaw.is_suppressed, objected.is_suppressed) == (False, True)


def test_findings_of_semgreps_supply_chain_are_of_packages() -> None:
    finding = {
        "rule_name": "ssc-1", "match_based_id": "m", "severity": "high", "rule_message": "Old.",
        "location": {"file_path": "package-lock.json", "line": 7},
        "vulnerability_identifier": "CVE-2022-37601",
        "found_dependency": {"package": "loader-utils", "version": "1.4.0", "ecosystem": "npm"},
        "fix_recommendations": [{"package": "loader-utils", "version": "1.4.1"}],
    }  # fmt: skip
    report = read_report(encoded({"findings": [finding]}), OPTIONS)
    (scan,) = report.scans
    (seen,) = scan.observations
    assert (scan.category, seen.vulnerability_ids) == ("supply-chain", ("CVE-2022-37601",))
    assert seen.package is not None
    assert (seen.package.name, seen.package.fixed_version) == ("loader-utils", "1.4.1")


@pytest.mark.parametrize(
    "log",
    [
        "[main]\tINFO\tprofile: None\n[2023-01-01 10:00:00] working\n",
        "2023-01-01 10:00:00,000 [MainThread  ] [WARNI]  no module\n",
        "10:00AM INF scanning\n",
        "true story\n",
    ],
)
def test_lines_of_a_log_before_the_data_are_no_data(log: str) -> None:
    report = {"errors": [], "generated_at": "2023-01-01T00:00:00Z", "metrics": {}, "results": []}
    found = read_report((log + json.dumps(report, indent=2)).encode(), OPTIONS)
    assert (found.format, found.scans[0].problems) == ("bandit", ())


def test_pages_in_a_list_are_read_one_after_the_other() -> None:
    page = [{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-2022-1"}]}]
    assert len(seen_in([page, page])) == 2


@pytest.mark.parametrize("name", ["bandit", "grype", "npm-audit", "snyk", "sarif", "generic-json"])
def test_reports_in_a_list_are_read_one_after_the_other(name: str) -> None:
    report = {
        "bandit": {"metrics": {"_totals": {}}, "results": [{"test_id": "B1", "issue_text": "t"}]},
        "grype": {"matches": [MATCH], "descriptor": {"name": "grype"}},
        "npm-audit": {"advisories": {"577": ADVISORY}, "metadata": {}},
        "snyk": {"vulnerabilities": [PROBLEM], "packageManager": "npm", "org": "o"},
        "sarif": {"version": "2.1.0", "runs": [{"tool": {}, "results": [{"ruleId": "R"}]}]},
        "generic-json": {"findings": [{"title": "t", "severity": "low"}]},
    }[name]
    assert read_report(encoded([report, report]), OPTIONS).format == name
    assert len(seen_in([report, report])) == 2
