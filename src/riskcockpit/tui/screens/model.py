"""One model: plots against thresholds, versions with lineage, timeline."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.model_text import model_full
from riskcockpit.tui.widgets.plain import Plain, lines
from riskcockpit.tui.widgets.scroll import TextScroll
from riskcockpit.views.models import ModelDetail

_WIDEST = 130


class ModelScreen(DecidingScreen):
    """All that is known of one model."""

    BINDINGS = bind("decide.roll-back", "decide.undo", "decide.note")
    topic = "the model"

    def __init__(self) -> None:
        super().__init__()
        self._model = ""
        self._detail: ModelDetail | None = None

    def compose_body(self) -> Iterable[Widget]:
        """Yield the text."""
        with TextScroll(id="scroll", classes="scroll"):
            yield Plain(id="text", classes="text")

    def show_place(self, place: Place) -> None:
        """Show another model; nothing of the one before stays on screen."""
        if place.key != self._model:
            self._model, self._detail = place.key, None
            if self.is_mounted:
                self.enter(Load.LOADING)

    def refresh_data(self) -> None:
        """Ask for the model."""
        wanted = self._model
        self.ask("model", lambda: self.host.gateway.model(wanted), self._take)

    def _take(self, detail: ModelDetail) -> None:
        is_first = self._detail is None
        self._detail = detail
        self.enter(Load.LOADED)
        self.redraw()
        scroll = self.query_one("#scroll", TextScroll)
        if is_first:
            scroll.scroll_home(animate=False)
        scroll.focus()
        self.refresh_bindings()

    def redraw(self) -> None:
        """Draw the text for the width there is."""
        if self._detail is None:
            return
        width = min(_WIDEST, max(20, self.size.width - 6))
        text = model_full(self._detail, self.host.frame(), width)
        self.query_one("#text", Plain).show(lines(text))

    def on_resize(self) -> None:
        """Draw the plots anew."""
        super().on_resize()
        self.redraw()

    def model_subject(self) -> str:
        """Return this model."""
        return self._model if self._detail is not None else ""

    def note_subject(self) -> str:
        """Return this model."""
        return self._model
