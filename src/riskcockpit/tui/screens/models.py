"""Production models: state, readings against thresholds, where a rollback would lead."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from riskcockpit.present.columns import MODELS, Frame
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place
from riskcockpit.tui.relations import of_model
from riskcockpit.tui.screens.paned import PanedScreen
from riskcockpit.tui.widgets.model_text import model_brief
from riskcockpit.views.models import ModelRow


class ModelsScreen(PanedScreen[ModelRow]):
    """The list of models with the readings of the one under the cursor."""

    BINDINGS = bind("decide.roll-back", "decide.undo", "decide.note")
    topic = "models"
    empty_words = (
        "No models yet.",
        (
            "a registry names them; readings of a monitor alone do not\n"
            "riskcockpit sources add NAME --kind mlflow --url https://…"
        ),
    )
    list_name = "models"
    columns = MODELS
    opens = "model"

    def identify(self, row: ModelRow) -> str:
        """Return the name of a model."""
        return row.name

    def question(self) -> Sequence[ModelRow]:
        """Ask for the models."""
        return self.host.gateway.models()

    def brief(self, row: ModelRow, frame: Frame, width: int) -> Sequence[Content]:
        """Return the readings of a model."""
        return model_brief(row, frame, width)

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return what belongs to the model under the cursor."""
        return of_model(self.model_subject())

    def model_subject(self) -> str:
        """Return the model under the cursor."""
        return self.table.row.name if self.table.row is not None else ""

    def note_subject(self) -> str:
        """Return the model under the cursor."""
        return self.model_subject()
