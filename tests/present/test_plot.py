"""Plots of readings against their threshold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.domain.reading import Direction
from riskcockpit.present.plot import plot, squeeze

LEAST = Direction.AT_LEAST


def test_values_beyond_the_threshold_carry_the_alarm_token() -> None:
    rows = plot([0.95, 0.94, 0.8], 11, 4, threshold=0.9, direction=LEAST)
    assert [run.token for run in rows[-1]][1:] == ["trend", "alarm"]
    assert any("─" in run.text and run.token == "warn" for row in rows for run in row)
    assert any(row[0].text.strip() == "0.9" for row in rows)


def test_squeezing_keeps_the_worst_so_that_no_breach_is_lost() -> None:
    values = [0.95] * 500
    values[321] = 0.2
    assert min(squeeze(values, 40, LEAST)) == 0.2
    assert max(squeeze([-v for v in values], 40, Direction.AT_MOST)) == -0.2


@given(
    st.lists(st.floats(-1e6, 1e6), max_size=300),
    st.integers(1, 120),
    st.integers(1, 8),
    st.none() | st.floats(-1e6, 1e6),
)
def test_a_plot_is_never_wider_or_higher_than_its_room(
    values: list[float], width: int, height: int, threshold: float | None
) -> None:
    rows = plot(values, width, height, threshold=threshold, direction=LEAST)
    assert len(rows) in (0, height)
    assert all(sum(len(run.text) for run in row) <= max(width, 9) for row in rows)
