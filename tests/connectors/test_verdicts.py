"""A reading is a breach exactly when the tool that measured it said so."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.connectors.verdicts import Bound, at_least, at_most, failures, judged, once
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind

NUMBERS = st.floats(-1e300, 1e300)
BOUNDS = st.lists(st.builds(Bound, NUMBERS, st.sampled_from(Direction)), max_size=3)


def reading(value: float, metric: str = "m", **changes: float | None) -> Reading:
    return Reading(
        SubjectKind.MODEL, "pd", metric, MetricClass.ACCURACY, value,
        datetime(2026, 3, 2, tzinfo=UTC), threshold=changes.get("threshold"),
    )  # fmt: skip


@given(NUMBERS, BOUNDS, st.booleans())
def test_the_verdict_is_kept_whatever_the_bounds(
    value: float, bounds: list[Bound], failed: bool
) -> None:
    found = judged(reading(value), bounds, failed=failed)
    assert found[0].value == value
    assert any(r.is_breach for r in found) is failed


@given(NUMBERS)
def test_a_limit_that_is_itself_bad_is_expressed(limit: float) -> None:
    for bounds in (at_least(limit), at_most(limit)):
        (found,) = judged(reading(limit), tuple(bounds), failed=True)
        assert found.is_breach


def test_bounds_that_are_no_numbers_are_none() -> None:
    assert [*at_least(None), *at_most(float("nan")), *at_most(float("inf"))] == []


def test_one_series_has_one_reading_at_a_moment() -> None:
    failed = failures(reading(1.0), 1)
    found = once([reading(1.0), reading(2.0, threshold=3.0), failed, failures(reading(1.0), 2)])
    assert [(r.metric, r.value, r.threshold) for r in found] == [
        ("m", 2.0, 3.0), ("m.failed", 3.0, 0.0),
    ]  # fmt: skip
