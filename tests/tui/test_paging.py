"""Pages: what is here, what is asked for, what goes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.tui.paging import Pages


def filled(total: int, size: int = 10, kept: int = 3) -> Pages[int]:
    return Pages(total, size=size, kept=kept)


def test_a_page_is_asked_for_once_until_it_arrives_or_is_lost() -> None:
    pages = filled(100)
    assert pages.ask(0, 5, 0) == (0,)
    assert pages.ask(0, 5, 0) == ()
    pages.forget([0])
    assert pages.ask(0, 5, 0) == (0,)
    pages.put(0, range(10))
    assert pages.ask(0, 5, 0) == ()
    assert pages.row(7) == 7


def test_the_next_pages_in_the_direction_of_travel_come_along() -> None:
    assert filled(100).ask(30, 45, 1) == (3, 4, 5, 6)
    assert filled(100).ask(30, 45, -1) == (3, 4, 2, 1)
    assert filled(100).ask(90, 99, 1) == (9,)
    assert filled(100).ask(0, 5, -1) == (0,)


def test_the_least_recently_used_page_goes_first() -> None:
    pages = filled(100)
    for number in range(3):
        pages.put(number, range(number * 10, number * 10 + 10))
    assert pages.row(0) == 0
    pages.put(3, range(30, 40))
    assert pages.row(0) == 0
    assert pages.row(10) is None


def test_an_empty_list_asks_for_nothing() -> None:
    assert filled(0).ask(0, 40, 1) == ()


@given(st.integers(0, 5_000), st.integers(1, 300), st.integers(-50, 6_000), st.integers(0, 60))
def test_every_row_that_is_seen_is_asked_for(total: int, size: int, top: int, height: int) -> None:
    pages: Pages[int] = Pages(total, size=size, kept=100)
    wanted = pages.ask(top, top + height, 1)
    rows = range(max(0, top), min(top + height, total - 1) + 1)
    for number in wanted:
        start, length = pages.span(number)
        assert length > 0
        pages.put(number, range(start, start + length))
    if top < total:
        assert all(pages.row(row) == row for row in rows)
