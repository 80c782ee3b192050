"""The generic JSON and CSV."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, ModelSignal, Observation, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import named
from support.sarif_logs import OPTIONS


def finding(**members: Any) -> dict[str, Any]:
    return {"title": "A fault", "severity": "High"} | members


def read(*findings: Any, **members: Any) -> Scan:
    content = json.dumps({"findings": list(findings)} | members).encode()
    (scan,) = named("generic-json").read(content, OPTIONS).scans
    return scan


def only(**members: Any) -> Observation:
    scan = read(finding(**members))
    assert scan.problems == ()
    (observation,) = scan.observations
    return observation


def rows(text: str) -> Scan:
    (scan,) = named("generic-csv").read(text.encode(), OPTIONS).scans
    return scan


def test_the_fields_of_defectdojo_are_read() -> None:
    seen = only(
        description="Text",
        mitigation="Patch",
        cve="cve-2026-0001",
        vulnerability_ids=["GHSA-2222-3333-4444"],
        cwe=79,
        cwes=["CWE-89", 79],
        file_path="./src\\a.py",
        line=12,
        component_name="libfoo",
        component_version="1.0",
        fix_version="1.1",
        unique_id_from_tool="abc-1",
        vuln_id_from_tool="RULE-7",
        epss_score=0.25,
        known_exploited=True,
        cvssv3_score=8.1,
        references="see https://example.invalid/a",
    )
    assert (seen.rule, seen.severity) == ("RULE-7", Severity.HIGH)
    assert seen.vulnerability_ids == ("CVE-2026-0001", "GHSA-2222-3333-4444")
    assert seen.cwes == (79, 89)
    assert (seen.locations[0].path, seen.locations[0].line) == ("src/a.py", 12)
    assert seen.package is not None
    assert (seen.package.name, seen.package.version, seen.package.fixed_version) == (
        "libfoo",
        "1.0",
        "1.1",
    )
    assert seen.fingerprints == (("unique_id_from_tool", "abc-1"),)
    assert (seen.epss, seen.is_kev, seen.cvss) == (0.25, True, 8.1)
    assert seen.help_url == "https://example.invalid/a"
    assert seen.description == "Text\n\nMitigation: Patch"


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"component_name": "x"}, FindingClass.DEPENDENCY),
        ({"file_path": "a.py"}, FindingClass.CODE),
        ({"endpoints": ["https://x.example.invalid"]}, FindingClass.DAST),
        ({}, FindingClass.CODE),
        ({"class": "cloud", "resource": "arn:x"}, FindingClass.CLOUD),
    ],
)
def test_the_class_follows_from_the_fields(members: dict[str, Any], expected: FindingClass) -> None:
    assert only(**members).finding_class is expected


def test_a_model_finding_has_a_signal_and_an_onset() -> None:
    seen = only(
        model="fraud-scoring",
        metric="accuracy",
        monitor="acc-7d",
        segment="new-customers",
        onset_at="2026-11-20T10:00:00+01:00",
    )
    assert seen.finding_class is FindingClass.MODEL
    assert seen.signal == ModelSignal("fraud-scoring", "acc-7d", "accuracy", "new-customers")
    assert seen.onset_at == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_a_data_finding_is_about_its_resource() -> None:
    seen = only(**{"class": "data", "resource": "warehouse.loans", "metric": "null_share"})
    assert seen.signal == ModelSignal("warehouse.loans", "null_share", "null_share")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"title": " "}, "no title"),
        ({"severity": "Urgent"}, 'unknown severity "Urgent"'),
        ({"severity": None}, "no severity"),
        ({"line": "twelve"}, 'line is not a number: "twelve"'),
        ({"epss_score": 3}, "epss_score is not between 0 and 1: 3"),
        ({"class": "magic"}, 'unknown class "magic"'),
        ({"class": "model", "metric": "x"}, "a model finding needs `model` or `resource`"),
        ({"model": "m"}, "a model finding needs `metric`"),
        ({"active": "perhaps"}, 'active is neither true nor false: "perhaps"'),
        ({"onset_at": "yesterday"}, 'onset_at is not an RFC 3339 moment: "yesterday"'),
    ],
)
def test_a_bad_record_is_quarantined_with_a_reason(members: dict[str, Any], reason: str) -> None:
    scan = read(finding(), finding(**members), "text", 3)
    assert len(scan.observations) == 1
    assert [problem.where for problem in scan.problems] == [
        "findings[1]",
        "findings[2]",
        "findings[3]",
    ]
    assert scan.problems[0].why.startswith(reason)


@pytest.mark.parametrize(
    ("members", "suppressed"),
    [
        ({"active": False}, True),
        ({"active": True}, False),
        ({"active": ""}, False),
        ({"false_p": True}, True),
        ({"risk_accepted": "yes"}, True),
        ({"duplicate": "FALSE"}, False),
    ],
)
def test_what_the_tool_put_aside_is_suppressed(members: dict[str, Any], suppressed: bool) -> None:
    assert only(**members).is_suppressed is suppressed


@pytest.mark.parametrize("members", [{"is_mitigated": True}, {"mitigated": "2026-11-01"}])
def test_what_the_tool_calls_mitigated_is_absent(members: dict[str, Any]) -> None:
    scan = read(finding(**members), finding(is_mitigated=False))
    assert (scan.absent, len(scan.observations)) == (1, 1)


def test_the_document_says_what_its_scan_was() -> None:
    scan = read(
        tool="Own Monitor",
        asset="fraud-scoring",
        category="nightly",
        branch="main",
        scanned_at="2026-11-20T10:00:00Z",
        complete=True,
    )
    assert (scan.tool, scan.asset, scan.category, scan.branch) == (
        "Own Monitor",
        "fraud-scoring",
        "nightly",
        "main",
    )
    assert (scan.is_successful, scan.is_partial) == (True, False)
    assert scan.scanned_at == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert read(complete=False).is_partial
    assert read().is_successful is None


@pytest.mark.parametrize("form", ["list", "lines", "stream"])
def test_a_list_and_lines_of_findings_are_read(form: str) -> None:
    findings = [finding(), finding(title="Another")]
    texts = [json.dumps(item) for item in findings]
    content = {"list": json.dumps(findings), "lines": "\n".join(texts), "stream": "".join(texts)}
    assert named("generic-json").matches(content[form].encode())
    (scan,) = named("generic-json").read(content[form].encode(), OPTIONS).scans
    assert [seen.title for seen in scan.observations] == ["A fault", "Another"]


def test_a_broken_line_among_lines_is_reported() -> None:
    content = b"\n".join(
        [json.dumps(finding()).encode(), b'{"title": "cut', json.dumps(finding()).encode()]
    )
    scans = named("generic-json").read(content, OPTIONS).scans
    assert sum(len(scan.observations) for scan in scans) == 2
    assert [p.why for scan in scans for p in scan.problems] == ["line 2 is not readable JSON"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_is_read_with_any_delimiter_and_with_a_byte_order_mark(
    delimiter: str, mark: str
) -> None:
    header = delimiter.join(["Title", "Severity", "CweId", "File Path", "Line"])
    text = f"{mark}{header}\r\nA fault{delimiter}High{delimiter}79{delimiter}a.py{delimiter}3\r\n"
    (seen,) = rows(text).observations
    assert (seen.title, seen.severity, seen.cwes) == ("A fault", Severity.HIGH, (79,))
    assert (seen.locations[0].path, seen.locations[0].line) == ("a.py", 3)


def test_a_spreadsheet_may_announce_its_delimiter() -> None:
    assert len(rows("sep=;\nTitle;Severity\nA fault;Low\n").observations) == 1


@pytest.mark.parametrize("nothing", ["N/A", "none", "-1", "-"])
def test_what_says_that_nothing_is_known_is_missing(nothing: str) -> None:
    text = f"title,severity,line,epss_score,active\nA,High,{nothing},{nothing},{nothing},,\n"
    (scan,) = named("generic-csv").read(text.encode(), OPTIONS).scans
    (seen,) = scan.observations
    assert (seen.epss, seen.is_suppressed) == (None, False)


def test_a_formula_in_a_cell_is_text() -> None:
    (seen,) = rows('Title,Severity\n"=HYPERLINK(""http://x"")",Low\n').observations
    assert seen.title == '=HYPERLINK("http://x")'


def test_bad_rows_are_quarantined_with_their_number_and_blank_ones_are_none() -> None:
    scan = rows("Title,Severity\nA,High\n\n,,\nB,Odd\nC,Low,extra\nD\n")
    assert [seen.title for seen in scan.observations] == ["A"]
    assert [(p.where, p.why) for p in scan.problems] == [
        ("row 3", 'unknown severity "Odd"'),
        ("row 4", "3 cells under 2 columns"),
        ("row 5", "no severity"),
    ]


def test_a_csv_of_another_encoding_is_read_and_noted() -> None:
    report = named("generic-csv").read("Title,Severity\nGefährlich,Low\n".encode("cp1252"), OPTIONS)
    assert report.scans[0].observations[0].title == "Gefährlich"
    assert "Windows-1252" in report.notes[0]


def test_a_csv_of_somebody_else_is_not_taken_for_ours() -> None:
    header = "Created,Title,Severity,Owner Name,Cloud,Region,Ticket,Due,Notes"
    assert not named("generic-csv").matches(header.encode())
    assert named("generic-csv").matches(b"Date,Title,CweId,Url,Severity,Description,Mitigation")


def test_a_csv_without_the_columns_is_refused_with_a_hint() -> None:
    with pytest.raises(FormatError, match="title and severity") as caught:
        rows("Name,Level\nx,y\n")
    assert caught.value.hint


def test_secrets_in_free_text_are_redacted() -> None:
    value = "".join(("correct", "Horse", "9", "Battery"))
    seen = only(description=f"login with password={value}", impact=f'token: "{value}"')
    assert value not in repr(seen)
    assert value not in repr(rows(f"Title,Severity\npassword={value},Low\n"))


DOCS = Path(__file__).resolve().parents[2] / "docs" / "formats.md"


def example(language: str) -> bytes:
    return DOCS.read_text("utf-8").split(f"```{language}\n")[1].split("```")[0].encode()


def test_the_examples_of_the_documentation_are_read() -> None:
    (scan,) = named("generic-json").read(example("json"), OPTIONS).scans
    assert scan.problems == ()
    assert [seen.finding_class for seen in scan.observations] == [
        FindingClass.MODEL,
        FindingClass.DATA,
    ]
    (table,) = named("generic-csv").read(example("csv"), OPTIONS).scans
    assert table.problems == ()
    assert table.observations[0].signal == scan.observations[0].signal
    assert named("generic-json").matches(example("json"))
    assert named("generic-csv").matches(example("csv"))
