"""The sources: last success, rows, errors with hints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from textual import on
from textual.content import Content

from riskcockpit.present.columns import SOURCES, Frame
from riskcockpit.present.knowledge import KNOWLEDGE, loaded
from riskcockpit.present.syncing import progress_text
from riskcockpit.present.text import count, plural, stamp
from riskcockpit.tui.bindings import KEYS
from riskcockpit.tui.messages import RowChosen
from riskcockpit.tui.screens.paned import PanedScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.lines import Hint
from riskcockpit.tui.widgets.plain import Plain
from riskcockpit.tui.widgets.source_text import source_brief, sync_line
from riskcockpit.views.posture import EnrichmentView, SourceView
from riskcockpit.views.syncing import SourceProgress


class SourcesScreen(PanedScreen[SourceView]):
    """Health of the configured sources, and the age of what is known from elsewhere."""

    topic = "the sources"
    empty_words = ("No source is configured.", "")
    list_name = "sources"
    columns = SOURCES

    def __init__(self) -> None:
        super().__init__()
        self._health: Sequence[SourceView] = ()

    def identify(self, row: SourceView) -> str:
        """Return the source's name."""
        return row.name

    def question(self) -> Sequence[SourceView]:
        """Ask for the sources, and for what is in force from elsewhere."""
        view = self.host.gateway.posture()
        return (*view.sources, *(_row(one, view.as_of) for one in view.enrichments))

    def brief(self, row: SourceView, frame: Frame, width: int) -> Sequence[Content]:
        """Return everything about a source."""
        return source_brief(row, frame, width)

    def take_rows(self, rows: Sequence[SourceView]) -> None:
        """Draw the sources, with how far a sync has come that runs now."""
        self._health = rows
        self._draw(is_news=True)
        if rows:
            self.focus_rows()

    def take_progress(self, progress: Sequence[SourceProgress]) -> None:
        """Draw how far the sync has come; that is no news of a source."""
        super().take_progress(progress)
        if self.load in (Load.LOADED, Load.STALE):
            self._draw(is_news=False)

    def _draw(self, *, is_news: bool) -> None:
        if not self._health:
            self.enter(Load.EMPTY)
            return
        progress, frame = self.host.progress, self.host.frame()
        running = {one.name: one for one in progress}
        line = self.query_one("#sum", Plain)
        line.display = bool(progress)
        line.show(sync_line(progress, frame, self.size.width))
        if is_news:
            self.enter(Load.LOADED)
        rows = [replace(row, progress=running.get(row.name)) for row in self._health]
        self.show_rows(rows, is_news=is_news)

    def hints(self) -> list[Hint]:
        """Return the keys, the one first that pulls what the cursor is on."""
        found = super().hints()
        if not self.is_mounted or not self.sources_seen():
            return found
        reload = next(key for key in KEYS if key.id == "app.reload")
        sync = Hint(reload.read_in(self.host.keymap)[0], "sync this one", action=reload.action)
        return [sync, *found]

    def sources_seen(self) -> Sequence[str]:
        """Return the source under the cursor, when it is one that is pulled."""
        row = self.table.row
        is_configured = row is not None and row.name not in KNOWLEDGE.values()
        return (row.name,) if row is not None and is_configured else ()

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
            ("rows", f"{count(row.rows)} in {plural(row.pages, 'page')}" if row.pages else ""),
            ("now", "" if row.progress is None else progress_text(row.progress)),
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
