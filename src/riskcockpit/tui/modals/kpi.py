"""One KPI: what it says, how it is defined, and the rows behind the number, each a way on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual import on
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from riskcockpit.domain.kpi import KpiRow
from riskcockpit.present.pillar_columns import behind
from riskcockpit.present.text import age, duration, limit, measure, plural, state_mark
from riskcockpit.tui.messages import JumpWanted, Place, RowChosen
from riskcockpit.tui.modals.dialog import Dialog
from riskcockpit.tui.widgets.finding_text import fact
from riskcockpit.tui.widgets.plain import Plain, lines, styled
from riskcockpit.tui.widgets.row_table import RowTable
from riskcockpit.views.kpis import KpiDetail


class KpiDialog(Dialog[Place]):
    """Gives the place of the row that is opened."""

    AUTO_FOCUS = "#behind"

    def __init__(self, detail: KpiDetail, places: Mapping[str, Place]) -> None:
        super().__init__(detail.summary.title)
        self._detail = detail
        self._places = places

    @property
    def rows_beside(self) -> int:
        """The table of rows stands beside the text, too."""
        return super().rows_beside + (8 if self._detail.rows else 0)

    @property
    def table(self) -> RowTable[KpiRow]:
        """The rows behind the number."""
        return self.query_one("#behind", RowTable)

    def compose_content(self) -> Iterable[Widget]:
        """Yield the words, the rows, and what the keys do."""
        columns = behind(self._detail.summary.unit, self._places)
        with VerticalScroll(id="dialog-scroll", can_focus=False):
            yield Plain(lines(self._words()), id="words", classes="text")
        yield RowTable(columns, lambda row: f"{row.item} {row.note} {row.at}", id="behind")
        arrow = self.host.glyphs.arrow
        open_words = f" enter opens a row with {arrow}   " if self._places else " "
        yield Plain(f"{open_words}esc closes", classes="line dim")

    def on_mount(self) -> None:
        """Show the rows."""
        super().on_mount()
        self.table.display = bool(self._detail.rows)
        self.table.show_rows(self._detail.rows, self.host.frame())

    def draw_text(self) -> None:
        """Draw the words."""
        self.query_one("#words", Plain).show(lines(self._words()))

    def _words(self) -> list[Content]:
        kpi, frame, room = self._detail.summary, self.host.frame(), self.room
        mark = state_mark(kpi.state, frame.glyphs)
        value = measure(kpi.value, kpi.unit, frame.glyphs)
        target = limit(kpi.target, kpi.unit, kpi.direction, frame.glyphs)
        warning = limit(self._detail.warning, kpi.unit, kpi.direction, frame.glyphs)
        has_band = self._detail.warning != kpi.target
        rests = (
            f"{plural(kpi.sample, 'item')}, window {duration(self._detail.window.total_seconds())}"
        )
        return [
            styled([(str(mark), mark.token), f"  {value}, target {target}"]),
            *fact("means", kpi.definition, room),
            *fact("warns", f"while {warning}, then alarms" if has_band else "", room),
            *fact("rests on", rests, room),
            *fact("newest", f"{age(kpi.as_of, frame.now)} ago" if kpi.as_of else "no data", room),
        ]

    @on(JumpWanted)
    def refuse_letters(self, event: JumpWanted) -> None:
        """Show no letters here."""
        event.stop()
        event.table.jump(None)

    @on(RowChosen)
    def open_row(self, event: RowChosen) -> None:
        """Give the row's place."""
        event.stop()
        row: KpiRow = event.row
        if (place := self._places.get(row.item)) is not None:
            self.dismiss(place)
        else:
            self.host.tell("nothing in the cockpit shows more of this row")
