"""Plots of readings against their threshold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.domain.reading import Direction
from riskcockpit.present.plot import axis, marked, over_time, plot, recent, squeeze, strip
from riskcockpit.present.text import UNICODE

LEAST = Direction.AT_LEAST
NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


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


def every(seconds: int, count: int, start: int = 0) -> list[tuple[datetime, float]]:
    return [(NOW + timedelta(seconds=start + i * seconds), 0.9) for i in range(count)]


def test_the_newest_reading_is_in_the_last_cell_and_an_event_under_its_time() -> None:
    long, short = over_time(every(60, 240), 88, LEAST), over_time(every(60, 5), 28, LEAST)
    assert len(long.values) == 80
    assert long.values[-1] is not None
    assert long.cell(NOW + timedelta(minutes=120)) == 40
    assert long.cell(NOW + timedelta(days=9)) == 79
    assert short.values == (0.9,) * 20, "few values are drawn wider"


def test_time_without_readings_takes_its_room_and_shows_nothing() -> None:
    drawn = over_time([*every(60, 20), *every(60, 20, 60 * 60)], 200, LEAST)
    assert drawn.values[-1] == drawn.values[0] == 0.9
    empty = [i for i, value in enumerate(drawn.values) if value is None]
    assert 0.4 < len(empty) / len(drawn.values) < 0.6


def test_a_long_silence_ends_the_plot_once_there_is_something_to_show_since() -> None:
    old = every(5, 60, -20 * 86_400)
    assert recent([*old, *every(5, 100)]) == every(5, 100)
    assert len(recent([*old, *every(5, 3)])) == 63
    assert len(recent(every(5, 100))) == 100


def test_an_axis_never_cuts_a_word_in_two() -> None:
    for width in range(10, 40):
        (run,) = axis("20 d ago", "now", width)
        assert run.text.split() in (["20", "d", "ago", "now"], ["now"])


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


def test_a_strip_of_80_cells_names_every_grade_before_it_draws_a_bar() -> None:
    counts = [("critical", "", 60), ("high", "", 541), ("medium", "", 1_659), ("low", "", 439)]
    text = "".join(run.text for run in strip(counts, 57))
    assert "░ low 439" in text
    assert len(text) <= 57
