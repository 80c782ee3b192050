"""Findings: a million rows under a filter, a preview beside them, marks for bulk decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.containers import Container
from textual.timer import Timer
from textual.widget import Widget

from riskcockpit.errors import QueryError
from riskcockpit.present.columns import FINDINGS, Column
from riskcockpit.present.text import count, plural
from riskcockpit.tui.api import MARK_LIMIT
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import (
    FilterWanted,
    MarksChanged,
    Place,
    RowChosen,
    RowPointed,
    RowsWanted,
)
from riskcockpit.tui.paging import PAGE, Pages
from riskcockpit.tui.relations import of_finding
from riskcockpit.tui.screens.filtered import FilteredScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.screens.reaching import ReachingScreen
from riskcockpit.tui.widgets.filter_bar import FilterBar
from riskcockpit.tui.widgets.finding_text import finding_brief
from riskcockpit.tui.widgets.line_pane import LinePane
from riskcockpit.tui.widgets.plain import Part, Plain, lines, styled
from riskcockpit.tui.widgets.row_table import RowTable
from riskcockpit.views.findings import FindingPage, FindingRow, FindingSet

_PREVIEW_SECONDS = 0.1
"""How long the cursor rests before the preview follows: a key that is held never lets it."""
_PREVIEW_WIDTH = 150
_OF_ROWS = ("mark", "range", "mark_all", "spread")


@dataclass(frozen=True, slots=True)
class _Opened:
    """A new list with the page its cursor is on."""

    text: str
    """The filter."""
    query: str
    """The filter with its order."""
    found: FindingSet
    cursor: int
    page: FindingPage | None
    is_lost: bool
    """The finding the cursor was on does not match any more."""


class FindingsScreen(FilteredScreen, ReachingScreen):
    """The virtual table, its filter and its preview."""

    BINDINGS = bind("columns", "findings", "finding", "decide.waive", "decide.undo", "decide.note")
    topic = "findings"
    list_name = "findings"
    columns = FINDINGS
    own_sort = "-exposure"
    empty_words = ("No findings yet.", "")

    AUTO_FOCUS = ""  # back from a dialog, the filter must not take the keys

    def __init__(self) -> None:
        super().__init__()
        self.found: FindingSet | None = None
        self._shown = ""
        self._wants_preview: bool | None = None
        self._following: Timer | None = None

    def compose_body(self) -> Iterable[Widget]:
        """Yield filter, table, preview and counts."""
        yield Plain(id="views")
        yield FilterBar(self.host.gateway.query_fields, self.host.glyphs, id="filter")
        with Container(id="split"):
            yield RowTable(FINDINGS, lambda row: row.id, id="findings")
            yield LinePane(id="preview")
            yield Plain(id="no-match")
        yield Plain(id="counts")

    @property
    def table(self) -> RowTable[FindingRow]:
        """The table of findings."""
        return self.query_one("#findings", RowTable)

    def on_mount(self) -> None:
        """Let the table take the keys."""
        super().on_mount()
        self.query_one("#no-match").display = False
        self.query_one("#views").display = False
        self.table.focus()

    # data

    def show_place(self, place: Place) -> None:
        """Take the query of a place, when it has one."""
        if place.key and place.kind == "findings":
            self.query_text = place.key

    def ordered(self, query: str) -> str:
        """Return a query with the order of the list, unless it has its own."""
        if "sort:" in query:
            return query
        field = next(each.sort for each in FINDINGS if each.key == self.sort.removeprefix("-"))
        return f"{query} sort:{'-' if self.sort.startswith('-') else ''}{field}".strip()

    def refresh_data(self) -> None:
        """Ask for the list anew; the cursor stays on its finding, else at its row."""
        row = self.table.row
        self._open(row.id if row is not None else "", self.table.cursor)
        self.ask("views", self.host.gateway.views, self.take_views)

    def _open(self, keep: str, row: int) -> None:
        gateway = self.host.gateway
        text, query = self.query_text, self.ordered(self.query_text)

        def opened() -> _Opened:
            found = gateway.open_findings(query)
            position = gateway.position(found, keep) if keep else None
            cursor = min(row, max(0, found.total - 1)) if position is None else position
            page = gateway.page(found, cursor // PAGE * PAGE, PAGE) if found.total else None
            is_lost = bool(keep) and position is None
            return _Opened(text, query, found, cursor, page, is_lost)

        self.ask("open", opened, self._take_opened)

    def _take_opened(self, opened: _Opened) -> None:
        is_first = self.found is None
        self.found, self.filter_shown = opened.found, opened.text
        if opened.found.total == 0 and opened.found.generation == 0:
            self.enter(Load.EMPTY)
            return
        self.enter(Load.LOADED)
        self.query_one(FilterBar).show(self.query_text)
        pages, table = Pages[FindingRow](opened.found.total), self.table
        if opened.page is not None:
            pages.put(opened.cursor // PAGE, opened.page.rows)
        table.sort_key = "" if "sort:" in self.query_text else self.sort
        self.take_choice()
        table.note_loss(is_lost=opened.is_lost)
        is_update, self._shown = opened.query == self._shown, opened.query
        table.show(pages, self.host.frame(), opened.cursor, is_update=is_update)
        self._draw_match(opened.found.total)
        self.draw_views()
        is_mending = self.query_one(FilterBar).has_focus_within
        if table.display and (self.focused is None or (is_first and not is_mending)):
            table.focus()
        self.refresh_bindings()
        self._draw_counts()

    def _draw_match(self, total: int) -> None:
        none = self.query_one("#no-match", Plain)
        if total == 0 and isinstance(self.focused, RowTable):
            self.set_focus(None)  # else the filter would get it, and keys would become its text
        none.display, self.table.display = total == 0, total > 0
        self._place_preview()
        if total == 0:
            hint = styled([("/", "key"), (" changes the filter", "muted")])
            none.show(lines([styled([("No finding matches.", "strong")]), "", hint]))

    def fail(self, topic: str, error: Exception) -> None:
        """Point at a mistake in the query; let lost pages be asked for again."""
        if isinstance(error, QueryError):
            self.mend(error, is_first=self.found is None)
            return
        if topic.startswith("pages:"):
            self.table.lose([int(number) for number in topic.split(":")[2:]])
        super().fail(topic, error)

    @on(RowsWanted)
    def fetch(self, event: RowsWanted) -> None:
        """Ask for pages the table misses."""
        found = self.found
        if found is None or event.edition != self.table.edition:
            return
        gateway, table = self.host.gateway, self.table
        edition, numbers = event.edition, event.pages

        def pages() -> dict[int, FindingPage]:
            near = filter(table.is_near, numbers)  # a held key passes more than can be fetched
            return {each: gateway.page(found, each * PAGE, PAGE) for each in near}

        def take(pages: dict[int, FindingPage]) -> None:
            for number, page in pages.items():
                table.take(edition, number, page.rows)
            table.lose([number for number in numbers if number not in pages])
            table.want()

        self.ask(":".join(("pages", str(edition), *map(str, numbers))), pages, take)

    def redraw(self) -> None:
        """Let ages move on."""
        if self.load in (Load.LOADED, Load.STALE):
            self.table.retime(self.host.frame())
            self._draw_preview()

    def on_resize(self) -> None:
        """Put the preview where there is room."""
        super().on_resize()
        self._place_preview()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer marks and parts only where there are findings."""
        if action in _OF_ROWS and not self.has_rows:
            return False
        return super().check_action(action, parameters)

    # filter and sort

    def action_filter(self) -> None:
        """Type a query in place of the one there is, or change that."""
        self.host.ask_names()
        self.host.ask_values()
        self.query_one(FilterBar).begin_anew()

    @on(FilterWanted)
    def apply_filter(self, event: FilterWanted) -> None:
        """Show what matches."""
        event.stop()
        self.apply_query(event.query)

    def apply_query(self, query: str) -> None:
        """Show what matches; the marks of the old list end."""
        self.query_text = query
        self.stop_counting()
        self.table.clear_marks()
        self.set_focus(self.table)
        self._open("", 0)

    def step_back(self) -> bool:
        """Leave the filter, then the range, then the marks; False when there is nothing left."""
        bar = self.query_one(FilterBar)
        if bar.has_focus_within:
            self.stop_counting()
            self.set_focus(self.table)
            bar.show(self.query_text)
            return True
        if self.table.range_from is not None or self.table.marks:
            self.table.clear_marks()
            return True
        if self.query_text != self.default_query:
            self.query_text = self.default_query
            self.refresh_data()
            return True
        return False

    def resort(self) -> None:
        """Ask for the list in another order."""
        self._draw_counts()
        self.refresh_data()

    def can_sort(self, column: Column[Any]) -> bool:
        """Return whether the cache can sort findings by a column."""
        return bool(column.sort)

    def action_column(self, step: int) -> None:
        """Choose the column to sort by, and name it."""
        super().action_column(step)
        self._draw_counts()

    # marks

    def action_mark(self) -> None:
        """Mark the row."""
        self.table.toggle_mark()

    def action_range(self) -> None:
        """Start a range or mark it."""
        start, cursor = self.table.range_from, self.table.cursor
        if start is not None and abs(start - cursor) >= MARK_LIMIT:
            self.host.tell(
                f"a range holds at most {count(MARK_LIMIT)} findings", severity="warning"
            )
            return
        if not self.table.toggle_range():
            self.host.tell("rows that were not loaded yet are not marked", severity="warning")

    def action_mark_all(self) -> None:
        """Mark everything that matches the filter, up to the limit."""
        found = self.found
        if found is None or not found.total:
            return
        if found.total > MARK_LIMIT:
            self.host.tell(
                f"{plural(found.total, 'finding')} match; {count(MARK_LIMIT)} can be marked",
                severity="warning",
            )
            return
        gateway, query = self.host.gateway, self.query_text

        def take(ids: tuple[str, ...]) -> None:
            self.table.mark(ids)

        self.ask("ids", lambda: gateway.ids(query), take)

    def action_unmark(self) -> None:
        """Clear the marks."""
        self.table.clear_marks()

    @on(MarksChanged)
    def show_marks(self) -> None:
        """Say how many rows are marked."""
        self._draw_counts()
        self.ask_permissions()

    def _draw_counts(self) -> None:
        found = self.found
        if found is None:
            return
        parts: list[Part] = [(f" {plural(found.total, 'finding')}", "strong")]
        if self.table.marks:
            parts.append((f"   {count(len(self.table.marks))} marked", "warn"))
        if self.table.range_from is not None:
            parts.append(("   range: v marks it, esc ends it", "warn"))
        if self.table.shows_column:
            parts.append((f"   s sorts by {self.chosen_column().title}", "muted"))
        self.query_one("#counts", Plain).show(styled(parts))

    # preview

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self._want_preview(wanted=not self.query_one("#preview").display)

    def action_preview_place(self) -> None:
        """Put the preview below the list, or beside it."""
        split = self.query_one("#split")
        is_wide = self.size.width >= _PREVIEW_WIDTH
        is_beside = split.has_class("-beside") or (is_wide and not split.has_class("-below"))
        split.set_class(is_beside, "-below")
        split.set_class(not is_beside, "-beside")
        self._want_preview(wanted=True)

    def _want_preview(self, *, wanted: bool) -> None:
        self._wants_preview = wanted
        self._place_preview()
        self._draw_preview()
        if wanted and not self.query_one("#preview").display:
            self.host.tell("no preview: no finding is listed")

    def _place_preview(self) -> None:
        has_room = self.size.width >= _PREVIEW_WIDTH
        wanted = has_room if self._wants_preview is None else self._wants_preview
        self.query_one("#preview").display = wanted and bool(self.found and self.found.total)

    @on(RowPointed)
    def follow(self) -> None:
        """Let the preview follow the cursor, once it rests."""
        self.ask_permissions()
        if self._following is not None:
            self._following.stop()
        self._following = self.set_timer(_PREVIEW_SECONDS, self._draw_preview)

    def _draw_preview(self) -> None:
        pane = self.query_one("#preview", LinePane)
        row = self.table.row
        if pane.display and row is not None:
            pane.show(lambda width: finding_brief(row, self.host.frame(), width))

    # places and decisions

    @on(RowChosen)
    def open_finding(self, event: RowChosen) -> None:
        """Open the finding."""
        self.host.go_to(Place("finding", event.row.id, self.host.place))

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return what belongs to the finding under the cursor."""
        return () if self.table.row is None else of_finding(self.table.row)

    def finding_seen(self) -> FindingRow | None:
        """Return the finding under the cursor."""
        return self.table.row

    def finding_subjects(self) -> tuple[str, ...]:
        """Return the marked findings, else the one under the cursor."""
        if self.table.marks:
            return tuple(self.table.marks)
        return (self.table.row.id,) if self.table.row is not None else ()

    def note_subject(self) -> str:
        """Return the finding under the cursor."""
        return self.table.row.id if self.table.row is not None else ""

    def after_decision(self) -> None:
        """Marks end with the action."""
        self.table.clear_marks()
