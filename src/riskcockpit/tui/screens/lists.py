"""Screens that are one table read as a whole: the shape they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from textual.widget import Widget

from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.narrowing import NarrowingScreen, said_by
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.screens.sorting import SortingScreen
from riskcockpit.tui.widgets.narrow_bar import NarrowBar
from riskcockpit.tui.widgets.row_table import RowTable

T = TypeVar("T")


class ListScreen(NarrowingScreen, SortingScreen, Generic[T]):
    """A table that is read as a whole."""

    BINDINGS = bind("columns")

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[T] = ()
        self._wanted = ""

    def show_place(self, place: Place) -> None:
        """Remember which row to go to."""
        self._wanted = place.key

    def identify(self, row: T) -> str:
        """Return what names a row."""
        raise NotImplementedError

    def question(self) -> Sequence[T]:
        """Ask the gateway for the rows; runs in a thread."""
        raise NotImplementedError

    def compose_body(self) -> Iterable[Widget]:
        """Yield the words that rows shall say, and the table."""
        yield NarrowBar()
        yield from self.compose_rows()

    def compose_rows(self) -> Iterable[Widget]:
        """Yield the table."""
        yield RowTable(self.columns, self.identify, id="rows")

    @property
    def table(self) -> RowTable[T]:
        """The table."""
        return self.query_one("#rows", RowTable)

    @property
    def rows_table(self) -> RowTable[T]:
        """The table."""
        return self.table

    def refresh_data(self) -> None:
        """Ask for the rows."""
        self.ask("rows", self.question, self.take_rows)

    def take_rows(self, rows: Sequence[T]) -> None:
        """Draw the rows; the cursor stays on its row, or goes to the one that was asked for."""
        if not rows:
            self.enter(Load.EMPTY)
            return
        self.enter(Load.LOADED)
        self.show_rows(rows)
        self.focus_rows()
        if self._wanted:
            wanted, self._wanted = self._wanted, ""
            if self.table.position(wanted) is None:
                self.show_all()
            at = self.table.position(wanted)
            self.table.move(self.table.cursor if at is None else at)

    def show_rows(self, rows: Sequence[T], *, is_news: bool = True) -> None:
        """Draw rows in the columns and the order wanted now."""
        self._rows, frame = rows, self.host.frame()
        self.take_choice()
        self.table.sort_key = self.sort
        rows = self.narrowed(
            rows, lambda row: said_by(row, self.columns, frame, self.identify(row))
        )
        if self.sort:
            from riskcockpit.present.lists import ordered  # noqa: PLC0415 - few sort

            rows = ordered(self.list_name, self.columns, rows, self.sort, frame)
        self.table.show_rows(rows, frame, is_news=is_news)

    def resort(self) -> None:
        """Draw the same rows in another order; the cursor stays on its row."""
        self.redraw_rows()

    def redraw_rows(self) -> None:
        """Draw the rows of before as they are wanted now; the cursor stays on its row."""
        if self.is_drawn:
            self.show_rows(self._rows, is_news=False)

    def redraw(self) -> None:
        """Let ages move on."""
        if self.load in (Load.LOADED, Load.STALE):
            self.table.retime(self.host.frame())
