"""The marks of a table, and the cursor they follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from textual.scroll_view import ScrollView

from riskcockpit.tui.messages import MarksChanged
from riskcockpit.tui.paging import Pages

T = TypeVar("T")


class RowMarking(ScrollView, Generic[T], inherit_bindings=False):
    """Rows with a cursor that can be marked, one by one and by ranges."""

    def __init__(self, identify: Callable[[T], str], *, id: str | None = None) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._identify = identify
        self._pages: Pages[T] = Pages()
        self.cursor = 0
        self.marks: dict[str, None] = {}
        """Ids of marked rows, in the order they were marked."""
        self.range_from: int | None = None

    def move(self, to: int) -> None:
        """Put the cursor on row `to`."""
        raise NotImplementedError

    @property
    def row(self) -> T | None:
        """The row under the cursor; None when it is not here."""
        return self._pages.row(self.cursor)

    @property
    def row_id(self) -> str:
        """Id of the row under the cursor; empty when it is not here."""
        return "" if self.row is None else self._identify(self.row)

    def _in_range(self, index: int) -> bool:
        start = self.range_from
        return start is not None and min(start, self.cursor) <= index <= max(start, self.cursor)

    def mark(self, identifiers: Sequence[str], *, on: bool = True) -> None:
        """Mark or unmark rows by id."""
        for identifier in identifiers:
            if on:
                self.marks[identifier] = None
            else:
                self.marks.pop(identifier, None)
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
            self.refresh()
            return True
        low, high = sorted((self.range_from, self.cursor))
        rows = [self._pages.row(index) for index in range(low, high + 1)]
        self.range_from = None
        self.mark([self._identify(row) for row in rows if row is not None])
        return None not in rows
