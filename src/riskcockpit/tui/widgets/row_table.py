"""The table behind every list: draws only what is seen, from pages that arrive when they arrive.

It fetches nothing: missing rows are drawn as an ellipsis and asked for by `RowsWanted`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style as VisualStyle

from riskcockpit.present.columns import Column, Frame, fit
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import MarksChanged, RowChosen, RowPointed, RowsWanted
from riskcockpit.tui.paging import Pages
from riskcockpit.tui.theme import TOKENS
from riskcockpit.tui.widgets.cell_text import cut

T = TypeVar("T")

GUTTER = 3
GAP = 2
MOST_DRAWN = 2_000
"""Drawn rows kept for the next paint; then all are forgotten, for whoever scrolls for hours."""


class RowTable(ScrollView, Generic[T], can_focus=True):
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
        super().__init__(id=id)
        self._columns = tuple(columns)
        self._identify = identify
        self._head = 1 if has_head else 0
        self._pages: Pages[T] = Pages()
        self._frame: Frame | None = None
        self._strips: dict[tuple[int, bool, bool], Strip] = {}
        self._styles: dict[str, Style] = {}
        self._fitted: tuple[int, list[tuple[Column[T], int]]] = (-1, [])
        self._travel = 1
        self.edition = 0
        """Grows with every new list; pages of an older one are refused."""
        self.cursor = 0
        self.marks: dict[str, None] = {}
        """Ids of marked rows, in the order they were marked."""
        self.range_from: int | None = None
        self.sort_key = ""
        """Key of the column the rows are sorted by, `-` in front when reversed."""
        self.chosen_column = 0
        self.shows_column = False
        """Whether a column can be chosen (to sort by it)."""

    @property
    def total(self) -> int:
        """How many rows there are."""
        return self._pages.total

    @property
    def row(self) -> T | None:
        """The row under the cursor; None when it is not here."""
        return self._pages.row(self.cursor)

    @property
    def height(self) -> int:
        """How many rows are seen at once."""
        return max(1, self.scrollable_content_region.height - self._head)

    def show(self, pages: Pages[T], frame: Frame, cursor: int | None = None) -> None:
        """Draw another list; the cursor goes to row `cursor`, or stays at its number."""
        self.edition += 1
        self.range_from = None
        self._pages, self._frame, self._travel = pages, frame, 1
        self._strips.clear()
        self.virtual_size = Size(0, pages.total + self._head)
        wanted = self.cursor if cursor is None else cursor
        self.cursor = max(0, min(wanted, pages.total - 1))
        self.call_after_refresh(self._keep_cursor_seen)
        self.call_after_refresh(self._want_ahead)
        self.refresh()
        self.post_message(RowPointed(self, self.row))

    def retime(self, frame: Frame) -> None:
        """Draw the rows seen anew when what they say has changed: ages have moved on."""
        before, self._frame = self._frame, frame
        self._strips.clear()
        if before is not None and self._words(before) != self._words(frame):
            self.refresh()

    def _words(self, frame: Frame) -> list[str]:
        top = self.scroll_offset.y
        rows = (self._pages.row(index) for index in range(top, top + self.height))
        return [c.cell(row, frame).text for row in rows if row is not None for c in self._columns]

    def take(self, edition: int, number: int, rows: Sequence[T]) -> None:
        """Take in a page; one of an older edition is dropped."""
        if edition != self.edition:
            return
        self._pages.put(number, rows)
        start, length = self._pages.span(number)
        top = self.scroll_offset.y
        first, last = max(start, top), min(start + length, top + self.height)
        for key in [key for key in self._strips if start <= key[0] < start + length]:
            del self._strips[key]
        if first < last:
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
            return self._head_strip(width)
        index = self.scroll_offset.y + y - self._head
        if self._frame is None or index >= self._pages.total:
            return Strip.blank(width, self._base)
        row = self._pages.row(index)
        if row is None:
            self._want()
        is_cursor = index == self.cursor
        is_marked = row is not None and (self._identify(row) in self.marks or self._in_range(index))
        key = (index, is_cursor and self.has_focus, is_marked)
        strip = self._strips.get(key)
        if strip is None or strip.cell_length != width:
            strip = self._row_strip(row, width, is_cursor=is_cursor, is_marked=is_marked)
            if row is not None and not is_cursor:
                self._keep(key, strip)
        return strip

    def _keep(self, key: tuple[int, bool, bool], strip: Strip) -> None:
        if len(self._strips) >= MOST_DRAWN:
            self._strips.clear()
        self._strips[key] = strip

    def _in_range(self, index: int) -> bool:
        start = self.range_from
        return start is not None and min(start, self.cursor) <= index <= max(start, self.cursor)

    @property
    def _base(self) -> Style:
        style = self._styles.get("")
        if style is None:
            self._styles[""] = style = self.rich_style
        return style

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            if name in TOKENS:
                style = VisualStyle.parse(TOKENS[name]).rich_style
            else:
                style = self.get_component_rich_style(f"row-table--{name}", partial=True)
            self._styles[name] = style
        return style

    def _fit(self, width: int) -> list[tuple[Column[T], int]]:
        if self._fitted[0] != width:
            self._fitted = (width, fit(self._columns, max(1, width - GUTTER - 2), GAP))
        return self._fitted[1]

    def _head_strip(self, width: int) -> Strip:
        frame = self._frame
        base = self._base + self._style("head")
        segments = [Segment(" " * GUTTER, base)]
        for index, (column, size) in enumerate(self._fit(width)):
            title = column.title
            if frame is not None and self.sort_key.lstrip("-") == column.key and column.sort:
                arrow = frame.glyphs.down if self.sort_key.startswith("-") else frame.glyphs.up
                title = f"{title} {arrow}"
            is_chosen = self.shows_column and index == self.chosen_column and self.has_focus
            style = base + Style(underline=True) if is_chosen else base
            segments += [Segment(cut(title, size, column.align), style), Segment(" " * GAP, base)]
        return Strip(segments).adjust_cell_length(width, base).simplify()

    def _row_strip(self, row: T | None, width: int, *, is_cursor: bool, is_marked: bool) -> Strip:
        frame = self._frame
        assert frame is not None  # noqa: S101 - only reached with a list
        base = self._base
        if is_marked:
            base += self._style("marked")
        is_lit = is_cursor and self.has_focus
        if is_cursor:
            base += self._style("cursor") if is_lit else Style(bold=True)
        sign = (frame.glyphs.cursor if is_cursor and self.has_focus else " ") + (
            frame.glyphs.mark if is_marked else " "
        )
        segments = [Segment(sign.ljust(GUTTER), base)]
        if row is None:
            segments.append(Segment(frame.glyphs.ellipsis, base))
            return Strip(segments).adjust_cell_length(width, base)
        for column, size in self._fit(width):
            cell = column.cell(row, frame)
            # on the cursor the words alone carry the state: no theme has a page for both colours
            style = base if is_lit or not cell.token else base + self._style(cell.token)
            text = cut(cell.text, size, column.align, frame.glyphs.ellipsis)
            segments += [Segment(text, style), Segment(" " * GAP, base)]
        return Strip(segments).simplify().adjust_cell_length(width, base)

    def notify_style_update(self) -> None:
        """Forget drawn rows when the theme changes."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    # pages

    def _want(self) -> None:
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
        self._want()
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
            self.refresh(Region(0, line, self.size.width, 1))

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
        self._strips.clear()
        self.refresh()

    def on_blur(self) -> None:
        """Dim the cursor."""
        self._strips.clear()
        self.refresh()

    # marks

    def mark(self, identifiers: Sequence[str], *, on: bool = True) -> None:
        """Mark or unmark rows by id."""
        for identifier in identifiers:
            if on:
                self.marks[identifier] = None
            else:
                self.marks.pop(identifier, None)
        self._strips.clear()
        self.refresh()
        self.post_message(MarksChanged())

    def clear_marks(self) -> None:
        """Unmark everything and end the range."""
        self.range_from = None
        self.mark(tuple(self.marks), on=False)

    def toggle_mark(self) -> None:
        """Mark or unmark the row under the cursor and go on."""
        row: Any = self.row
        if row is None:
            return
        identifier = self._identify(row)
        self.mark((identifier,), on=identifier not in self.marks)
        self.move(self.cursor + 1)

    def toggle_range(self) -> bool:
        """Start a range at the cursor, or mark the one that was started.

        Returns whether all rows of the range were here to be marked.
        """
        if self.range_from is None:
            self.range_from = self.cursor
            self._repaint(self.cursor)
            return True
        low, high = sorted((self.range_from, self.cursor))
        rows = [self._pages.row(index) for index in range(low, high + 1)]
        self.range_from = None
        self.mark([self._identify(row) for row in rows if row is not None])
        return None not in rows

    def columns_shown(self) -> list[Column[T]]:
        """Return the columns that fit now."""
        return [column for column, _ in self._fit(self.size.width)]
