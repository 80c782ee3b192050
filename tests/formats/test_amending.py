"""One odd field does not cost a record; what a record is known by, and its lists, still do."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from riskcockpit.errors import SkipRecordError
from riskcockpit.formats.amending import decode_amended
from riskcockpit.formats.registry import read_report
from support.sarif_logs import OPTIONS


class Inner(msgspec.Struct):
    line: int | None = None
    score: float | None = None


class Outer(msgspec.Struct):
    id: str
    names: list[str] | None = None
    inner: Inner | None = None
    places: list[Inner] | None = None
    scores: dict[str, Inner] | None = None
    is_on: bool | None = None


DECODER = msgspec.json.Decoder(Outer)


def amended(vital: frozenset[str] = frozenset(), **members: Any) -> Outer:
    return decode_amended(json.dumps({"id": "a"} | members).encode(), DECODER, vital)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"names": "CWE-1"}, Outer("a", names=["CWE-1"])),
        ({"names": [1, {}, "b"]}, Outer("a", names=["1", "b"])),
        ({"names": 5}, Outer("a", names=["5"])),
        ({"inner": {"line": "12", "score": "7.5"}}, Outer("a", inner=Inner(12, 7.5))),
        ({"inner": {"line": 3.0}}, Outer("a", inner=Inner(3))),
        ({"inner": {"line": "last"}}, Outer("a", inner=Inner())),
        ({"places": {"line": 1}}, Outer("a", places=[Inner(1)])),
        ({"places": [{"line": 1}, None, {"line": 2}]}, Outer("a", places=[Inner(1), Inner(2)])),
        ({"places": [{"line": "1"}] * 30}, Outer("a", places=[Inner(1)] * 30)),
        ({"scores": {"x": {"score": []}, "y": {"score": 1}}}, Outer("a", scores={
            "x": Inner(), "y": Inner(score=1)})),
        ({"is_on": "True"}, Outer("a", is_on=True)),
        ({"is_on": {}}, Outer("a")),
    ],
)  # fmt: skip
def test_an_odd_member_is_put_right_or_counts_as_missing(
    members: dict[str, Any], expected: Outer
) -> None:
    assert amended(**members) == expected


@pytest.mark.parametrize(
    ("vital", "members"),
    [
        (frozenset(), {"id": {}}),
        (frozenset({"id"}), {"id": 5}),
        (frozenset({"inner"}), {"inner": {"line": []}}),
        (frozenset({"names"}), {"names": 5}),
        (frozenset(), {"places": {"line": {}}, "inner": [5], "names": {}, "id": [], "is_on": {}}),
    ],
)
def test_what_cannot_be_done_without_is_told(
    vital: frozenset[str], members: dict[str, Any]
) -> None:
    with pytest.raises(SkipRecordError):
        amended(vital, **members)


def test_a_result_of_sarif_bears_odd_fields_and_its_run_odd_invocations() -> None:
    place = {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": "12"}}
    results = [
        {"ruleId": "R", "message": "a bare text", "locations": {"physicalLocation": place}},
        {"ruleId": {}, "message": {"text": "of no rule that can be told"}},
        {"ruleId": "R", "message": {"text": "line {0}", "arguments": [7]}},
    ]
    run = {
        "tool": {"driver": {"name": "T", "rules": [{"id": "R", "helpUri": 5}]}},
        "invocations": {"executionSuccessful": "true"},
        "results": results,
    }
    log = json.dumps({"version": "2.1.0", "runs": [run]}).encode()
    (scan,) = read_report(log, OPTIONS).scans
    seen, told = scan.observations
    assert told.title == "line 7"
    assert (seen.title, seen.locations[0].path, seen.locations[0].line) == (
        "a bare text",
        "a.py",
        12,
    )
    assert scan.is_successful
    assert [problem.where for problem in scan.problems] == ["runs[0].results[1]"]


def test_results_of_sarif_that_are_no_list_are_a_problem() -> None:
    run = {"tool": {"driver": {"name": "T"}}, "results": 5}
    log = json.dumps({"version": "2.1.0", "runs": [run]}).encode()
    (scan,) = read_report(log, OPTIONS).scans
    assert scan.problems
    assert scan.is_partial
