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
from riskcockpit.tui.screens.lists import ListScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.line_pane import LinePane
from riskcockpit.tui.widgets.model_text import model_brief
from riskcockpit.views.models import ModelRow


class ModelsScreen(ListScreen[ModelRow]):
    """The list of models with the readings of the one under the cursor."""

    BINDINGS = bind("decide.roll-back", "decide.undo", "decide.note")
    topic = "models"
    empty_words = (
        "No models yet.",
        "add a source of kind mlflow to riskcockpit.yaml, then riskcockpit sync",
    )

    list_name = "models"
    columns = MODELS
    table_id = "models"

    def identify(self, row: ModelRow) -> str:
        """Return the model's name."""
        return row.name

    def question(self) -> Sequence[ModelRow]:
        """Ask for the models."""
        return self.host.gateway.models()

    def compose_body(self) -> Iterable[Widget]:
        """Yield table and readings."""
        with Container(id="split"):
            yield from super().compose_body()
            yield LinePane(id="readings")

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
        super().redraw()
        if self.load in (Load.LOADED, Load.STALE):
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
