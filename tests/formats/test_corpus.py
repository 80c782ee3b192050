"""Conformance with the public corpus, where it is at hand: counts, and nothing ever crashes.

`docs/formats.md` has the table of files where our number is another than the raw records, each
with its reason; what is here must be there.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import read_report
from support.corpus import CORPUS, IS_AT_HAND, faults, raw_records, read_sample
from support.sarif_logs import OPTIONS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/formats.md"
EXPECTED = raw_records()
SAYS_NOTHING = {
    "aws_prowler_v3plus/no_vuln.ocsf.json": "ocsf",
    "github_sast/github_sast_zero_vul.json": "github-code-scanning",
    "pip_audit/empty.json": "pip-audit",
    "prowler/prowler_zero_vul.json": "prowler",
    "sonarqube/empty_zip.zip": "sonarqube-html",
    "trivy/legacy_no_vuln.json": "trivy",
}
"""A bare `[]` or `null`, or an archive of nothing; with its format given it is read."""
DID_NOT_RUN = frozenset({"nuclei/no_findings.json"})
"""Zero bytes prove no scan, whatever the format."""
EXCEPTIONS = {
    "awssecurityhub/config_many_findings.json": 0,
    "fortify/fortify_few_findings_count_chart.xml": 3,
    "sarif/flawfinder.sarif": 53,
}
"""Where we count otherwise than the corpus."""

pytestmark = pytest.mark.skipif(not IS_AT_HAND, reason="the shared corpus is not at hand")


@pytest.mark.parametrize("path", sorted(set(EXPECTED) - DID_NOT_RUN))
def test_every_record_of_a_sample_is_read(path: str) -> None:
    report = read_sample(path, name=SAYS_NOTHING.get(path, ""))
    assert [problem for scan in report.scans for problem in scan.problems] == []
    assert sum(map(faults, report.scans)) == EXCEPTIONS.get(path, EXPECTED[path])
    for scan in report.scans:
        for seen in scan.observations:
            assert isinstance(json.loads(seen.raw), dict)


@pytest.mark.parametrize("path", sorted(SAYS_NOTHING))
def test_what_does_not_say_its_format_is_refused_with_a_hint(path: str) -> None:
    with pytest.raises(FormatError) as caught:
        read_sample(path)
    assert caught.value.hint


@pytest.mark.parametrize("path", sorted(DID_NOT_RUN))
def test_no_byte_is_no_scan(path: str) -> None:
    with pytest.raises(FormatError, match="did not run"):
        read_sample(path)


def test_the_exceptions_are_documented() -> None:
    text = DOCUMENT.read_text("utf-8")
    documented = dict(re.findall(r"^\| `([a-z_]+/[^`]+)` \| (\d+) \|", text, re.MULTILINE))
    assert {path: int(number) for path, number in documented.items()} == EXCEPTIONS


def outputs() -> dict[str, int]:
    """Return file → results, from the table in the README beside the scanner output."""
    readme = CORPUS / "scanner-output" / "README.md"
    if not readme.is_file():
        return {}
    rows = re.findall(r"^\| `([^`]+)` \|[^|]*\| (\d+) \|", readme.read_text("utf-8"), re.MULTILINE)
    return {name: int(number) for name, number in rows}


OUTPUTS = outputs()


@pytest.mark.parametrize("name", OUTPUTS)
def test_scanner_output_has_the_results_its_table_says(name: str) -> None:
    report = read_report((CORPUS / "scanner-output" / name).read_bytes(), OPTIONS)
    assert sum(map(faults, report.scans)) == OUTPUTS[name]


@pytest.mark.parametrize(
    "tool", sorted({name.partition(".")[0] for name in OUTPUTS if name.endswith(".sarif")})
)
def test_sarif_and_the_own_format_of_one_tool_agree(tool: str) -> None:
    folder = CORPUS / "scanner-output"
    totals = {
        sum(map(faults, read_report((folder / f"{tool}.{form}").read_bytes(), OPTIONS).scans))
        for form in ("sarif", "native.json")
    }
    assert len(totals) == 1


@pytest.mark.parametrize("path", sorted(EXPECTED))
def test_no_sample_crashes_when_it_is_cut_off(path: str) -> None:
    content = (CORPUS / "scans" / path).read_bytes()
    for length in range(1, len(content), max(1, len(content) // 6)):
        try:
            read_report(content[:length], OPTIONS)
        except FormatError as error:
            assert error.message  # noqa: PT017 - half a file may be refused or, if CSV, read
