"""Conformance with the public corpus, where it is at hand: counts, and nothing ever crashes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from riskcockpit.domain.finding import Scan
from riskcockpit.errors import FormatError
from riskcockpit.formats.registry import read_report
from support.corpus import CORPUS, IS_AT_HAND, raw_records, samples
from support.sarif_logs import OPTIONS

READ_NOW = ("sarif", "trivy", "generic")
NOT_TOLD_BY_CONTENT = {"trivy/legacy_no_vuln.json": "trivy"}
"""A bare `null` does not say what wrote it; with its name given it is read."""
EXPECTED = raw_records()
OF_NOW = samples(*READ_NOW)

pytestmark = pytest.mark.skipif(not IS_AT_HAND, reason="the shared corpus is not at hand")


def count(scan: Scan) -> int:
    """Return the records of a scan: seen, evidence, absent, unreadable."""
    return len(scan.observations) + len(scan.evidence) + scan.absent + len(scan.problems)


@pytest.mark.parametrize("path", OF_NOW)
def test_every_record_of_a_sample_is_read(path: str) -> None:
    content = (CORPUS / "scans" / path).read_bytes()
    report = read_report(content, OPTIONS, name=NOT_TOLD_BY_CONTENT.get(path, ""))
    assert [problem for scan in report.scans for problem in scan.problems] == []
    assert sum(map(count, report.scans)) == EXPECTED[path]


def outputs() -> dict[str, int]:
    """Return file → results, from the table in the README beside the scanner output."""
    readme = CORPUS / "scanner-output" / "README.md"
    if not readme.is_file():
        return {}
    rows = re.findall(r"^\| `([^`]+)` \|[^|]*\| (\d+) \|", readme.read_text("utf-8"), re.MULTILINE)
    return {name: int(number) for name, number in rows}


OUTPUTS = outputs()


@pytest.mark.parametrize(
    "name", [name for name in OUTPUTS if name.endswith(".sarif") or name.startswith("trivy")]
)
def test_scanner_output_has_the_results_its_table_says(name: str) -> None:
    content = (CORPUS / "scanner-output" / name).read_bytes()
    report = read_report(content, OPTIONS)
    assert sum(len(scan.observations) for scan in report.scans) == OUTPUTS[name]
    assert sum(map(count, report.scans)) == OUTPUTS[name]


def test_sarif_and_native_output_of_one_tool_agree() -> None:
    folder = CORPUS / "scanner-output"
    totals = {
        form: sum(
            len(scan.observations)
            for scan in read_report((folder / f"trivy-config.{form}").read_bytes(), OPTIONS).scans
        )
        for form in ("sarif", "native.json")
    }
    assert totals["sarif"] == totals["native.json"]


def foreign() -> Iterator[Path]:
    """Yield every file that is not of a format read now."""
    for folder in ("scans", "scanner-output"):
        for path in sorted((CORPUS / folder).rglob("*")):
            known = path.relative_to(CORPUS / folder).parts[0] in READ_NOW
            ours = path.suffix == ".sarif" or path.name.startswith("trivy-config")
            if path.is_file() and not known and not ours:
                yield path


def test_every_other_file_is_refused_with_a_hint() -> None:
    for path in foreign():
        with pytest.raises(FormatError) as caught:
            read_report(path.read_bytes(), OPTIONS)
        assert caught.value.hint, path


@pytest.mark.parametrize("path", OF_NOW)
def test_no_sample_crashes_when_it_is_cut_off(path: str) -> None:
    content = (CORPUS / "scans" / path).read_bytes()
    for length in range(1, len(content), max(1, len(content) // 12)):
        try:
            read_report(content[:length], OPTIONS)
        except FormatError as error:
            assert error.message  # noqa: PT017 - half a file may be refused or, if CSV, read


def test_raw_records_are_json() -> None:
    for path in OF_NOW:
        content = (CORPUS / "scans" / path).read_bytes()
        name = NOT_TOLD_BY_CONTENT.get(path, "")
        for scan in read_report(content, OPTIONS, name=name).scans:
            for seen in scan.observations:
                assert isinstance(json.loads(seen.raw), dict)
