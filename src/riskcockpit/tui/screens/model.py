"""One model: plots against thresholds, versions with lineage, timeline."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place
from riskcockpit.tui.relations import of_model
from riskcockpit.tui.screens.details import DetailScreen
from riskcockpit.tui.widgets.model_text import model_full
from riskcockpit.views.models import ModelDetail


class ModelScreen(DetailScreen[ModelDetail]):
    """All that is known of one model."""

    BINDINGS = bind("decide.roll-back", "decide.undo", "decide.note")
    topic = "the model"
    widest = 130

    def question(self, key: str) -> ModelDetail:
        """Ask for the model."""
        return self.host.gateway.model(key)

    def text_of(self, detail: ModelDetail, width: int) -> list[Content]:
        """Return it in words and plots."""
        return model_full(detail, self.host.frame(), width)

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return its findings, and the ledger."""
        return of_model(self.subject)

    def model_subject(self) -> str:
        """Return this model."""
        return self.subject if self.detail is not None else ""

    def note_subject(self) -> str:
        """Return this model."""
        return self.subject
