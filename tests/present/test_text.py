"""Words for numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.domain.reading import Direction
from riskcockpit.present.text import (
    ASCII,
    UNICODE,
    age,
    duration,
    limit,
    measure,
    money,
    percent,
    signed_money,
    sparkline,
    state_mark,
    trend_arrow,
    until,
)

NOW = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"), (0, "0 s"), (59, "59 s"), (60, "1 min"), (7_199, "119 min"), (7_200, "2 h"),
        (172_799, "47 h"), (172_800, "2 d"), (86_400 * 69, "69 d"), (86_400 * 70, "10 wk"),
    ],
)  # fmt: skip
def test_a_span_is_said_in_its_largest_fitting_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_ages_and_deadlines_are_told_from_now() -> None:
    assert age(NOW - timedelta(minutes=4), NOW) == "4 min"
    assert age(NOW + timedelta(minutes=4), NOW) == "0 s", "clocks of two machines may differ"
    assert age(None, NOW) == "never"
    assert until(NOW + timedelta(hours=9), NOW) == "in 9 h"
    assert until(NOW - timedelta(hours=9), NOW) == "9 h over"


@pytest.mark.parametrize(
    ("amount", "compact", "exact"),
    [
        ("0", "€0", "€0.00"), ("300.3", "€300", "€300.30"), ("999.4", "€999", "€999.40"),
        ("1000", "€1 k", "€1,000.00"), ("9950", "€10 k", "€9,950.00"),
        ("412000", "€412 k", "€412,000.00"), ("999999", "€1 m", "€999,999.00"),
        ("2400000", "€2.4 m", "€2,400,000.00"), ("123456789", "€123 m", "€123,456,789.00"),
        ("1200000000", "€1.2 bn", "€1,200,000,000.00"), ("-38000", "-€38 k", "-€38,000.00"),
    ],
)  # fmt: skip
def test_money_is_short_on_screen_and_exact_where_it_counts(
    amount: str, compact: str, exact: str
) -> None:
    value = Money(Decimal(amount), "EUR")
    assert money(value) == compact
    assert money(value, exact=True) == exact


def test_money_names_currencies_without_a_symbol_and_is_ascii_on_demand() -> None:
    assert money(Money(Decimal(1_500), "CHF")) == "CHF 1.5 k"
    assert money(Money(Decimal(1_500), "EUR"), glyphs=ASCII) == "EUR 1.5 k"
    assert money(None) == "–"  # noqa: RUF001 - an en dash is meant


@given(st.decimals(-(10**12), 10**12, places=2))
def test_short_money_is_never_long(amount: Decimal) -> None:
    assert len(money(Money(amount, "EUR"))) <= 9


def test_changes_carry_sign_and_arrow() -> None:
    more, less = Money(Decimal(1_100_000), "EUR"), Money(Decimal(-38_000), "EUR")
    assert (trend_arrow(more), signed_money(more)) == ("↑", "+€1.1 m")
    assert (trend_arrow(less), signed_money(less)) == ("↓", "-€38 k")
    assert (trend_arrow(Money.zero("EUR")), trend_arrow(None)) == ("=", "")


def test_less_than_all_is_never_shown_as_all() -> None:
    assert percent(99.96) == "99.9 %"
    assert percent(100.0) == "100 %"
    assert percent(98.0) == "98 %"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (99.44, "percent", "99.4 %"), (61.2, "hours", "61 h"), (6.25, "minutes", "6.2 min"),
        (22.0, "seconds", "22 s"), (7_300.0, "seconds", "2 h"), (14.0, "count", "14"),
        (2.5, "days", "2.5 d"), (None, "percent", "–"),  # noqa: RUF001 - an en dash is meant
    ],
)  # fmt: skip
def test_a_value_is_said_in_its_unit(value: float | None, unit: str, text: str) -> None:
    assert measure(value, unit) == text


def test_a_target_says_on_which_side_is_good() -> None:
    assert limit(99, "percent", Direction.AT_LEAST) == "≥ 99 %"
    assert limit(48, "hours", Direction.AT_MOST, ASCII) == "<= 48 h"


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_every_state_has_its_own_word_and_sign(glyphs: object) -> None:
    marks = [state_mark(state, glyphs) for state in KpiState]  # type: ignore[arg-type] # of Glyphs
    assert len({mark.word for mark in marks}) == len(KpiState)
    assert len({mark.symbol for mark in marks}) == len(KpiState)


@given(st.lists(st.none() | st.floats(-1e9, 1e9), max_size=60), st.integers(1, 40))
def test_a_sparkline_has_one_sign_a_value_and_never_more_than_fit(
    values: list[float | None], width: int
) -> None:
    bars = sparkline(values, width)
    known = any(value is not None for value in values[-width:])
    assert len(bars) == (min(len(values), width) if known else 0)


def test_a_sparkline_shows_rise_gaps_and_steadiness() -> None:
    assert sparkline([1, 2, 3], 3) == "▁▅█"
    assert sparkline([1, None, 3], 3) == "▁ █"
    assert set(sparkline([99.40, 99.41, 99.40], 3)) <= set("▄▅"), "noise is not a mountain"
