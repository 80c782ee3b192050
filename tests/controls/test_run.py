"""Running controls: faults of a control are results, and time is given."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from riskcockpit.config.paths import shipped
from riskcockpit.controls.cases import fill, run_cases
from riskcockpit.controls.pack import Control, load
from riskcockpit.controls.run import evaluate, newest
from riskcockpit.domain.control import ControlResult, Verdict
from riskcockpit.errors import InputError
from riskcockpit.store.scratch import scratch

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BASE = load(shipped("config", "controls"))[0]
Rows = dict[str, Iterable[Mapping[str, Any]]]
ROW = "SELECT 'x' AS resource, 'ok' AS status, 'fine' AS reason"


def run(sql: str, **changes: object) -> ControlResult:
    control = dataclasses.replace(BASE, sql=sql, inputs={"asset": None}, params={})
    with scratch(NOW) as writer:
        return evaluate(writer, (dataclasses.replace(control, **changes),), NOW)[0]  # type: ignore[arg-type] # any field


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELEC 1", "syntax error"),
        ("SELECT 'x' AS resource, 'ok' AS status", "must return a column reason"),
        (f"{ROW}, [1] AS more", "returns the column more"),
        (f"{ROW} FROM finding", "reads 'finding', which it may not"),
        (f"{ROW} WHERE now() > $as_of", "calls now()"),
        (f"{ROW} WHERE CAST(resource AS INTEGER) = 1", "Could not convert string"),
        (f"{ROW} FROM range(10001)", "more than 10,000 rows"),
        (f"{ROW} WHERE $limit > 1", "$limit"),
        ("WITH d AS (DELETE FROM asset RETURNING name) SELECT name, 'ok', '' FROM d", "control"),
    ],
)
def test_a_control_at_fault_is_an_error_that_says_why(sql: str, why: str) -> None:
    result = run(sql)
    assert result.verdict is Verdict.ERROR
    assert why in result.message
    assert result.failed == 1


def test_one_control_at_fault_does_not_touch_the_others() -> None:
    bad = dataclasses.replace(BASE, id="bad", sql=f"{ROW} WHERE CAST(resource AS INTEGER) = 1")
    good = dataclasses.replace(BASE, id="good", sql=ROW, inputs={"asset": None})
    worse = dataclasses.replace(BASE, id="worse", sql="SELEC '", inputs={"asset": None})
    long = dataclasses.replace(BASE, id="long", sql=f"{ROW} --{'x' * 100_000}")
    with scratch(NOW) as writer:
        for some in ((bad, good), (worse, good), (good, worse), (long, good)):
            results = evaluate(writer, (*some, *some), NOW)
            assert {(one.control_id, one.verdict) for one in results} == {
                (one.id, Verdict.OK if one is good else Verdict.ERROR) for one in some
            }


def test_the_same_data_and_moment_give_the_same_results() -> None:
    pack = load(shipped("config", "controls"))
    rows: Rows = {
        "model_alias": [{"model": n, "alias": "champion", "version": 2} for n in "abc"],
        "model_version": [{"model": n, "version": 2, "seen_at": "-1h"} for n in "abc"],
        "reading": [{"subject_kind": "model", "subject": n, "at": "-1m"} for n in "abc"],
    }
    with scratch(NOW) as writer:
        fill(writer, rows, NOW)
        first = evaluate(writer, pack, NOW)
        assert evaluate(writer, pack, NOW) == first
    assert all(result.at == NOW for result in first)


def test_freshness_is_when_evidence_was_true_not_when_it_was_read() -> None:
    hour = timedelta(hours=1)
    rows: Rows = {
        "scan": [
            {"id": "a", "scanned_at": NOW - 3 * hour, "seen_at": NOW},
            {"id": "b", "scanned_at": NOW + 3 * hour, "seen_at": NOW},
        ],
        "reading": [{"at": NOW - 2 * hour, "seen_at": NOW}],
    }
    with scratch(NOW) as writer:
        fill(writer, rows, NOW)
        ages = newest(writer, NOW)
    assert ages["scan"] == NOW - 3 * hour
    assert ages["reading"] == ages["finding"] == NOW - 2 * hour
    assert ages["model"] is None


def test_a_control_without_cases_fails_its_test() -> None:
    bare = dataclasses.replace(BASE, cases=())
    assert [outcome.is_ok for outcome in run_cases((bare,))] == [False]


def test_a_case_that_differs_says_how() -> None:
    def outcome(control: Control) -> str:
        return next(o.message for o in run_cases((control,)) if not o.is_ok)

    case = BASE.cases[0]
    wrong = dataclasses.replace(BASE, cases=(dataclasses.replace(case, verdict=Verdict.ALARM),))
    assert outcome(wrong) == "the verdict is ok, not alarm"
    rows = {**case.rows, "asset": ({"nmae": "x"},)}
    misspelt = dataclasses.replace(BASE, cases=(dataclasses.replace(case, rows=rows),))
    assert outcome(misspelt) == "table asset has no column 'nmae'"


def test_moments_in_cases_are_relative_or_whole() -> None:
    with scratch(NOW) as writer, pytest.raises(InputError, match="is no moment"):
        fill(writer, {"asset": [{"name": "a", "seen_at": "yesterday"}]}, NOW)
