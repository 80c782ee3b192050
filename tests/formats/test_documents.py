"""JSON as it is found: what a mistake in it costs, and what it takes with it."""

from __future__ import annotations

import json
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import documents
from riskcockpit.formats.documents import check_depth
from riskcockpit.formats.registry import read_report
from support.mutating import MUTATING


class Counting:
    """A decoder that notes how much text was walked through for mistakes."""

    def __init__(self) -> None:
        self.walked = 0
        self._decoder = json.JSONDecoder(strict=False)

    def raw_decode(self, text: str, start: int) -> tuple[Any, int]:
        try:
            return self._decoder.raw_decode(text, start)
        except json.JSONDecodeError as fault:
            self.walked += fault.pos  # for the number of the line
            raise


@pytest.mark.parametrize("line", ["{x}", '{"a": "', '{"a":', "[1,"])
def test_what_mistakes_cost_grows_with_the_text_and_not_with_its_square(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting()
    monkeypatch.setattr(documents, "_DECODER", counting)
    count = 3_000
    text = "\n".join(["{x", *[line, "{x"] * count, '{"b": 2}'])
    found = documents.lenient(text.encode(), "broken")
    assert json.loads(found.parts[-1]) == {"b": 2}
    assert found.unreadable[0] == "line 1 is not readable JSON"
    assert found.unreadable[-1] == f"line {2 * count + 1} is not readable JSON"
    assert counting.walked < 2 * (documents.MOST_FAILURES + 1) * len(text)


def test_a_value_over_several_lines_is_read_among_broken_ones() -> None:
    text = '{x\n{\n "a": "one\ntwo",\n "n": NaN\n}\n{"b"\n: 2} {"c": 3},\n{"d": 4\n'
    found = documents.lenient(text.encode(), "broken")
    values = [msgspec.json.decode(part) for part in found.parts]
    assert [list(value) for value in values] == [["a", "n"], ["b"], ["c"]]
    assert values[0]["a"] == "one\ntwo"
    assert found.unreadable == ("line 1 is not readable JSON", "line 9 is not readable JSON")


def test_depth_that_only_an_inner_list_passes_is_told() -> None:
    said = set()
    for depth in range(sys.getrecursionlimit()):
        inner = b"[" * depth + b"]" * depth
        content = b'{"Findings": [{"SchemaVersion": "2018-10-08", "Id": %s}]}' % (inner or b"0")
        try:
            read_report(content, MUTATING, name="asff")
        except FormatError as fault:
            said.add(fault.message)
    assert said == {"the report is nested too deeply to be read"}


@given(st.lists(st.sampled_from(["[", "{", "{x"]), min_size=1, max_size=60), st.integers(1, 60))
def test_a_record_is_refused_when_it_is_nested_deeper_than_the_limit(
    levels: list[str], most: int
) -> None:
    value: Any = [] if levels[0] == "[" else {}
    for level in levels[1:]:
        value = [value] if level == "[" else {level[1:]: value}
    raw = msgspec.json.encode(value)
    if len(levels) <= most:
        check_depth(raw, most)
    else:
        with pytest.raises(SkipRecordError, match=f"nested deeper than {most} levels"):
            check_depth(raw, most)
