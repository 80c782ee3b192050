"""The sources: last success, rows, errors with hints."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on

from riskcockpit.present.columns import SOURCES
from riskcockpit.present.text import stamp
from riskcockpit.tui.messages import RowChosen
from riskcockpit.tui.screens.lists import ListScreen
from riskcockpit.views.posture import SourceView


class SourcesScreen(ListScreen[SourceView]):
    """Health of the configured sources."""

    topic = "the sources"
    empty_words = (
        "No source is configured.",
        "riskcockpit init writes a config from what it finds",
    )
    columns = SOURCES

    def identify(self, row: SourceView) -> str:
        """Return the source's name."""
        return row.name

    def question(self) -> Sequence[SourceView]:
        """Ask for the sources."""
        return self.host.gateway.posture().sources

    @on(RowChosen)
    def open_source(self, event: RowChosen) -> None:
        """Show the whole message and hint."""
        from riskcockpit.tui.modals.says import RowDialog  # noqa: PLC0415 - rarely needed

        row: SourceView = event.row
        facts = [
            ("source", row.name),
            ("kind", row.kind),
            ("state", row.state),
            ("success", stamp(row.last_success)),
            ("attempt", stamp(row.last_attempt)),
            ("message", row.message),
            ("hint", row.hint),
        ]
        self.app.push_screen(RowDialog("Source", facts))
