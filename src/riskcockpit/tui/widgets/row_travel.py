"""The cursor of a table, and the part of its rows that is seen: pages are asked for on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from textual.geometry import Region
from textual.timer import Timer

from riskcockpit.tui.messages import RowPointed, RowsWanted
from riskcockpit.tui.paging import AHEAD
from riskcockpit.tui.widgets.row_marking import RowMarking

T = TypeVar("T")

GRACE_SECONDS = 0.15
"""How long the rows of before are seen while those that a key leads to are fetched."""
FAR_GRACE_SECONDS = 0.75
"""The same on a way of many pages: the first of them in a long list, all ranks are read."""
_FAR_PAGES = 10


class RowTravel(RowMarking[T]):
    """Rows with a cursor that keys move.

    A key that leads to rows that are not here shows them when they come: placeholders and rows
    would be two paints of all there is to see. Only when they take long, placeholders are seen.
    """

    def __init__(self, identify: Callable[[T], str], *, id: str | None, head: int) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(identify, id=id)
        self._head = head
        """Lines above the rows."""
        self.edition = 0
        """Grows with every new list; pages of an older one are refused."""
        self._travel = 1
        self._bound_for: int | None = None
        """The row that comes to the top when all below it that will be seen are here."""
        self._grace: Timer | None = None
        self._height_then = 0
        """How many rows were seen before the last change of size."""

    @property
    def height(self) -> int:
        """How many rows are seen at once."""
        return max(1, self.scrollable_content_region.height - self._head)

    def move(self, to: int) -> None:
        """Put the cursor on row `to`; leaving the viewport moves it by half a page."""
        if not self._pages.total:
            return
        to = max(0, min(to, self._pages.total - 1))
        old, self.cursor = self.cursor, to
        if old == to:
            return
        self._keep_cursor_seen(by_key=True)
        if self.range_from is not None:
            self.refresh()
        else:
            self._repaint(old)
            self._repaint(to)
        if self._bound_for is None:
            self.post_message(RowPointed(self, self.row))

    def _repaint(self, index: int) -> None:
        line = index - self.scroll_offset.y + self._head
        if self._head <= line < self.size.height:
            width = self.scrollable_content_region.width  # the bar beside the row stays as it is
            self.refresh(Region(0, line, width, 1))

    def _keep_cursor_seen(self, *, by_key: bool = False) -> None:
        top, height = self._top, self.height
        if top <= self.cursor < top + height:
            return
        is_near = by_key and -1 <= self.cursor - top <= height
        if is_near:
            step = max(1, height // 2)
            target = self.cursor - (height - step) if self.cursor >= top + height else top - step
        else:
            target = self.cursor - height // 2
        self._go(target, by_key=by_key)

    def on_resize(self) -> None:
        """Keep a cursor in sight that was seen: a preview or another window takes rows away."""
        then, self._height_then = self._height_then, self.height
        if self._top + self.height <= self.cursor < self._top + then:
            self._go(self.cursor - self.height + 1, by_key=False)

    # what is seen

    @property
    def _top(self) -> int:
        """The row at the top, or the one that will be there in a moment."""
        bound_for = self._bound_for
        return self.scroll_offset.y if bound_for is None else bound_for

    def _go(self, top: int, *, by_key: bool = True) -> None:
        """Bring row `top` to the top: for a key, when all that will be seen is here."""
        top = max(0, min(top, self._pages.total - self.height))
        if not by_key or self._pages.are_here(top, top + self.height):
            self._scroll(top)
            return
        self._bound_for = top
        self.want()
        if self._grace is None:  # whoever holds a key sees something now and then
            is_far = abs(top - self.scroll_offset.y) > _FAR_PAGES * self.height
            self._grace = self.set_timer(
                FAR_GRACE_SECONDS if is_far else GRACE_SECONDS, self._arrive
            )

    def _arrive(self) -> None:
        """Show the rows of the way, or what takes their places."""
        self._scroll(self._top)
        self.post_message(RowPointed(self, self.row))

    def _arrive_when_here(self) -> None:
        """Show the rows of the way when the last of them has come."""
        top = self._bound_for
        if top is not None and self._pages.are_here(top, top + self.height):
            self._arrive()

    def _scroll(self, top: int) -> None:
        self._stay()
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def _stay(self) -> None:
        """Be bound for nowhere any more."""
        self._bound_for = None
        if self._grace is not None:
            self._grace.stop()
            self._grace = None

    def is_near(self, number: int) -> bool:
        """Whether a page is seen or soon will be; may be asked in any thread."""
        start, length = self._pages.span(number)
        room = length * (AHEAD + 1)
        return start + length + room > self._top > start - self.height - room

    def want(self) -> None:
        """Ask for the pages that are seen, or will be in a moment, and not here."""
        self._ask_for(self._pages.ask(self._top, self._top + self.height))

    def _want_ahead(self) -> None:
        top = self._top
        self._ask_for(self._pages.ask_ahead(top, top + self.height, self._travel))

    def _ask_for(self, pages: tuple[int, ...]) -> None:
        if pages:
            self.post_message(RowsWanted(pages, self.edition))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for what is missing at once, and for the pages ahead when this is painted."""
        super().watch_scroll_y(old_value, new_value)
        if old_value != new_value:
            self._travel = 1 if new_value > old_value else -1
            self._stay()
        self.want()
        self.call_after_refresh(self._want_ahead)

    # keys

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
        self._go(self._top + rows)
        self.move(self.cursor + rows)
