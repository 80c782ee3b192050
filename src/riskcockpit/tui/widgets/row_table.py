"""The table behind every list: draws only what is seen, from pages that arrive when they arrive.

It fetches nothing: missing rows are drawn as an ellipsis and asked for by `RowsWanted`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, TypeVar

from textual import events
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.timer import Timer

from riskcockpit.present.columns import Column, Frame
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import JumpWanted, RowChosen, RowPointed, SortWanted
from riskcockpit.tui.paging import Pages
from riskcockpit.tui.row_news import RowNews
from riskcockpit.tui.widgets.row_painter import Look, RowPainter
from riskcockpit.tui.widgets.row_travel import RowTravel

T = TypeVar("T")

NEWS_SECONDS = 4.0
"""How long a row that is new or has changed keeps its sign."""
_MEASURED = 100
"""Rows to both sides of the cursor whose texts say how wide columns are."""
JUMPS = "asdfghjklqwertyuiopzxcvbnm"
"""Letters that jump to the rows that are seen, from the top."""


class RowTable(RowTravel[T], can_focus=True):
    """Rows under a line of titles, with a cursor and marks."""

    BINDINGS = bind("lists")
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-table--head",
        "row-table--cursor",
        "row-table--marked",
    }
    """Tokens are none: each would be styled anew with every change of focus or size."""

    def __init__(
        self,
        columns: Sequence[Column[T]],
        identify: Callable[[T], str],
        *,
        id: str | None = None,  # noqa: A002 - as Textual calls it
        has_head: bool = True,
    ) -> None:
        super().__init__(identify, id=id, head=1 if has_head else 0)
        self._painter: RowPainter[T] = RowPainter(
            columns,
            lambda: self.rich_style,
            lambda name: self.get_component_rich_style(f"row-table--{name}", partial=True),
            has_head=has_head,
        )
        self._news: RowNews[T] = RowNews(identify, self._painter.words)
        self._news_end: Timer | None = None
        self.sort_key = ""
        """Key of the column the rows are sorted by, `-` in front when reversed."""
        self.chosen_column = 0
        self._letters: dict[int, str] = {}
        self.lost_at: float | None = None
        """When the row under the cursor went and another came under it; None: it did not."""
        self.shows_column = False
        """Whether a column can be chosen (to sort by it)."""

    def choose(self, columns: Sequence[Column[T]]) -> None:
        """Draw other columns from the next list on."""
        if self._painter.columns != tuple(columns):
            self._painter.choose(columns)
            self.chosen_column = 0

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self._pages.total

    def show(
        self,
        pages: Pages[T],
        frame: Frame,
        cursor: int | None = None,
        *,
        is_update: bool = False,
        is_news: bool = True,
    ) -> None:
        """Draw another list; the cursor goes to row `cursor`, or stays at its number.

        An update is the same list some time later: rows that differ get a sign for a moment, and
        the row under the cursor stays on its line of the screen.
        """
        line = self.cursor - self._top
        if bool(self._pages.total) != bool(pages.total):
            self.screen.call_later(self.screen.refresh_bindings)  # keys of rows come and go
        self._stay()
        self._painter.frame = frame  # what was known is compared as it would be said now
        if is_update and is_news:
            known = [row for _, row in self._pages.known()]
            self._news.remember(known, is_whole=len(known) == self._pages.total)
        elif not is_update:
            self._news.forget()
        self.edition += 1
        self.range_from, self._letters = None, {}
        self._pages, self._travel = pages, 1
        self._painter.forget()
        self.virtual_size = Size(0, pages.total + self._head)
        wanted = self.cursor if cursor is None else cursor
        self.cursor = max(0, min(wanted, pages.total - 1))
        self._painter.measure(self._around())
        if is_news:
            self._tell_news(row for _, row in pages.known())
        if is_update:
            self.scroll_to(y=max(0, self.cursor - line), animate=False, immediate=True, force=True)
        self.call_after_refresh(self._keep_cursor_seen)
        self.call_after_refresh(self._want_ahead)
        self.refresh()
        self.post_message(RowPointed(self, self.row))

    def show_rows(self, rows: Sequence[T], frame: Frame, *, is_news: bool = True) -> None:
        """Draw a list that is all here; the cursor stays on its row, else at its number.

        What was drawn before is taken for the same list some time ago; without `is_news` rows
        that differ get no sign.
        """
        row = self.row
        place: int | None = None
        if row is not None:
            kept = self._identify(row)
            place = next((i for i, each in enumerate(rows) if self._identify(each) == kept), None)
            self.note_loss(is_lost=place is None and bool(rows))
        for gone in self.marks.keys() - {self._identify(each) for each in rows}:
            del self.marks[gone]
        pages = Pages.whole(rows)
        self.show(pages, frame, place, is_update=self.edition > 0, is_news=is_news)

    def note_loss(self, *, is_lost: bool) -> None:
        """Remember that the row under the cursor has gone, and another came under it."""
        self.lost_at = time.monotonic() if is_lost else None

    def _tell_news(self, rows: Iterable[T]) -> None:
        frame = self._painter.frame
        if frame is not None and self._news.compare(rows, frame.glyphs):
            if self._news_end is not None:
                self._news_end.stop()
            self._news_end = self.set_timer(NEWS_SECONDS, self._end_news)

    def _end_news(self) -> None:
        ended = self._news.end()
        top = self.scroll_offset.y
        for index in range(top, min(top + self.height, self._pages.total)):
            row = self._pages.row(index)
            if row is not None and self._identify(row) in ended:
                self._repaint(index)

    def retime(self, frame: Frame) -> None:
        """Draw the rows seen anew when what they say has changed: ages have moved on."""
        before = self._words()
        had, self._painter.frame = self._painter.frame is not None, frame
        self._painter.forget()
        if had and before != self._words():
            self._painter.learn(self._around())
            self._painter.settle()
            self.refresh()

    def _around(self) -> list[T]:
        """Return the rows near the cursor that are here: columns are as wide as they need."""
        near = range(self.cursor - _MEASURED, self.cursor + _MEASURED)
        return [row for row in map(self._pages.row, near) if row is not None]

    def _words(self) -> list[tuple[str, ...]]:
        top = self.scroll_offset.y
        rows = (self._pages.row(index) for index in range(top, top + self.height))
        return [self._painter.words(row) for row in rows if row is not None]

    def take(self, edition: int, number: int, rows: Sequence[T]) -> None:
        """Take in a page; one of an older edition is dropped."""
        if edition != self.edition:
            return
        self._pages.put(number, rows)
        start, length = self._pages.span(number)
        top = self.scroll_offset.y
        first, last = max(start, top), min(start + length, top + self.height)
        self._painter.forget(start, start + length)
        self._tell_news(rows)
        self._painter.learn(rows)  # of rows that are not seen: until they are, no column moves
        if first < last and self._painter.settle():
            self.refresh()
        elif first < last:
            self.refresh(Region(0, first - top + self._head, self.size.width, last - first))
        if start <= self.cursor < start + length and self._bound_for is None:
            self.post_message(RowPointed(self, self.row))
        self._arrive_when_here()
        self.call_after_refresh(self._want_ahead)

    def lose(self, numbers: Sequence[int]) -> None:
        """Let pages be asked for again."""
        self._pages.forget(numbers)

    def position(self, identifier: str) -> int | None:
        """Return where a row is, as far as its page is here."""
        for index, row in self._pages.known():
            if self._identify(row) == identifier:
                return index
        return None

    # drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line of the widget."""
        width, seen = self.size.width, self.scrollable_content_region.width
        if self._head and y == 0:
            is_chosen = self.shows_column and self.has_focus
            return self._painter.head(
                width, seen, self.sort_key, self.chosen_column if is_chosen else None
            )
        index = self.scroll_offset.y + y - self._head
        if self._painter.frame is None or index >= self._pages.total:
            return Strip.blank(seen, self._painter.base)
        row = self._pages.row(index)
        if row is None:
            self.want()
        return self._painter.row(index, row, width, seen, self._look(index, row))

    def _look(self, index: int, row: T | None) -> Look:
        identifier = "" if row is None else self._identify(row)
        is_marked = row is not None and (identifier in self.marks or self._in_range(index))
        letter = self._letters.get(index, "")
        return Look(
            index == self.cursor,
            self.has_focus,
            is_marked,
            letter or self._news.signs.get(identifier, ""),
            bool(letter),
        )

    def notify_style_update(self) -> None:
        """Forget drawn rows when the theme changes."""
        super().notify_style_update()
        self._painter.forget_styles()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer moves and rows only where there are rows."""
        return self._pages.total > 0 and super().check_action(action, parameters)

    # jumping

    def action_jump(self) -> None:
        """Show a letter at each row that is seen, and let the next key choose one."""
        top = self.scroll_offset.y
        rows = range(top, min(top + self.height, self._pages.total))
        self._letters = dict(zip(rows, JUMPS, strict=False))
        self.refresh()
        self.post_message(JumpWanted(self, frozenset(self._letters.values())))

    def jump(self, letter: str | None) -> None:
        """Go to the row of a letter, unless the list has become another; the letters go."""
        row = next((row for row, one in self._letters.items() if one == letter), None)
        self._letters = {}
        self.refresh()
        if row is not None:
            self.move(row)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Fit the columns to the rows that have come meanwhile: all are painted now."""
        self._painter.settle()
        super().watch_scroll_y(old_value, new_value)

    # the row under the cursor

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.row is not None:
            self.post_message(RowChosen(self, self.row))

    def on_click(self, event: events.Click) -> None:
        """Point with one click, open with two; a title wants the order of its column."""
        line = event.y - self._head
        if line < 0 and (column := self._painter.column_at(event.x, self.size.width)) is not None:
            self.post_message(SortWanted(column))
        index = self.scroll_offset.y + line
        if line < 0 or index >= self._pages.total:
            return
        self.move(index)
        if event.chain > 1:
            self.action_open()

    def on_focus(self) -> None:
        """Show the cursor."""
        self._painter.forget()
        self.refresh()

    def on_blur(self) -> None:
        """Dim the cursor."""
        self._painter.forget()
        self.refresh()

    def columns_shown(self) -> list[Column[T]]:
        """Return the columns that fit now."""
        return [column for column, _ in self._painter.fit(self.size.width)]
