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
from riskcockpit.tui.messages import JumpWanted, RowChosen, RowPointed, RowsWanted
from riskcockpit.tui.paging import AHEAD, Pages
from riskcockpit.tui.row_news import RowNews
from riskcockpit.tui.widgets.row_marking import RowMarking
from riskcockpit.tui.widgets.row_painter import Look, RowPainter

T = TypeVar("T")

NEWS_SECONDS = 4.0
"""How long a row that is new or has changed keeps its sign."""
_MEASURED = 100
"""Rows to both sides of the cursor whose texts say how wide columns are."""
JUMPS = "asdfghjklqwertyuiopzxcvbnm"
"""Letters that jump to the rows that are seen, from the top."""


class RowTable(RowMarking[T], can_focus=True):
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
        super().__init__(identify, id=id)
        self._painter: RowPainter[T] = RowPainter(
            columns,
            lambda: self.rich_style,
            lambda name: self.get_component_rich_style(f"row-table--{name}", partial=True),
            has_head=has_head,
        )
        self._head = 1 if has_head else 0
        self._travel = 1
        self._news: RowNews[T] = RowNews(identify, self._painter.words)
        self._news_end: Timer | None = None
        self.edition = 0
        """Grows with every new list; pages of an older one are refused."""
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

    @property
    def height(self) -> int:
        """How many rows are seen at once."""
        return max(1, self.scrollable_content_region.height - self._head)

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
        line = self.cursor - self.scroll_offset.y
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
            self._painter.measure(self._around(), is_more=True)
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
        if self._painter.measure(rows, is_more=True):
            self.refresh()
        elif first < last:
            self.refresh(Region(0, first - top + self._head, self.size.width, last - first))
        if start <= self.cursor < start + length:
            self.post_message(RowPointed(self, self.row))
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
        width = self.size.width
        if self._head and y == 0:
            is_chosen = self.shows_column and self.has_focus
            return self._painter.head(
                width, self.sort_key, self.chosen_column if is_chosen else None
            )
        index = self.scroll_offset.y + y - self._head
        if self._painter.frame is None or index >= self._pages.total:
            return Strip.blank(width, self._painter.base)
        row = self._pages.row(index)
        if row is None:
            self.want()
        return self._painter.row(index, row, width, self._look(index, row))

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

    # pages

    def is_near(self, number: int) -> bool:
        """Whether a page is seen or soon will be; may be asked in any thread."""
        start, length = self._pages.span(number)
        room = length * (AHEAD + 1)
        return start + length + room > self.scroll_y > start - self.height - room

    def want(self) -> None:
        """Ask for the pages that are seen and not here."""
        top = self.scroll_offset.y
        self._ask_for(self._pages.ask(top, top + self.height))

    def _want_ahead(self) -> None:
        top = self.scroll_offset.y
        self._ask_for(self._pages.ask_ahead(top, top + self.height, self._travel))

    def _ask_for(self, pages: tuple[int, ...]) -> None:
        if pages:
            self.post_message(RowsWanted(pages, self.edition))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for what is missing at once, and for the pages ahead when this is painted."""
        super().watch_scroll_y(old_value, new_value)
        if old_value != new_value:
            self._travel = 1 if new_value > old_value else -1
        self.want()
        self.call_after_refresh(self._want_ahead)

    # cursor

    def move(self, to: int) -> None:
        """Put the cursor on row `to`; leaving the viewport moves it by half a page."""
        if not self._pages.total:
            return
        to = max(0, min(to, self._pages.total - 1))
        old, self.cursor = self.cursor, to
        if old == to:
            return
        self._keep_cursor_seen(half=True)
        if self.range_from is not None:
            self.refresh()
        else:
            self._repaint(old)
            self._repaint(to)
        self.post_message(RowPointed(self, self.row))

    def _repaint(self, index: int) -> None:
        line = index - self.scroll_offset.y + self._head
        if self._head <= line < self.size.height:
            width = self.scrollable_content_region.width  # the bar beside the row stays as it is
            self.refresh(Region(0, line, width, 1))

    def _keep_cursor_seen(self, *, half: bool = False) -> None:
        top, height = self.scroll_offset.y, self.height
        if top <= self.cursor < top + height:
            return
        is_near = half and -1 <= self.cursor - top <= height
        if is_near:
            step = max(1, height // 2)
            target = self.cursor - (height - step) if self.cursor >= top + height else top - step
        else:
            target = self.cursor - height // 2
        self.scroll_to(y=max(0, target), animate=False, immediate=True, force=True)

    def action_down(self) -> None:
        """Go a row down."""
        self.move(self.cursor + 1)

    def action_up(self) -> None:
        """Go a row up."""
        self.move(self.cursor - 1)

    def action_first(self) -> None:
        """Go to the first row."""
        self.move(0)

    def action_last(self) -> None:
        """Go to the last row."""
        self.move(self._pages.total - 1)

    def action_half(self, direction: int) -> None:
        """Go half a page."""
        self._leap(direction * max(1, self.height // 2))

    def action_page(self, direction: int) -> None:
        """Go a page."""
        self._leap(direction * self.height)

    def _leap(self, rows: int) -> None:
        self._travel = 1 if rows > 0 else -1
        top = self.scroll_offset.y + rows
        self.scroll_to(y=max(0, top), animate=False, immediate=True, force=True)
        self.move(self.cursor + rows)

    def action_open(self) -> None:
        """Open the row under the cursor."""
        if self.row is not None:
            self.post_message(RowChosen(self, self.row))

    def on_click(self, event: events.Click) -> None:
        """Point with one click, open with two."""
        line = event.y - self._head
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
