"""Pages: what is here, what is asked for, what goes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.tui.paging import Pages


def filled(total: int, size: int = 10, kept: int = 3) -> Pages[int]:
    return Pages(total, size=size, kept=kept)


def test_a_page_is_asked_for_once_until_it_arrives_or_is_lost() -> None:
    pages = filled(100)
    assert pages.ask(0, 5) == (0,)
    assert pages.ask(0, 5) == ()
    pages.forget([0])
    assert pages.ask(0, 5) == (0,)
    pages.put(0, range(10))
    assert pages.ask(0, 5) == ()
    assert pages.row(7) == 7


def here(first: int, last: int) -> Pages[int]:
    """Return a hundred rows of which the pages `first` to `last` are here."""
    pages = filled(100, kept=10)
    for number in range(first, last + 1):
        pages.put(number, range(number * 10, number * 10 + 10))
    return pages


def test_the_next_pages_in_the_direction_of_travel_are_asked_for_ahead() -> None:
    assert here(3, 4).ask_ahead(30, 45, 1) == (5, 6, 7, 2)
    assert here(3, 4).ask_ahead(30, 45, -1) == (2, 1, 0, 5)
    assert here(9, 9).ask_ahead(90, 99, 1) == (8,)
    assert here(0, 0).ask_ahead(0, 5, -1) == (1,)


def test_pages_ahead_wait_until_what_is_seen_is_here() -> None:
    pages = here(3, 3)
    assert pages.ask(30, 45) == (4,)
    assert pages.ask_ahead(30, 45, 1) == ()
    pages.put(4, range(40, 50))
    assert pages.ask_ahead(30, 45, 1) == (5, 6, 7, 2)
    assert pages.ask_ahead(30, 45, 1) == ()


def test_rows_beyond_the_end_are_not_waited_for() -> None:
    pages = here(3, 4)
    assert pages.are_here(30, 49)
    assert not pages.are_here(29, 49)
    assert not pages.are_here(30, 50)
    assert here(9, 9).are_here(95, 140)
    assert filled(0).are_here(0, 20)


def test_the_least_recently_used_page_goes_first() -> None:
    pages = filled(100)
    for number in range(3):
        pages.put(number, range(number * 10, number * 10 + 10))
    assert pages.row(0) == 0
    pages.put(3, range(30, 40))
    assert pages.row(0) == 0
    assert pages.row(10) is None


def test_an_empty_list_asks_for_nothing() -> None:
    assert filled(0).ask(0, 40) == ()
    assert filled(0).ask_ahead(0, 40, 1) == ()


@given(st.integers(0, 5_000), st.integers(1, 300), st.integers(-50, 6_000), st.integers(0, 60))
def test_every_row_that_is_seen_is_asked_for(total: int, size: int, top: int, height: int) -> None:
    pages: Pages[int] = Pages(total, size=size, kept=100)
    wanted = pages.ask(top, top + height)
    rows = range(max(0, top), min(top + height, total - 1) + 1)
    for number in wanted:
        start, length = pages.span(number)
        assert length > 0
        pages.put(number, range(start, start + length))
    if top < total:
        assert all(pages.row(row) == row for row in rows)
