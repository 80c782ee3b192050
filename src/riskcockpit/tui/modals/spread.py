"""How the findings of a query spread over a field, each value a way to fewer of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import on
from textual.binding import Binding
from textual.widget import Widget

from riskcockpit.present.text import plural
from riskcockpit.tui.messages import JumpWanted, RowChosen
from riskcockpit.tui.modals.dialog import Dialog
from riskcockpit.tui.spreading import SHARES, Share, shares, within
from riskcockpit.tui.widgets.plain import Part, Plain, fitted, styled
from riskcockpit.tui.widgets.row_table import RowTable
from riskcockpit.views.findings import FacetView

_KEYS = (("enter", "only these"), ("-", "all but these"), ("tab", "next field"), ("esc", "closes"))
_BESIDE = 4
"""Rows of the box beside the table: the fields, a gap, a gap, the keys."""


class SpreadDialog(Dialog[str]):
    """Gives the query that keeps the value that is chosen, or leaves it out."""

    AUTO_FOCUS = "#shares"
    BINDINGS = [  # noqa: RUF012 - as Textual declares it
        Binding("tab,right", "field(1)", "next field"),
        Binding("shift+tab,left", "field(-1)", "field before"),
        Binding("minus", "without", "all but these"),
    ]

    def __init__(self, query: str, facets: Sequence[FacetView], total: int, field: str) -> None:
        """Make it for what `query` finds, `total` findings, beginning with a field."""
        super().__init__(f"{plural(total, 'finding')} by")
        self._query, self._total = query, total
        self._facets = tuple(facet for facet in facets if facet.counts)
        names = [facet.field for facet in self._facets]
        self._at = names.index(field) if field in names else 0

    @property
    def field(self) -> str:
        """The field that is shown."""
        return self._facets[self._at].field

    @property
    def table(self) -> RowTable[Share]:
        """The values."""
        return self.query_one("#shares", RowTable)

    def compose_content(self) -> Iterable[Widget]:
        """Yield the fields, the values of one, and what the keys do."""
        yield Plain(id="fields", classes="line")
        yield RowTable(SHARES, lambda row: row.value, id="shares")
        yield Plain(id="spread-keys", classes="line dim")

    def on_mount(self) -> None:
        """Show the values of the first field."""
        super().on_mount()
        self._draw()

    def draw_text(self) -> None:
        """Fit the fields to the room."""
        self._draw()

    def _draw(self) -> None:
        parts: list[Part] = []
        for index, facet in enumerate(self._facets):
            is_here = index == self._at
            sign = self.host.glyphs.cursor if is_here else " "
            parts.append((f"{sign}{facet.field} ", "title" if is_here else "muted"))
        glyphs = self.host.glyphs
        self.query_one("#fields", Plain).show(fitted(styled(parts), self.room, glyphs))
        keys: list[Part] = []
        for key, word in _KEYS:
            keys += [(key, "key"), (f" {word}   ", "muted")]
        self.query_one("#spread-keys", Plain).show(fitted(styled(keys), self.room, glyphs))
        self.table.show_rows(
            shares(self._facets[self._at], self._total), self.host.frame(), is_news=False
        )

    def _fit(self) -> None:
        box = self.query_one("#dialog")
        room = self.app.size.height - 1 - box.gutter.height - _BESIDE
        rows = max(len(facet.counts) for facet in self._facets)
        self.table.styles.height = max(2, min(room, rows + 1))

    def action_field(self, step: int) -> None:
        """Show another field."""
        self._at = (self._at + step) % len(self._facets)
        self.table.cursor = 0
        self._draw()

    def action_without(self) -> None:
        """Leave out what has the value."""
        if self.table.row is not None:
            self.dismiss(within(self._query, self.field, self.table.row.value, without=True))

    @on(RowChosen)
    def choose(self, event: RowChosen) -> None:
        """Keep only what has the value."""
        event.stop()
        row: Share = event.row
        self.dismiss(within(self._query, self.field, row.value))

    @on(JumpWanted)
    def refuse_letters(self, event: JumpWanted) -> None:
        """Show no letters here."""
        event.stop()
        event.table.jump(None)
