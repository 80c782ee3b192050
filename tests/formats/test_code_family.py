"""Scanners of code against the public corpus, where it is at hand: counts, agreement, no crash."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.domain.finding import Observation
from riskcockpit.errors import FormatError
from riskcockpit.formats.families.code import CODE
from riskcockpit.formats.opening import plain
from riskcockpit.formats.registry import detect, read_report
from support.corpus import CORPUS, IS_AT_HAND, faults, raw_records, read_sample, samples
from support.sarif_logs import OPTIONS

FOLDERS = (
    "bandit", "checkov", "dockle", "fortify", "hadolint", "kics", "semgrep", "tfsec", "veracode",
)  # fmt: skip
PATHS = samples(*FOLDERS)
OUTPUTS = CORPUS / "scanner-output"
NATIVE = (
    "cfn-lint", "checkov", "eslint", "hadolint", "njsscan", "ruff", "semgrep", "shellcheck",
    "zizmor",
)  # fmt: skip
ON_PURPOSE = {
    "fortify/fortify_few_findings_count_chart.xml": 3,
}
"""Our numbers where they differ: an issue that several sections list is one finding."""

pytestmark = pytest.mark.skipif(not IS_AT_HAND, reason="the shared corpus is not at hand")


@pytest.mark.parametrize("path", PATHS)
def test_every_record_of_a_sample_is_read(path: str) -> None:
    report = read_sample(path)
    assert [problem for scan in report.scans for problem in scan.problems] == []
    assert sum(map(faults, report.scans)) == ON_PURPOSE.get(path, raw_records()[path])


@pytest.mark.parametrize("path", PATHS)
def test_every_finding_can_be_told_and_known_again(path: str) -> None:
    for scan in read_sample(path).scans:
        for seen in scan.observations:
            assert isinstance(json.loads(seen.raw), dict)
            assert seen.title
            assert seen.severity_raw
            assert seen.locations or seen.package or seen.resource or scan.tool == "Dockle"


def place(seen: Observation) -> tuple[str, str, str, int, str]:
    where = seen.locations[0] if seen.locations else None
    return (
        seen.tool,
        seen.rule,
        where.path if where else "",
        (where.line or 0) if where else 0,
        seen.severity.word,
    )


@pytest.mark.parametrize("tool", [tool for tool in NATIVE if tool != "shellcheck"])
def test_own_format_and_sarif_of_a_tool_say_the_same(tool: str) -> None:
    own, sarif = (
        sorted(
            place(seen)
            for scan in read_report((OUTPUTS / f"{tool}.{form}").read_bytes(), OPTIONS).scans
            for seen in scan.observations
        )
        for form in ("native.json", "sarif")
    )
    assert own == sarif


def test_shellcheck_and_code_climate_output_is_read() -> None:
    for name, count in (("shellcheck.native.json", 9), ("hadolint.codeclimate.json", 13)):
        (scan,) = read_report((OUTPUTS / name).read_bytes(), OPTIONS).scans
        assert (len(scan.observations), scan.problems) == (count, ())


def files() -> list[Path]:
    own = [OUTPUTS / f"{tool}.native.json" for tool in NATIVE]
    return [CORPUS / "scans" / path for path in PATHS] + own


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_no_report_crashes_when_it_is_cut_off(path: Path) -> None:
    content = path.read_bytes()
    for length in range(1, len(content), max(1, len(content) // 12)):
        try:
            read_report(content[:length], OPTIONS)
        except FormatError as error:
            assert error.message


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_no_report_crashes_when_bytes_of_it_are_changed(path: Path) -> None:
    content = path.read_bytes()
    dice = random.Random(path.name)
    for _ in range(12):
        broken = bytearray(content)
        for _ in range(dice.randrange(1, 6)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        try:
            read_report(bytes(broken), OPTIONS)
        except FormatError as error:
            assert error.message


ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1.5, 1e308, "", "x", "\x1b[31m", "nan", "9" * 400, [], {}, [None], [[]],
    [{}], {"a": {"b": [1]}},
)  # fmt: skip


def changed(value: Any, dice: random.Random) -> Any:
    """Return `value` with one member, anywhere in it, that nobody expects."""
    if not isinstance(value, dict | list) or not value or dice.random() < 0.15:
        return dice.choice(ODD)
    if isinstance(value, dict):
        key = dice.choice(list(value))
        return value | {key: changed(value[key], dice)}
    number = dice.randrange(min(len(value), 3))
    return [*value[:number], changed(value[number], dice), *value[number + 1 :]]


@pytest.mark.parametrize(
    "path", [path for path in files() if path.suffix == ".json"], ids=lambda path: path.name
)
def test_no_report_crashes_on_odd_members(path: Path) -> None:
    content = path.read_bytes()
    format_ = detect(content, OPTIONS)
    whole = json.loads(content)
    dice = random.Random(path.name)
    for _ in range(40):
        odd = changed(changed(whole, dice), dice)
        try:
            format_.read(json.dumps(odd).encode(), OPTIONS)
        except FormatError as error:
            assert error.message


def test_nothing_of_other_tools_is_taken() -> None:
    for path in sorted((CORPUS / "scans").rglob("*")):
        folder = path.relative_to(CORPUS / "scans").parts[0]
        if not path.is_file() or folder in FOLDERS:
            continue
        try:
            content = plain(path.read_bytes(), 1 << 30)
        except FormatError:
            continue
        assert [format_.name for format_ in CODE if format_.matches(content[: 64 * 1024])] == [], (
            path
        )
