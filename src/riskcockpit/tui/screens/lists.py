"""Screens that are one table: the shape they share, the action log, the sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from textual.widget import Widget

from riskcockpit.present.columns import Column
from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.row_table import RowTable

T = TypeVar("T")


class ListScreen(DecidingScreen, Generic[T]):
    """A table that is read as a whole."""

    columns: Sequence[Column[T]] = ()

    def __init__(self) -> None:
        super().__init__()
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
        """Yield the table."""
        yield RowTable(self.columns, self.identify, id="rows")

    @property
    def table(self) -> RowTable[T]:
        """The table."""
        return self.query_one("#rows", RowTable)

    def refresh_data(self) -> None:
        """Ask for the rows."""
        self.ask("rows", self.question, self.take_rows)

    def take_rows(self, rows: Sequence[T]) -> None:
        """Draw the rows; the cursor stays on its row, or goes to the one that was asked for."""
        if not rows:
            self.enter(Load.EMPTY)
            return
        self.enter(Load.LOADED)
        self.table.show_rows(rows, self.host.frame())
        self.table.focus()
        if self._wanted:
            wanted, self._wanted = self._wanted, ""
            at = (i for i, row in enumerate(rows) if self.identify(row) == wanted)
            self.table.move(next(at, self.table.cursor))

    def redraw(self) -> None:
        """Let ages move on."""
        if self.load in (Load.LOADED, Load.STALE):
            self.table.retime(self.host.frame())
