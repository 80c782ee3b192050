"""One finding: what, where, why it matters, what it breaks, what happened to it."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import VerticalScroll
from textual.widget import Widget

from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.finding_text import finding_full
from riskcockpit.tui.widgets.plain import Plain, lines
from riskcockpit.tui.widgets.scroll import TextScroll
from riskcockpit.views.findings import FindingDetail

_WIDEST = 118


class FindingScreen(DecidingScreen):
    """All that is known of one finding."""

    BINDINGS = bind("decide.waive", "decide.undo", "decide.note")
    topic = "the finding"

    def __init__(self) -> None:
        super().__init__()
        self._finding = ""
        self._detail: FindingDetail | None = None

    def compose_body(self) -> Iterable[Widget]:
        """Yield the text."""
        with TextScroll(id="scroll", classes="scroll"):
            yield Plain(id="text", classes="text")

    def show_place(self, place: Place) -> None:
        """Show another finding; nothing of the one before stays on screen."""
        if place.key != self._finding:
            self._finding, self._detail = place.key, None
            if self.is_mounted:
                self.enter(Load.LOADING)

    def refresh_data(self) -> None:
        """Ask for the finding."""
        wanted = self._finding
        self.ask("finding", lambda: self.host.gateway.finding(wanted), self._take)

    def _take(self, detail: FindingDetail) -> None:
        is_first = self._detail is None
        self._detail = detail
        self.enter(Load.LOADED)
        self.redraw()
        scroll = self.query_one("#scroll", VerticalScroll)
        if is_first:
            scroll.scroll_home(animate=False)
        scroll.focus()
        self.refresh_bindings()

    def redraw(self) -> None:
        """Draw the text for the width there is."""
        if self._detail is None:
            return
        width = min(_WIDEST, max(20, self.size.width - 6))
        self.query_one("#text", Plain).show(
            lines(finding_full(self._detail, self.host.frame(), width))
        )

    def on_resize(self) -> None:
        """Wrap anew."""
        super().on_resize()
        self.redraw()

    def finding_subjects(self) -> tuple[str, ...]:
        """Return this finding."""
        return (self._finding,) if self._detail is not None else ()

    def note_subject(self) -> str:
        """Return this finding."""
        return self._finding
