"""Plots of readings against their threshold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.domain.reading import Direction
from riskcockpit.present.plot import column, marked, plot, squeeze, strip
from riskcockpit.present.text import UNICODE

LEAST = Direction.AT_LEAST


def test_values_beyond_the_threshold_carry_the_alarm_token() -> None:
    rows = plot([0.95, 0.94, 0.8], 11, 4, threshold=0.9, direction=LEAST)
    assert [run.token for run in rows[-1]][1:] == ["trend", "alarm"]
    assert any("─" in run.text and run.token == "warn" for row in rows for run in row)
    assert any(row[0].text.strip() == "0.9" for row in rows)


def test_squeezing_keeps_the_worst_so_that_no_breach_is_lost() -> None:
    values = [0.95] * 500
    values[321] = 0.2
    assert 0.2 in squeeze(values, 40, LEAST)
    assert -0.2 in squeeze([-v for v in values], 40, Direction.AT_MOST)


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


def test_a_day_without_a_value_is_a_gap_and_not_a_zero() -> None:
    rows = plot([0.9, None, 0.9], 11, 2, threshold=None, direction=LEAST)
    bottom = "".join(run.text for run in rows[-1])[8:]
    assert [cell == " " for cell in bottom] == [False, True, False]


def test_letters_that_want_one_column_stand_beside_each_other() -> None:
    (run,) = marked([(3, "a"), (3, "b"), (19, "c"), (19, "d")], 28)
    assert run.text[8:].replace(" ", "") in ("abdc", "badc")
    assert len(run.text) <= 28


def test_the_newest_reading_is_in_the_last_column() -> None:
    assert column(239, 240, 88) == 79
    assert column(4, 5, 88) == 4


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=5), st.integers(20, 160))
def test_a_strip_shows_every_grade_there_is_in_a_shade_of_its_own(
    numbers: list[int], width: int
) -> None:
    words = ("critical", "high", "medium", "low", "info")
    counts = [(word, "", number) for word, number in zip(words, numbers, strict=True)]
    text = "".join(run.text for run in strip(counts, width))
    shades = [shade for shade, number in zip(UNICODE.shades, numbers, strict=True) if number]
    assert len(text) <= width + 5
    if text and width >= 30:
        assert all(shade in text for shade in shades)
