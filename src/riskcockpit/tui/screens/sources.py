"""The sources: last success, rows, errors with hints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual import on

from riskcockpit.present.columns import SOURCES
from riskcockpit.present.knowledge import KNOWLEDGE, loaded
from riskcockpit.present.text import stamp
from riskcockpit.tui.messages import RowChosen
from riskcockpit.tui.screens.lists import ListScreen
from riskcockpit.views.posture import EnrichmentView, SourceView


class SourcesScreen(ListScreen[SourceView]):
    """Health of the configured sources, and the age of what is known from elsewhere."""

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
        """Ask for the sources, and for what is in force from elsewhere."""
        view = self.host.gateway.posture()
        return (*view.sources, *(_row(one, view.as_of) for one in view.enrichments))

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


def _row(view: EnrichmentView, now: datetime) -> SourceView:
    """Return what is in force of one kind as a row: stale is not well."""
    state = "partial" if view.state == "stale" else "ok"
    return SourceView(
        KNOWLEDGE[view.kind], "file", state, view.dated, view.imported_at, view.rows,
        loaded(view, now),
    )  # fmt: skip
