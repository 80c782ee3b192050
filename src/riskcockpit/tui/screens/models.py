"""Production models: state, readings against thresholds, where a rollback would lead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.containers import Container
from textual.widget import Widget

from riskcockpit.present.columns import MODELS
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place, RowChosen, RowPointed
from riskcockpit.tui.relations import of_model
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.line_pane import LinePane
from riskcockpit.tui.widgets.model_text import model_brief
from riskcockpit.tui.widgets.row_table import RowTable
from riskcockpit.views.models import ModelRow


class ModelsScreen(DecidingScreen):
    """The list of models with the readings of the one under the cursor."""

    BINDINGS = bind("decide.roll-back", "decide.undo", "decide.note")
    topic = "models"
    empty_words = (
        "No models yet.",
        "add a source of kind mlflow to riskcockpit.yaml, then riskcockpit sync",
    )

    def compose_body(self) -> Iterable[Widget]:
        """Yield table and readings."""
        with Container(id="split"):
            yield RowTable(MODELS, lambda row: row.name, id="models")
            yield LinePane(id="readings")

    @property
    def table(self) -> RowTable[ModelRow]:
        """The table of models."""
        return self.query_one("#models", RowTable)

    def refresh_data(self) -> None:
        """Ask for the models."""
        self.ask("models", self.host.gateway.models, self._take)

    def _take(self, rows: tuple[ModelRow, ...]) -> None:
        if not rows:
            self.enter(Load.EMPTY)
            return
        self.enter(Load.LOADED)
        self.table.show_rows(rows, self.host.frame())
        self.table.focus()

    @on(RowPointed)
    def follow(self) -> None:
        """Draw the readings of the model under the cursor."""
        row = self.table.row
        if row is not None:
            frame = self.host.frame()
            pane = self.query_one("#readings", LinePane)
            pane.show(lambda width: model_brief(row, frame, width))
        self.refresh_bindings()

    def redraw(self) -> None:
        """Let ages move on."""
        if self.load in (Load.LOADED, Load.STALE):
            self.table.retime(self.host.frame())
            self.follow()

    @on(RowChosen)
    def open_model(self, event: RowChosen) -> None:
        """Open the model."""
        self.host.go_to(Place("model", event.row.name, self.host.place))

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return what belongs to the model under the cursor."""
        return of_model(self.model_subject())

    def model_subject(self) -> str:
        """Return the model under the cursor."""
        return self.table.row.name if self.table.row is not None else ""

    def note_subject(self) -> str:
        """Return the model under the cursor."""
        return self.model_subject()
