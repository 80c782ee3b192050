"""What a list under a filter shares: how much matches while one types, and saved views as tabs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.timer import Timer

from riskcockpit.errors import QueryError
from riskcockpit.present.text import count
from riskcockpit.tui.api import Names
from riskcockpit.tui.bindings import KEYS
from riskcockpit.tui.messages import QueryTyped
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.screens.sorting import SortingScreen
from riskcockpit.tui.widgets.filter_bar import FilterBar
from riskcockpit.tui.widgets.lines import Hint
from riskcockpit.tui.widgets.plain import Part, Plain, fitted, styled

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.views.findings import FacetView

_COUNT_SECONDS = 0.15
_VIEW, _PREVIEW = (
    next(key.label for key in KEYS if key.id == name)
    for name in ("findings.next-view", "findings.preview")
)


class FilteredScreen(SortingScreen):
    """A list of what matches a query; it has a `FilterBar` and a line `#views`."""

    default_query: ClassVar[str] = "state:open"

    def __init__(self) -> None:
        super().__init__()
        self.query_text = self.default_query
        self.filter_shown = ""
        """The filter of the rows that are shown."""
        self._views: dict[str, str] = {}
        self._spread = ""
        """The field that was looked at last."""
        self._count: Timer | None = None

    def ordered(self, query: str) -> str:
        """Return a query as it will be asked when it is applied, so that it is asked once."""
        return query

    def apply_query(self, query: str) -> None:
        """Show what matches."""
        raise NotImplementedError

    @on(QueryTyped)
    def count_soon(self, event: QueryTyped) -> None:
        """Say how much matches, or where the mistake is, once the typing rests."""
        event.stop()
        if self._count is not None:
            self._count.stop()
        self._count = self.set_timer(_COUNT_SECONDS, lambda: self._ask_count(event.query))

    def _ask_count(self, query: str) -> None:
        gateway, bar = self.host.gateway, self.query_one(FilterBar)

        def counted() -> int | QueryError:
            try:
                return gateway.open_findings(self.ordered(query)).total
            except QueryError:
                pass  # its place is told of what was typed
            try:
                return gateway.open_findings(query).total
            except QueryError as error:
                return error

        def show(found: int | QueryError) -> None:
            if isinstance(found, QueryError):
                bar.show_count("")
                bar.show_mistake(found.message, found.hint or "", found.position)
            elif bar.has_focus_within:
                bar.show_count(f"{count(found)} match")

        if bar.has_focus_within:
            self.ask("count", counted, show)

    def stop_counting(self) -> None:
        """Say nothing more of what was typed."""
        if self._count is not None:
            self._count.stop()
        self.forget("count")

    # mistakes

    def mend(self, error: QueryError, *, is_first: bool) -> None:
        """Let a filter be mended that was not understood; the rows stay those of the one before.

        One that was understood before nobody has just typed: the saved view it names has gone.
        Then all that is open is shown, and no key goes into the filter.
        """
        wrong, self.query_text = self.query_text, self.filter_shown or self.default_query
        self.stop_counting()
        if wrong == self.filter_shown and wrong != self.default_query:
            self.query_text, self.filter_shown = self.default_query, ""
            self.host.tell(f"{error.message}: this is {self.default_query}", severity="warning")
            self.refresh_data()
            return
        self.enter(Load.LOADED)
        bar = self.query_one(FilterBar)
        bar.mend(wrong, error.message, error.hint or "", error.position)
        if is_first and wrong != self.query_text:
            self.refresh_data()

    # keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer the filter only where it is seen, or will be."""
        if action == "filter" and self.is_blank:
            return False
        return super().check_action(action, parameters)

    def hints(self) -> list[Hint]:
        """Return the keys that do something now: without views none leads through them."""
        has_views = bool(self._views) and not self.is_blank
        dead = {*(() if has_views else (_VIEW,)), *(() if self.has_rows else (_PREVIEW,))}
        return [hint for hint in super().hints() if hint.word not in dead]

    def action_filter(self) -> None:
        """Let a query be typed."""
        raise NotImplementedError

    def action_filter_soon(self) -> None:
        """Let a query be typed once the screen is drawn; what is typed until then goes into it."""
        self.host.hold_keys(self.host.release_keys, keeps_typed=True)
        self.call_after_refresh(self._filter_now)

    def _filter_now(self) -> None:
        self.action_filter()
        self.host.release_keys()

    # fewer of them

    def action_spread(self) -> None:
        """Show how what matches spreads over a field; a value keeps what has it."""
        gateway, query = self.host.gateway, self.query_text

        def seen() -> tuple[int, tuple[FacetView, ...]]:
            return gateway.open_findings(query).total, gateway.facets(query)

        def show(found: tuple[int, tuple[FacetView, ...]]) -> None:
            from riskcockpit.tui.modals.spread import SpreadDialog  # noqa: PLC0415 - as it is asked

            self.host.release_keys()
            total, facets = found
            if not total:
                self.host.tell("no finding matches")
                return
            dialog = SpreadDialog(query, facets, total, self._spread)
            self.app.push_screen(dialog, lambda chosen: self._narrow(dialog.field, chosen))

        self.prepare(seen, show)

    def _narrow(self, field: str, query: str | None) -> None:
        self._spread = field
        if query is not None:
            self.apply_query(query)

    # saved views

    def take_names(self, names: Names) -> None:
        """Complete names that exist, and show the saved views."""
        self.query_one(FilterBar).offer(names)
        self.take_views(names.views)

    def take_views(self, views: Mapping[str, str]) -> None:
        """Show the saved views."""
        self._views = dict(views)
        self.draw_views()
        self.draw_lines()  # a key leads through them

    def query_seen(self) -> str:
        """Return the filter."""
        return self.query_text

    def _tabs(self) -> list[tuple[str, str]]:
        return [("open", self.default_query), *self._views.items()]

    def _tab_at(self) -> int | None:
        for index, (name, query) in enumerate(self._tabs()):
            if self.query_text in (query, f"@{name}"):
                return index
        return None

    def draw_views(self) -> None:
        """Draw the saved views as tabs, with the one that is shown."""
        line = self.query_one("#views", Plain)
        line.display = bool(self._views)
        at = self._tab_at()
        parts: list[Part] = [(" views ", "muted")]
        for index, (name, _) in enumerate(self._tabs()):
            sign = self.host.glyphs.cursor if index == at else " "
            parts += [(f" {sign}{name} ", "title" if index == at else "")]
        if at is None:
            parts.append(("   F keeps this filter as a view", "muted"))
        line.show(fitted(styled(parts), self.size.width, self.host.glyphs))

    def action_view(self, step: int) -> None:
        """Show the findings of the next saved view, or of the one before."""
        tabs, at = self._tabs(), self._tab_at()
        if len(tabs) == 1:
            self.host.tell("no saved view yet; F keeps a filter as one")
            return
        index = (0 if step > 0 else -1) if at is None else (at + step) % len(tabs)
        name = tabs[index][0]
        self.apply_query(self.default_query if index == 0 else f"@{name}")

    def action_keep_view(self) -> None:
        """Ask for a name, and keep the filter under it."""
        self.host.open_command_line("save ")
