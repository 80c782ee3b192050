"""Formats that a home describes itself: the examples of the documentation, paths, refusals."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.errors import ConfigError, FormatError
from riskcockpit.formats.mapped.definition import load, read_mapping
from riskcockpit.formats.mapped.reader import MappedFormat
from riskcockpit.formats.mapped.selecting import parsed_path, selected
from support.sarif_logs import OPTIONS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/mappings.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
SMALL = """
name: small
title: Small
kind: json
when: {has: [small]}
tool: Small
records: small[*]
fields: {title: t, severity: s, file_path: f}
"""


def mapped(tmp_path: Path, text: str = SMALL) -> MappedFormat:
    file = tmp_path / "small.yaml"
    file.write_text(text)
    return MappedFormat(read_mapping(file))


@pytest.mark.parametrize("number", range(3))
def test_the_examples_of_the_documentation_are_read(number: int, tmp_path: Path) -> None:
    format_ = mapped(tmp_path, EXAMPLES[number])
    (case,) = format_.mapping.cases
    content = case.content.encode()
    assert format_.matches(content)
    (scan,) = format_.read(content, OPTIONS).scans
    assert scan.problems == ()
    assert (len(scan.observations), len(scan.evidence)) == (case.read, case.evidence)
    assert all(json.loads(seen.raw) for seen in scan.observations)


def test_there_are_three_examples() -> None:
    assert len(EXAMPLES) == 3


def test_every_record_ends_somewhere(tmp_path: Path) -> None:
    records: list[Any] = [
        {"t": "a", "s": "high"},
        {"t": "b", "s": "who knows"},
        {"s": "low"},
        7,
        None,
    ]
    content = json.dumps({"small": records}).encode()
    (scan,) = mapped(tmp_path).read(content, OPTIONS).scans
    assert [seen.title for seen in scan.observations] == ["a"]
    assert [problem.where for problem in scan.problems] == [f"record {n}" for n in (2, 3, 4, 5)]


@pytest.mark.parametrize("records", ["[]", "null", '[{"t": "a", "s": "low"}]'])
def test_a_list_of_no_records_is_not_a_list_that_is_missing(records: str, tmp_path: Path) -> None:
    report = mapped(tmp_path).read(f'{{"small": {records}}}'.encode(), OPTIONS)
    assert (report.scans[0].is_partial, report.notes) == (False, ())


def test_words_that_yaml_takes_for_numbers_and_truth_values_are_words(tmp_path: Path) -> None:
    text = SMALL + "severity: {5: critical, 4: high}\nstates: {field: ok, evidence: [true]}\n"
    records = [
        {"t": "a", "s": 5, "ok": False},
        {"t": "b", "s": "4", "ok": True},
        {"t": "c", "s": 4},
    ]
    (scan,) = mapped(tmp_path, text).read(json.dumps({"small": records}).encode(), OPTIONS).scans
    assert [(seen.title, seen.severity.word) for seen in scan.observations] == [
        ("a", "critical"), ("c", "high"),
    ]  # fmt: skip
    assert len(scan.evidence) == 1


def test_a_report_without_the_place_of_records_closes_nothing(tmp_path: Path) -> None:
    report = mapped(tmp_path).read(b'{"smaller": []}', OPTIONS)
    assert report.scans[0].is_partial
    assert report.notes == (
        "nothing stands where the mapping looks for records: nothing may be closed",
    )


@pytest.mark.parametrize("content", [b"{", b"", b"<small/>", b"\xff\xfe"])
def test_content_of_another_kind_is_refused_as_a_whole(content: bytes, tmp_path: Path) -> None:
    assert not mapped(tmp_path).matches(content)
    with pytest.raises(FormatError):
        mapped(tmp_path).read(content, OPTIONS)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("when: {has: [small]}", "when: {}", "by what the format is known"),
        ("when: {has: [small]}", "when: {hass: [small]}", 'did you mean "has"'),
        ("title: t,", "titel: t,", "is no field of a finding"),
        ("title: t,", "titel: t,", 'did you mean "title"'),
        ("title: t, ", "", "no title"),
        ("severity: s,", "", "no severity"),
        ("records: small[*]", "records: small[", "position 6"),
        ("kind: json", "kind: yaml", "kind"),
        ("title: t,", "title: t..x,", "position 2"),
    ],
)
def test_a_bad_mapping_is_refused_with_its_place(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        mapped(tmp_path, SMALL.replace(old, new))
    assert words in f"{caught.value.message} {caught.value.hint}"
    assert "small.yaml" in caught.value.message
    assert re.search(r"line \d+", caught.value.message)


def test_two_mappings_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yml"):
        (tmp_path / name).write_text(SMALL)
    with pytest.raises(ConfigError, match="there twice"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", [{"a": [{"b": 1}, {"b": 2}], "c.d": 3}]),
        ("a[*].b", [1, 2]),
        ("a[1].b", [2]),
        ("a[9].b", []),
        ('"c.d"', [3]),
        ('"c.d"[*]', [3]),
        ("a.b", []),
        ("x.y[*].z", []),
    ],
)
def test_paths(path: str, found: list[Any]) -> None:
    value = {"a": [{"b": 1}, {"b": 2}], "c.d": 3}
    assert list(selected(value, parsed_path(path))) == found


@given(st.text(max_size=30))
def test_any_text_is_a_path_or_is_refused(text: str) -> None:
    try:
        path = parsed_path(text)
    except ValueError as fault:
        assert "position" in str(fault)
    else:
        list(selected({"a": [1]}, path))
