"""Veracode: the detailed report, findings of the API, and the pipeline scan."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, Observation, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import named
from support.native import detected, only, scan, scans
from support.sarif_logs import OPTIONS

PERSON = "Reviewer One"


def flaw(**attributes: str) -> str:
    all_of = {
        "severity": "4",
        "categoryname": "SQL Injection",
        "issueid": "18",
        "module": "web.war",
        "type": "java.sql.Statement.execute",
        "description": "The query is built from input.",
        "cweid": "89",
        "remediation_status": "Open",
        "mitigation_status": "none",
        "sourcefile": "Pay.java",
        "sourcefilepath": "com/bank/",
        "line": "28",
    } | attributes
    written = " ".join(f'{name}="{value}"' for name, value in all_of.items())
    note = f'<mitigations><mitigation action="x" user="{PERSON}"/></mitigations>'
    return f"<flaw {written}>{note}</flaw>"


def detailed(static: str = "", dynamic: str = "", parts: str = "") -> str:
    return f"""<?xml version="1.0" encoding="ISO-8859-1"?>
    <detailedreport xmlns="https&#x3a;&#x2f;&#x2f;www.veracode.com&#x2f;schema" app_name="lending"
      last_update_time="2026-11-20 10&#x3a;02&#x3a;01 UTC">
    <static-analysis published_date="2026-11-20 10&#x3a;00&#x3a;00 UTC" engine_version="123"/>
    <severity level="4"><category><cwe><staticflaws>{static}</staticflaws>
    <dynamicflaws>{dynamic}</dynamicflaws></cwe></category></severity>
    <software_composition_analysis><vulnerable_components>{parts}</vulnerable_components>
    </software_composition_analysis></detailedreport>"""


def one_flaw(**attributes: str) -> Observation:
    return only("veracode-detailed", detailed(flaw(**attributes)))


def test_a_static_flaw_is_a_place_in_code() -> None:
    found = scan("veracode-detailed", detailed(flaw()))
    (seen,) = found.observations
    assert (found.category, found.asset, found.is_successful) == ("static", "lending", True)
    assert found.scanned_at is not None
    assert found.scanned_at.isoformat() == "2026-11-20T10:00:00+00:00"
    assert (seen.rule, seen.cwes, seen.severity) == ("CWE-89", (89,), Severity.HIGH)
    assert seen.title == "SQL Injection (java.sql.Statement.execute)"
    assert (seen.locations[0].path, seen.locations[0].line) == ("com/bank/Pay.java", 28)
    assert seen.fingerprints == (("issueid", "18"),)
    assert PERSON not in repr(seen)


@pytest.mark.parametrize(
    ("number", "severity"),
    [("5", "CRITICAL"), ("3", "MEDIUM"), ("2", "LOW"), ("1", "LOW"), ("0", "INFO"), ("", "MEDIUM")],
)
def test_the_scale_from_very_high_to_informational(number: str, severity: str) -> None:
    assert one_flaw(severity=number).severity is Severity[severity]


@pytest.mark.parametrize(
    ("written", "cwes"),
    [("89", (89,)), ("CWE-089, CWE-79", (89, 79)), ("89,89", (89,)), ("0", ()), ("123456", ())],
)
def test_a_flaw_may_have_several_weaknesses(written: str, cwes: tuple[int, ...]) -> None:
    seen = one_flaw(cweid=written)
    assert seen.cwes == cwes
    assert seen.rule == (f"CWE-{cwes[0]}" if cwes else "SQL Injection")


@pytest.mark.parametrize("status", ["Fixed", "Cannot Reproduce"])
def test_a_fixed_flaw_is_gone(status: str) -> None:
    found = scan("veracode-detailed", detailed(flaw(remediation_status=status)))
    assert (found.absent, found.observations) == (1, ())


@pytest.mark.parametrize(("status", "expected"), [("accepted", True), ("proposed", False)])
def test_only_an_accepted_mitigation_suppresses(status: str, expected: bool) -> None:
    assert one_flaw(mitigation_status=status).is_suppressed is expected


def test_a_dynamic_flaw_is_at_an_address_and_a_scan_of_its_own() -> None:
    found = flaw(url="https://shop.example.invalid/pay", vuln_parameter="id", sourcefile="")
    static, dynamic = scans("veracode-detailed", detailed(flaw(), found))
    (seen,) = dynamic.observations
    assert (static.category, dynamic.category) == ("static", "dynamic")
    assert (seen.finding_class, seen.resource) == (
        FindingClass.DAST,
        "https://shop.example.invalid/pay",
    )
    assert seen.fingerprints[0] == ("parameter", "id")
    assert dynamic.is_successful is None


def part(library_id: str = "", mitigation: str = "false", **more: str) -> str:
    attributes = " ".join(f'{name}="{value}"' for name, value in more.items())
    return f"""<component file_name="h2-2.1.214.jar" version="2.1.214" library="H2 Engine"
      library_id="{library_id}" vendor="com.h2database" {attributes}><file_paths>
      <file_path value="web.war#zip:lib/h2-2.1.214.jar"/></file_paths><vulnerabilities>
      <vulnerability cve_id="CVE-2026-0007" cvss_score="8.8" severity="5" cwe_id="CWE-20"
      cve_summary="Runs code." mitigation="{mitigation}"/></vulnerabilities></component>"""


def test_a_vulnerable_component_is_known_by_name_and_not_by_the_path_of_its_file() -> None:
    full = "maven&#x3a;com.h2database&#x3a;h2&#x3a;2.1.214&#x3a;"
    _, found = scans("veracode-detailed", detailed(parts=part(full)))
    (seen,) = found.observations
    assert found.category == "sca"
    assert seen.package is not None
    assert (seen.package.type, seen.package.namespace, seen.package.name) == (
        "maven",
        "com.h2database",
        "h2",
    )
    assert (seen.package.version, seen.package.layer) == ("2.1.214", "lang")
    assert (seen.vulnerability_ids, seen.cvss, seen.cwes) == (("CVE-2026-0007",), 8.8, (20,))


def test_a_mitigated_component_is_suppressed() -> None:
    _, found = scans("veracode-detailed", detailed(parts=part(mitigation="true")))
    assert found.observations[0].is_suppressed


def test_a_report_without_flaws_and_a_bad_flaw() -> None:
    clean = scan("veracode-detailed", detailed())
    assert (clean.observations, clean.is_successful) == ((), True)
    bad = flaw(cweid="", categoryname="")
    found = scan("veracode-detailed", detailed(bad + flaw()))
    assert [problem.where for problem in found.problems] == ["staticflaws[0]"]


def test_other_xml_is_refused_by_name() -> None:
    with pytest.raises(FormatError, match="not a Veracode"):
        named("veracode-detailed").read(b"<a/>", OPTIONS)


def finding(kind: str = "STATIC", **members: Any) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "STATIC": {"file_path": "com/bank/Pay.java", "file_line_number": 28, "module": "web.war"},
        "DYNAMIC": {
            "hostname": "shop.example.invalid",
            "port": "443",
            "path": "/pay",
            "vulnerable_parameter": "id",
        },
        "SCA": {
            "component_filename": "okio-2.8.0.jar",
            "version": "2.8.0",
            "language": "JAVA",
            "cve": {"name": "CVE-2026-0007", "cvss": 5, "cvss3": {"score": 7.5}},
            "component_path": [{"path": "lib/okio-2.8.0.jar"}, {"path": "b/okio-2.8.0.jar"}],
        },
    }
    details = kinds.get(kind, {})
    return {
        "issue_id": 7,
        "scan_type": kind,
        "description": "<span>Input reaches the query.</span><span>Use <a href='x'>this</a></span>",
        "finding_status": {"status": "OPEN", "resolution": "UNRESOLVED"},
        "finding_details": {
            "severity": 3,
            "cwe": {"id": 89, "name": "SQL Injection"},
            "finding_category": {"name": "SQL Injection"},
        }
        | details,
    } | members


def findings(*found: Any, name: str = "findings") -> tuple[Scan, ...]:
    return scans("veracode-findings", {name: list(found)})


def test_findings_of_each_type_of_scan_are_scans_of_their_own() -> None:
    static, dynamic, sca = findings(finding(), finding("DYNAMIC"), finding("SCA"))
    assert [one.category for one in (static, dynamic, sca)] == ["static", "dynamic", "sca"]
    code = static.observations[0]
    assert (code.rule, code.locations[0].path, code.locations[0].line) == (
        "CWE-89",
        "com/bank/Pay.java",
        28,
    )
    assert code.fingerprints == (("issueid", "7"),)
    assert code.description.startswith("Input reaches the query.")
    assert "<" not in code.description
    web = dynamic.observations[0]
    assert (web.finding_class, web.resource) == (FindingClass.DAST, "shop.example.invalid:443/pay")
    assert web.fingerprints[0] == ("parameter", "id")
    library = sca.observations[0]
    assert library.package is not None
    assert (library.package.type, library.package.name) == ("maven", "okio")
    assert (library.rule, library.cvss, len(library.locations)) == ("CVE-2026-0007", 7.5, 2)


@pytest.mark.parametrize(
    ("status", "absent", "suppressed"),
    [
        ({"status": "OPEN"}, 0, False),
        ({"status": "CLOSED", "resolution": "UNRESOLVED"}, 1, False),
        ({"status": "CLOSED", "resolution": "FIXED", "resolution_status": "APPROVED"}, 1, False),
        ({"status": "CLOSED", "resolution": "MITIGATED", "resolution_status": "APPROVED"}, 0, True),
        ({"status": "OPEN", "resolution": "MITIGATED", "resolution_status": "PROPOSED"}, 0, False),
        (
            {
                "status": "OPEN",
                "resolution": "POTENTIAL_FALSE_POSITIVE",
                "resolution_status": "APPROVED",
            },
            0,
            True,
        ),
    ],
)
def test_closed_is_gone_and_an_approved_mitigation_is_suppressed(
    status: dict[str, str], absent: int, suppressed: bool
) -> None:
    (one,) = findings(finding(finding_status=status))
    assert one.absent == absent
    assert [seen.is_suppressed for seen in one.observations] == [suppressed] * (1 - absent)


def test_one_page_of_several_is_incomplete() -> None:
    answer = {"_embedded": {"findings": [finding()]}, "_links": {}, "page": {"total_pages": 2}}
    assert scan("veracode-findings", answer).is_partial
    assert not scan("veracode-findings", answer | {"page": {"total_pages": 1}}).is_partial


def test_bad_findings_are_quarantined() -> None:
    found = findings(finding(), 3, finding("OTHER"))
    problems = [problem.where for one in found for problem in one.problems]
    assert sorted(problems) == ["findings[1]", "findings[2]"]


def pipeline(*found: Any, status: str = "SUCCESS") -> dict[str, Any]:
    return {
        "scan_id": "x",
        "scan_status": status,
        "message": "Scan failed" if status != "SUCCESS" else "",
        "modules": ["web.war"],
        "findings": list(found),
    }


FLAW = {
    "title": "java.sql.Statement.execute",
    "issue_id": 1000,
    "gob": "B",
    "severity": 5,
    "issue_type_id": "taint",
    "issue_type": "SQL Injection",
    "cwe_id": "89",
    "display_text": "<span>Input reaches the query.</span>",
    "files": {"source_file": {"file": "com/bank/Pay.java", "line": 28}},
    "flaw_match": {"flaw_hash": "123", "flaw_hash_count": 2, "flaw_hash_ordinal": 1},
}


def test_the_pipeline_knows_a_flaw_by_its_hash() -> None:
    one = scan("veracode-pipeline", pipeline(FLAW))
    (seen,) = one.observations
    assert (one.category, one.is_successful) == ("pipeline", True)
    assert (seen.rule, seen.severity) == ("CWE-89", Severity.CRITICAL)
    assert seen.fingerprints == (("flaw_hash", "123:1"),)
    assert (seen.locations[0].path, seen.locations[0].line) == ("com/bank/Pay.java", 28)


def test_a_failed_pipeline_scan_is_no_clean_one() -> None:
    one = scan("veracode-pipeline", pipeline(status="FAILURE"))
    assert (one.is_successful, one.tool_errors) == (False, ("Scan failed",))


def test_findings_of_others_are_not_taken() -> None:
    assert detected({"findings": [{"title": "x"}]}) == ""
    assert detected({"_embedded": {"other": []}, "_links": {}}) == ""
