"""Reports about packages: Sonatype IQ, DevAudit, dependency-check, Dependency-Track, DefectDojo."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats.api import Report
from riskcockpit.formats.registry import read_report
from support.sarif_logs import OPTIONS


def read(content: Any) -> Report:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_report(data, OPTIONS)


def security_issue(**members: Any) -> dict[str, Any]:
    return {
        "source": "cve",
        "reference": "CVE-2026-1234",
        "severity": 5.9,
        "status": "Open",
        "url": "https://example.invalid/a",
        "threatCategory": "severe",
    } | members


def component(*issues: Any, **members: Any) -> dict[str, Any]:
    names = {"groupId": "org.bank", "artifactId": "ledger", "version": "2.6.0"}
    return {
        "hash": "aa",
        "componentIdentifier": {"format": "maven", "coordinates": names},
        "matchState": "exact",
        "pathnames": ["WEB-INF/lib/ledger-2.6.0.jar"],
        "securityData": {"securityIssues": list(issues)},
    } | members


def application(*components: Any) -> dict[str, Any]:
    return {"components": list(components), "matchSummary": {"totalComponentCount": 3}}


def test_a_sonatype_issue_is_known_by_its_package_and_not_by_the_jar() -> None:
    (scan,) = read(application(component(security_issue()))).scans
    (seen,) = scan.observations
    assert seen.package is not None
    assert (seen.package.namespace, seen.package.name) == ("org.bank", "ledger")
    assert seen.locations == ()
    assert "WEB-INF/lib/ledger-2.6.0.jar" in seen.description
    assert (seen.severity, seen.severity_raw, seen.cvss) == (Severity.MEDIUM, "5.9", 5.9)


def test_states_of_sonatype_issues() -> None:
    (scan,) = read(
        application(
            component(
                security_issue(status="Not Applicable"),
                security_issue(status="Acknowledged"),
                security_issue(status="Confirmed"),
            )
        )
    ).scans
    assert [seen.is_suppressed for seen in scan.observations] == [True, False, False]
    assert [seen.needs_triage for seen in scan.observations] == [False, True, False]


def test_an_unknown_component_is_known_by_its_file() -> None:
    unknown = component(security_issue(url=None), componentIdentifier=None, displayName="x.jar")
    (scan,) = read(application(unknown)).scans
    assert scan.observations[0].package is not None
    assert scan.observations[0].package.name == "x.jar"


@pytest.mark.parametrize("data", [None, {}, {"securityIssues": None}])
def test_a_component_without_security_data_has_no_issues(data: Any) -> None:
    (scan,) = read(application(component(securityData=data))).scans
    assert (scan.observations, scan.problems, scan.is_successful) == ((), (), True)


def test_a_bad_issue_of_sonatype_is_quarantined() -> None:
    (scan,) = read(
        application(component(security_issue(reference=None), security_issue()), 7)
    ).scans
    assert (len(scan.observations), len(scan.problems)) == (1, 2)


def test_a_component_of_thousands_of_files_is_recognised_by_its_beginning() -> None:
    many = component(security_issue(), pathnames=[f"lib/part-{n}.js" for n in range(9000)])
    (scan,) = read(application(many)).scans
    assert len(scan.observations[0].raw) < 2000


def devaudit(*vulnerabilities: Any, **package: Any) -> dict[str, Any]:
    about = {"pm": "npm", "group": "None", "name": "react-dom", "version": "16.4.1"} | package
    found = [{"Package": about, "Vulnerabilities": list(vulnerabilities)}]
    return {"Packages Audited": 1, "Vulnerabilities Found": 1, "Packages": found}


def oss_index(**members: Any) -> dict[str, Any]:
    return {
        "id": "422f",
        "title": "[CVE-2026-1234] Cross-site scripting",
        "cvssScore": "6.1",
        "cvssVector": "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N",
        "cwe": "CWE-79",
        "reference": "https://example.invalid/a",
    } | members


@pytest.mark.parametrize("score", ["6.1", "", None])
def test_a_devaudit_score_may_be_missing_when_there_is_a_vector(score: Any) -> None:
    (scan,) = read(devaudit(oss_index(cvssScore=score))).scans
    (seen,) = scan.observations
    assert (seen.severity, seen.cvss, seen.cwes) == (Severity.MEDIUM, 6.1, (79,))
    assert seen.vulnerability_ids == ("CVE-2026-1234", "422f")
    assert seen.package is not None
    assert (seen.package.type, seen.package.name) == ("npm", "react-dom")


@pytest.mark.parametrize(
    "odd", [{"cwe": "None"}, {"cwe": None}, {"reference": ""}, {"title": "CWE-79: x"}]
)
def test_a_devaudit_record_may_lack_much(odd: dict[str, Any]) -> None:
    (scan,) = read(devaudit(oss_index(**odd))).scans
    assert (len(scan.observations), scan.problems) == (1, ())


def test_devaudit_without_score_or_vector_is_medium_and_says_so() -> None:
    (scan,) = read(devaudit(oss_index(cvssScore="", cvssVector=""))).scans
    assert scan.observations[0].severity_source == "cvssVector is missing"


def test_an_empty_devaudit_report_proves_only_what_was_audited() -> None:
    (none,) = read({"Packages Audited": 0, "Vulnerabilities Found": 0, "Packages": []}).scans
    assert none.is_successful is None
    (clean,) = read(devaudit()).scans
    assert clean.is_successful is True


NEW_XML = """<?xml version="1.0"?>
<analysis xmlns="https://jeremylong.github.io/DependencyCheck/dependency-check.4.1.xsd">
<scanInfo><engineVersion>12.1.0</engineVersion>{exceptions}</scanInfo>
<projectInfo><name>Lending</name><groupID>g</groupID><artifactID>lending</artifactID>
<reportDate>2026-01-22T13:40:32.740468526Z</reportDate></projectInfo>
<dependencies><dependency isVirtual="false"><fileName>ledger-5.16.5.jar</fileName>
<filePath>/build/lib/ledger-5.16.5.jar</filePath>
<relatedDependencies><relatedDependency><fileName>ledger-client.jar</fileName></relatedDependency>
</relatedDependencies>
<identifiers><vulnerabilityIds><id>cpe:2.3:a:bank:ledger:5.16.5:*</id></vulnerabilityIds>
<package confidence="HIGH"><id>pkg:maven/org.bank/ledger@5.16.5</id></package></identifiers>
<vulnerabilities>
<vulnerability source="NVD"><name>CVE-2026-1234</name><severity>CRITICAL</severity>
<cvssV2><score>7.5</score><severity>HIGH</severity></cvssV2>
<cvssV3><baseScore>9.8</baseScore><baseSeverity>CRITICAL</baseSeverity></cvssV3>
<cwes><cwe>CWE-611</cwe><cwe>CWE-918</cwe></cwes><description>It parses.</description>
<knownExploitedVulnerability><dateAdded>2026-01-02</dateAdded></knownExploitedVulnerability>
<references><reference><url>https://example.invalid/a</url></reference></references></vulnerability>
<suppressedVulnerability source="OSSINDEX"><name>CVE-2026-2345</name>
<cvssV3><baseScore>4.3</baseScore><baseSeverity>MEDIUM</baseSeverity></cvssV3>
<notes>Not reachable.</notes></suppressedVulnerability>
<vulnerability><name> </name></vulnerability>
</vulnerabilities></dependency></dependencies></analysis>"""

OLD_XML = b"""<?xml version="1.0"?>
<analysis xmlns="https://www.owasp.org/index.php/OWASP_Dependency_Check#1.3">
<dependencies><dependency><fileName>app.ear: xalan-2.7.1.jar</fileName>
<filePath>/x/app.ear/xalan-2.7.1.jar</filePath>
<identifiers><identifier type="cpe"><name>cpe:/a:apache:xalan:2.7.1</name></identifier>
<identifier type="maven"><name>(xalan:serializer:2.7.1)</name></identifier></identifiers>
<vulnerabilities><vulnerability><name>CVE-2014-0107</name><cvssScore>7.5</cvssScore>
<severity>High</severity><cwe>CWE-264 Permissions</cwe></vulnerability></vulnerabilities>
</dependency>
<dependency><fileName>yargs-parser:5.0.0</fileName>
<filePath>web/package-lock.json?/yargs-parser:5.0.0</filePath>
<vulnerabilities><vulnerability><name>1500</name><severity>moderate</severity></vulnerability>
</vulnerabilities></dependency></dependencies></analysis>"""


def test_dependency_check_xml_of_today() -> None:
    (scan,) = read(NEW_XML.format(exceptions="").encode()).scans
    first, second = scan.observations
    assert (scan.asset, scan.tool_version, scan.is_successful) == ("g:lending", "12.1.0", True)
    assert first.package is not None
    assert (first.package.namespace, first.package.name) == ("org.bank", "ledger")
    assert (first.severity, first.cvss, first.cwes) == (Severity.CRITICAL, 9.8, (611, 918))
    assert (first.is_kev, first.is_suppressed, first.locations) == (True, False, ())
    assert "ledger-client.jar" in first.description
    assert (second.is_suppressed, second.severity) == (True, Severity.MEDIUM)
    assert "Not reachable." in second.description
    assert len(scan.problems) == 1


def test_what_an_analyzer_could_not_do_makes_the_scan_incomplete() -> None:
    failure = "<exception><message>NVD is down</message></exception>"
    exceptions = f"<analysisExceptions>{failure}</analysisExceptions>"
    (scan,) = read(NEW_XML.format(exceptions=exceptions).encode()).scans
    assert (scan.tool_errors, scan.is_successful) == (("NVD is down",), None)


def test_dependency_check_xml_of_old() -> None:
    (scan,) = read(OLD_XML).scans
    first, second = scan.observations
    assert first.package is not None
    assert (first.package.type, first.package.name, first.package.version) == (
        "maven",
        "serializer",
        "2.7.1",
    )
    assert (first.cvss, first.cwes) == (7.5, (264,))
    assert second.package is not None
    assert (second.package.type, second.package.name) == ("npm", "yargs-parser")
    assert second.locations[0].path == "web/package-lock.json"
    assert (second.rule, second.severity) == ("1500", Severity.MEDIUM)


def test_other_xml_called_analysis_is_not_ours() -> None:
    with pytest.raises(FormatError):
        read(b"<analysis xmlns='https://example.invalid/spectrum'><peak/></analysis>")


def test_dependency_check_json() -> None:
    vulnerability = {
        "source": "NVD",
        "name": "CVE-2026-1234",
        "severity": "HIGH",
        "cvssv2": {"score": 5.0},
        "cvssv3": {"baseScore": 7.5, "baseSeverity": "HIGH"},
        "cwes": ["CWE-400"],
        "references": [{"url": "https://example.invalid/a"}],
    }
    dependency = {
        "fileName": "ledger-1.2.jar",
        "filePath": "/x/ledger-1.2.jar",
        "packages": [{"id": "pkg:maven/org.bank/ledger@1.2"}],
        "vulnerabilities": [vulnerability],
        "suppressedVulnerabilities": [vulnerability | {"name": "CVE-2026-2345"}],
    }
    document = {
        "reportSchema": "1.1",
        "scanInfo": {"engineVersion": "12.1.0"},
        "projectInfo": {"name": "lending", "reportDate": "2026-01-22T13:40:32Z"},
        "dependencies": [dependency, {"fileName": "clean.jar"}, 3],
    }
    (scan,) = read(document).scans
    assert (scan.asset, scan.tool, scan.is_successful) == ("lending", "dependency-check", True)
    assert [seen.is_suppressed for seen in scan.observations] == [False, True]
    assert (scan.observations[0].cvss, scan.observations[0].cwes) == (7.5, (400,))
    assert len(scan.problems) == 1


def tracked(state: str = "NOT_SET", **members: Any) -> dict[str, Any]:
    return {
        "component": {"name": "ledger", "version": "1.2", "purl": "pkg:npm/%40bank/ledger@1.2"},
        "analysis": {"state": state, "isSuppressed": False},
        "vulnerability": {
            "vulnId": "GHSA-2222-3333-4444",
            "severity": "HIGH",
            "aliases": [{"cveId": "CVE-2026-1234", "ghsaId": "GHSA-2222-3333-4444"}],
            "cwes": [{"cweId": 79}],
            "cvssV3BaseScore": 7.5,
            "epssScore": 0.01,
        },
        "matrix": "a:b:c",
    } | members


def test_dependency_track_findings_with_their_analysis() -> None:
    states = ("NOT_SET", "FALSE_POSITIVE", "IN_TRIAGE", "NOT_AFFECTED")
    document = {
        "version": "1.2",
        "meta": {
            "application": "Dependency-Track",
            "version": "4.12",
            "timestamp": "2026-01-02T03:04:05Z",
        },
        "project": {"name": "lending", "version": "1"},
        "findings": [*(tracked(state) for state in states), tracked(component={})],
    }
    (scan,) = read(document).scans
    assert (scan.asset, scan.tool_version) == ("lending", "4.12")
    assert [seen.is_suppressed for seen in scan.observations] == [False, True, False, True]
    assert [seen.needs_triage for seen in scan.observations] == [False, False, True, False]
    first = scan.observations[0]
    assert first.vulnerability_ids == ("GHSA-2222-3333-4444", "CVE-2026-1234")
    assert (first.cvss, first.epss, first.cwes) == (7.5, 0.01, (79,))
    assert first.package is not None
    assert (first.package.namespace, first.package.name) == ("@bank", "ledger")
    assert len(scan.problems) == 1


@pytest.mark.parametrize("missing", [{}, {"findings": None}])
def test_an_export_of_dependency_track_without_findings_proves_nothing(missing: Any) -> None:
    meta = {"application": "Dependency-Track", "version": "4.12"}
    (scan,) = read({"version": "1.2", "meta": meta, "project": {"name": "a"}} | missing).scans
    assert (scan.observations, scan.is_partial) == ((), True)


def test_the_answer_of_dependency_tracks_api_is_a_bare_list() -> None:
    assert read([tracked()]).format == "dependency-track"


def defectdojo_finding(**members: Any) -> dict[str, Any]:
    return {
        "id": 5,
        "title": "SQL injection",
        "severity": "High",
        "numerical_severity": "S1",
        "file_path": "app/db.py",
        "line": 7,
        "cwe": 89,
        "vulnerability_ids": [{"vulnerability_id": "CVE-2026-1234"}],
        "false_p": False,
        "out_of_scope": False,
        "hash_code": "ab",
        "found_by": [13],
        "is_mitigated": False,
        "reporter": {"username": "somebody"},
    } | members


def test_findings_of_defectdojo() -> None:
    found = [
        defectdojo_finding(),
        defectdojo_finding(false_p=True),
        defectdojo_finding(is_mitigated=True),
        defectdojo_finding(severity="odd", title=""),
    ]
    report = read({"count": 9, "next": "x", "previous": None, "results": found})
    (scan,) = report.scans
    assert [seen.is_suppressed for seen in scan.observations] == [False, True]
    assert (scan.absent, len(scan.problems), scan.is_partial) == (1, 1, True)
    assert scan.observations[0].finding_class is FindingClass.CODE
    assert b"somebody" not in scan.observations[0].raw
