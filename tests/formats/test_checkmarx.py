"""Checkmarx: results of the API, the scan report, and the XML of Checkmarx SAST."""

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


def read(content: Any) -> Report:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_report(data, OPTIONS)


def only(content: Any) -> Observation:
    (scan,) = read(content).scans
    assert scan.problems == ()
    (seen,) = scan.observations
    return seen


def results(*found: Any, total: int | None = None) -> dict[str, Any]:
    count = len(found) if total is None else total
    return {"results": list(found), "totalCount": count, "scanID": "aaaa"}


def sast(**members: Any) -> dict[str, Any]:
    return {
        "type": "sast",
        "id": "abcd=",
        "similarityId": "-20260002",
        "status": "RECURRENT",
        "state": "TO_VERIFY",
        "severity": "HIGH",
        "description": "The query is built from input.",
        "data": {
            "queryId": 18446744073709551557,
            "queryName": "SQL_Injection",
            "resultHash": "hash=",
            "nodes": [
                {"fileName": "/src/A.java", "line": 53},
                {"fileName": "/src/B.java", "line": 9},
            ],
        },
        "vulnerabilityDetails": {"cweId": 89, "cvss": {}},
    } | members


def test_a_sast_result_begins_where_its_flow_does() -> None:
    (scan,) = read(results(sast())).scans
    (seen,) = scan.observations
    assert (scan.tool, scan.category) == ("Checkmarx", "sast")
    assert (seen.rule, seen.title, seen.cwes) == ("SQL_Injection", "SQL Injection", (89,))
    assert [(place.path, place.line) for place in seen.locations] == [
        ("src/A.java", 53),
        ("src/B.java", 9),
    ]
    assert seen.fingerprints == (("similarityId", "-20260002"), ("resultHash", "hash="))


def test_states_of_results() -> None:
    (scan,) = read(
        results(
            sast(state="NOT_EXPLOITABLE"),
            sast(state="PROPOSED_NOT_EXPLOITABLE"),
            sast(state="URGENT"),
            sast(status="FIXED"),
        )
    ).scans
    assert [seen.is_suppressed for seen in scan.observations] == [True, False, False]
    assert [seen.needs_triage for seen in scan.observations] == [False, True, False]
    assert scan.absent == 1


def test_each_engine_is_a_scan() -> None:
    kics = {
        "type": "kics",
        "similarityId": "fb",
        "severity": "INFO",
        "data": {
            "queryName": "Missing User",
            "filename": "/Dockerfile",
            "line": 1,
            "value": "none",
        },
    }
    sca = {
        "type": "sca",
        "id": "CVE-2026-1234",
        "severity": "CRITICAL",
        "data": {"packageIdentifier": "Npm-@bank/ledger-4.17.11", "recommendedVersion": "4.18.0"},
        "vulnerabilityDetails": {"cweId": "CWE-79", "cvssScore": 9.1, "cveName": "CVE-2026-1234"},
    }
    container = {
        "type": "sca-container",
        "id": "CVE-2026-2345",
        "severity": "LOW",
        "data": {"packageName": "libuuid1", "packageVersion": "2.34"},
        "vulnerabilityDetails": {"cvssScore": 0, "cveName": "", "cweId": ""},
    }
    report = read(results(sast(), kics, sca, container))
    seen = {scan.category: scan.observations[0] for scan in report.scans}
    assert set(seen) == {"sast", "iac", "sca", "containers"}
    assert (seen["iac"].severity, seen["iac"].locations[0].path) == (Severity.INFO, "Dockerfile")
    package = seen["sca"].package
    assert package is not None
    assert (package.type, package.namespace, package.name) == ("npm", "@bank", "ledger")
    assert (package.version, package.fixed_version) == ("4.17.11", "4.18.0")
    assert (seen["sca"].cvss, seen["sca"].cwes) == (9.1, (79,))
    assert seen["containers"].vulnerability_ids == ("CVE-2026-2345",)


def test_a_secret_result_does_not_keep_the_secret() -> None:
    secret = "-".join(["bank", "live", "0123456789"])
    seen = only(
        results(
            {
                "type": "sscs-secret-detection",
                "id": "5",
                "severity": "HIGH",
                "similarityId": "x",
                "data": {"ruleName": "key", "fileName": "/a.ini", "line": 2, "snippet": secret},
            }
        )
    )
    assert seen.finding_class is FindingClass.SECRET
    assert secret.encode() not in seen.raw
    assert seen.locations[0].path == "a.ini"


def test_fewer_results_than_counted_are_incomplete() -> None:
    report = read(results(sast(), total=75))
    assert report.scans[0].is_partial
    assert report.notes


def test_no_results_and_one_bad_result() -> None:
    (empty,) = read(results()).scans
    assert (empty.observations, empty.is_successful) == ((), None)
    (scan,) = read(results(sast(), {"type": "sast"}, 7)).scans
    assert (len(scan.observations), len(scan.problems)) == (1, 2)


def scan_report(**members: Any) -> dict[str, Any]:
    vulnerability = {
        "similarityId": 20260001,
        "status": "Recurrent",
        "state": "Not Exploitable",
        "severity": "High",
        "sourceFileName": "/src/A.kt",
        "sourceLine": 69,
        "sourceCode": "body: S",
        "destinationFileName": "/src/B.kt",
        "destinationLine": 4,
        "notes": ["somebody said"],
    }
    query = {
        "queryName": "Reflected_XSS",
        "cweId": 79,
        "description": "Embeds untrusted data.",
        "vulnerabilities": [vulnerability, vulnerability | {"state": "To Verify"}],
    }
    return {
        "reportCreationDate": "2026-06-30T10:15:00Z",
        "reportType": "scan",
        "reportHeader": {"projectName": "lending", "branchName": "main"},
        "scanResults": {"resultsList": [query]},
        "iacScanResults": None,
        "vulnerabilityDetails": [{"vulnerabilityName": "Reflected_XSS", "cause": "No encoding."}],
    } | members


def test_a_scan_report_lists_results_below_their_query() -> None:
    (scan,) = read(scan_report()).scans
    first, second = scan.observations
    assert (scan.asset, scan.branch, scan.category) == ("lending", "main", "sast")
    assert (first.is_suppressed, second.is_suppressed) == (True, False)
    assert (first.locations[0].path, first.locations[1].path) == ("src/A.kt", "src/B.kt")
    assert first.locations[0].snippet == "body: S"
    assert "No encoding." in first.description
    assert b"somebody" not in first.raw


def test_a_scan_report_of_all_engines() -> None:
    issue = {"severity": "Medium", "fileName": "/k8s.yaml", "similarityId": "a", "line": 3}
    technology = {
        "name": "Kubernetes",
        "queries": [{"queryName": "No_Limits", "resultsList": [issue]}],
    }
    package = {
        "packageName": "ledger",
        "packageVersion": "1.0",
        "packageCategory": [
            {"categoryResults": [{"cve": "CVE-2026-1234", "severity": "High", "state": "Urgent"}]}
        ],
    }
    status = [{"name": "SCA", "status": "Failed"}, {"name": "SAST", "status": "Completed"}]
    report = read(
        scan_report(
            iacScanResults={"technology": [technology]},
            scaScanResults={"packages": [package]},
            scanInformation={"scannerStatus": status},
        )
    )
    seen = {scan.category: scan.observations[0] for scan in report.scans}
    assert seen["iac"].title == "Kubernetes: No Limits"
    assert seen["sca"].vulnerability_ids == ("CVE-2026-1234",)
    assert all(scan.tool_errors == ("SCA: Failed",) for scan in report.scans)


XML = """<?xml version="1.0" encoding="utf-8"?>
<CxXMLResults ProjectName="lending" CheckmarxVersion="9.5.0" ScanType="Full">
 <Query id="592" name="Reflected_XSS" cweId="79" group="Java_High_Risk" Severity="High">
  <Result FileName="src/A.java" Status="Recurrent" Line="12" FalsePositive="False" Severity="High"
          AssignToUser="somebody" state="{state}" Remark="said somebody">
   <Path SimilarityId="-42"><PathNode><FileName>src/A.java</FileName><Line>12</Line></PathNode>
   <PathNode><FileName>src/B.java</FileName><Line>7</Line>
    <Snippet><Line><Code>out.print(x);</Code></Line></Snippet></PathNode></Path>
  </Result>
  <Result FileName="src/C.java" Status="Fixed" Line="1" Severity="High" state="0"/>
 </Query>
</CxXMLResults>"""


@pytest.mark.parametrize(
    ("state", "is_suppressed", "needs_triage"),
    [("0", False, False), ("1", True, False), ("4", False, True)],
)
def test_the_xml_of_checkmarx_sast(state: str, is_suppressed: bool, needs_triage: bool) -> None:
    (scan,) = read(XML.format(state=state).encode()).scans
    (seen,) = scan.observations
    assert (scan.asset, scan.tool_version, scan.absent) == ("lending", "9.5.0", 1)
    assert (seen.is_suppressed, seen.needs_triage) == (is_suppressed, needs_triage)
    assert [(place.path, place.line) for place in seen.locations] == [
        ("src/A.java", 12),
        ("src/B.java", 7),
    ]
    assert seen.fingerprints == (("SimilarityId", "-42"),)
    assert b"somebody" not in seen.raw


def test_results_of_another_tool_are_not_ours() -> None:
    with pytest.raises(FormatError):
        read({"results": [{"id": 1, "name": "x"}], "next": None})
