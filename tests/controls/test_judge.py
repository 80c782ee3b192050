"""Verdicts: missing, old or broken evidence never passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.controls.judge import judged, outdated, rows_of
from riskcockpit.domain.control import ControlRow, RowStatus, Verdict

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAMES = ("resource", "status", "reason", "owner")
OLD = ("scan is 3 h old, 2 h at most is allowed",)
statuses = st.sampled_from(RowStatus)
rows = st.lists(st.builds(ControlRow, st.text(min_size=1), statuses, st.text()))


def row(status: str, **dimensions: str) -> ControlRow:
    return ControlRow("thing", RowStatus(status), "because", dimensions)


@pytest.mark.parametrize(
    ("given_rows", "old", "verdict"),
    [
        ([], (), Verdict.NO_DATA),
        ([], OLD, Verdict.NO_DATA),
        ([row("skip")], (), Verdict.NO_DATA),
        ([row("ok"), row("skip"), row("info")], (), Verdict.OK),
        ([row("ok")], OLD, Verdict.STALE),
        ([row("alarm")], OLD, Verdict.STALE),
        ([row("ok"), row("alarm")], (), Verdict.ALARM),
        ([row("alarm"), row("error")], OLD, Verdict.ERROR),
        ([row("alarm", waived_by="w1"), row("ok")], (), Verdict.OK),
        ([row("alarm", waived_by="w1"), row("alarm", waived_by="")], (), Verdict.ALARM),
        ([row("error", waived_by="w1")], (), Verdict.ERROR),
    ],
)
def test_the_verdict_of(
    given_rows: list[ControlRow], old: tuple[str, ...], verdict: Verdict
) -> None:
    assert judged("c", NOW, given_rows, old).verdict is verdict


@given(rows, st.booleans())
def test_ok_needs_fresh_rows_that_are_all_fine(given_rows: list[ControlRow], is_old: bool) -> None:
    result = judged("c", NOW, given_rows, OLD if is_old else ())
    if result.verdict is Verdict.OK:
        assert result.passed > 0
        assert result.failed == 0
        assert not is_old
    assert bool(result.message) == (result.verdict not in (Verdict.OK, Verdict.ALARM))


def test_a_waived_alarm_keeps_its_status_and_does_not_count_as_failed() -> None:
    result = judged("c", NOW, [row("alarm", waived_by="w1"), row("alarm"), row("info")], ())
    assert [r.status for r in result.rows][:2] == [RowStatus.ALARM, RowStatus.ALARM]
    assert (result.passed, result.failed) == (1, 1)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ((None, "ok", "fine", "team"), "the resource is NULL"),
        (("thing", "ok", None, "team"), "the reason is NULL"),
        (("thing", "pass", "fine", "team"), "the status is 'pass'"),
        (("thing", None, "fine", "team"), "the status is None"),
        (("thing", "OK", "fine", "team"), "the status is 'OK'"),
    ],
)
def test_a_row_that_breaks_the_contract_is_an_error_and_keeps_its_dimensions(
    values: tuple[str | None, ...], why: str
) -> None:
    (found,) = rows_of(NAMES, [values])
    assert found.status is RowStatus.ERROR
    assert found.reason.startswith(why)
    assert found.dimensions == {"owner": "team"}


def test_every_other_column_is_a_dimension_in_words() -> None:
    (found,) = rows_of(("tier", *NAMES), [(1, "thing", "ok", "fine", None)])
    assert found.dimensions == {"tier": "1", "owner": ""}


def test_age_is_judged_for_the_inputs_that_have_a_limit() -> None:
    inputs = {"scan": timedelta(hours=2), "finding": None, "reading": timedelta(hours=2)}
    ages = {"scan": NOW - timedelta(hours=2), "reading": NOW - timedelta(hours=2, seconds=1)}
    assert outdated(inputs, ages, NOW) == ("reading is 2 h old, 2 h at most is allowed",)
    assert outdated(inputs, {"scan": None}, NOW) == ("scan is empty", "reading is empty")
