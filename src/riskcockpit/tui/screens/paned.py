"""Lists with the row under the cursor in words beside them: the shape such screens share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeVar

from textual import on
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from riskcockpit.present.columns import Frame
from riskcockpit.tui.messages import Place, RowChosen, RowPointed
from riskcockpit.tui.screens.lists import ListScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.line_pane import LinePane
from riskcockpit.tui.widgets.narrow_bar import NarrowBar
from riskcockpit.tui.widgets.plain import Plain, fitted

T = TypeVar("T")


class PanedScreen(ListScreen[T]):
    """A list, a pane that follows the cursor, and a line above both that sums them up."""

    opens: ClassVar[str] = ""
    """Kind of the place that `enter` opens; its key is what names the row. Empty: none."""

    def brief(self, row: T, frame: Frame, width: int) -> Sequence[Content]:
        """Return the row under the cursor in words, for lines of `width` cells."""
        raise NotImplementedError

    def sum_up(self, rows: Sequence[T]) -> Content | None:
        """Return what the line above the list says; None: there is no line."""
        del rows
        return None

    def compose_body(self) -> Iterable[Widget]:
        """Yield the line, the words, the table and the pane."""
        yield Plain(id="sum", classes="line")
        yield NarrowBar()
        with Container(id="split"):
            yield from self.compose_rows()
            yield LinePane(id="readings")

    def take_rows(self, rows: Sequence[T]) -> None:
        """Draw the rows and what they come to."""
        super().take_rows(rows)
        line, said = self.query_one("#sum", Plain), self.sum_up(rows)
        line.display = said is not None
        if said is not None:
            line.show(fitted(said, self.size.width, self.host.glyphs))

    @on(RowPointed)
    def follow(self) -> None:
        """Draw the row under the cursor."""
        row, frame = self.table.row, self.host.frame()
        pane = self.query_one("#readings", LinePane)
        pane.show(lambda width: [] if row is None else self.brief(row, frame, width))
        self.refresh_bindings()

    def redraw(self) -> None:
        """Let ages move on."""
        super().redraw()
        if self.load in (Load.LOADED, Load.STALE):
            self.follow()

    @on(RowChosen)
    def open_row(self, event: RowChosen) -> None:
        """Open the row as a place of its own."""
        if self.opens:
            self.host.go_to(Place(self.opens, self.identify(event.row), self.host.place))
