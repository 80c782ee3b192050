"""Exposure: money at risk against the appetite, by pillar, and what drives it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from textual import on
from textual.containers import Container
from textual.widget import Widget

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.exposure.model import ExposureModel
from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.text import money, severity_token, state_mark
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place, RowChosen, RowPointed
from riskcockpit.tui.paging import PAGE
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.screens.narrowing import NarrowingScreen, said_by
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.exposure_text import exposure_head, scenario_of, scenario_text
from riskcockpit.tui.widgets.line_pane import LinePane
from riskcockpit.tui.widgets.narrow_bar import NarrowBar
from riskcockpit.tui.widgets.plain import Plain, lines
from riskcockpit.tui.widgets.row_table import RowTable
from riskcockpit.views.findings import FindingRow
from riskcockpit.views.models import ModelRow
from riskcockpit.views.posture import PostureView

_QUERY = "state:open -class:model sort:-exposure"
"""A model's findings are part of what the model puts at risk; they are not counted twice."""

_SHORT = 28
"""Screens below this height show the numbers in fewer lines."""


@dataclass(frozen=True, slots=True)
class Driver:
    """A model or a finding with what it puts at risk."""

    about: ModelRow | FindingRow
    share: float
    """Of the mean of everything, in percent."""

    @property
    def key(self) -> str:
        """Unique among the drivers and stable over refreshes."""
        return f"model:{self.about.name}" if isinstance(self.about, ModelRow) else self.about.id

    @property
    def at_risk(self) -> Money:
        """What it is expected to cost a year."""
        return self.about.exposure


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one question brings."""

    posture: PostureView
    scenarios: ExposureModel
    drivers: tuple[Driver, ...]


def _kind(row: Driver, frame: Frame) -> Cell:
    if isinstance(row.about, ModelRow):
        mark = state_mark(row.about.state, frame.glyphs)
        alarmed = row.about.state is KpiState.ALARM
        return Cell("model", mark.token if alarmed else "")
    return Cell(row.about.severity.word, severity_token(row.about.severity))


def _name(row: Driver, frame: Frame) -> Cell:
    del frame
    return Cell(row.about.name if isinstance(row.about, ModelRow) else row.about.title)


def _where(row: Driver, frame: Frame) -> Cell:
    del frame
    if isinstance(row.about, ModelRow):
        return Cell(row.about.reason or "baseline of a model in production")
    return Cell(row.about.asset)


def _share(row: Driver, frame: Frame) -> Cell:
    del frame
    return Cell(f"{row.share:.0f} %" if row.share >= 1 else "< 1 %", "muted")


DRIVERS: tuple[Column[Driver], ...] = (
    Column("kind", "kind", _kind, 8, rank=0),
    Column("name", "what drives it", _name, 24, grow=1, rank=0),
    Column("where", "where or why", _where, 24, grow=1, rank=1),
    Column("owner", "owner", lambda row, _: Cell(row.about.owner), 14, rank=2),
    Column("share", "share", _share, 5, Align.RIGHT),
    Column(
        "at_risk",
        "at risk",
        lambda row, frame: Cell(money(row.at_risk, glyphs=frame.glyphs)),
        9,
        Align.RIGHT,
        rank=0,
    ),
)


class ExposureScreen(NarrowingScreen, DecidingScreen):
    """The number on the overview, taken apart down to findings and scenarios."""

    BINDINGS = bind("decide.waive", "decide.roll-back", "decide.undo", "decide.note")
    topic = "money at risk"
    reads_posture = True
    empty_words = ("No data yet.", "")

    def __init__(self) -> None:
        super().__init__()
        self._seen: _Seen | None = None

    def compose_body(self) -> Iterable[Widget]:
        """Yield the numbers, what drives them, what they rest on."""
        yield Plain(id="at-risk", classes="panel")
        yield NarrowBar()
        with Container(id="split"):
            yield RowTable(DRIVERS, lambda row: row.key, id="drivers")
            yield LinePane(id="readings")

    @property
    def table(self) -> RowTable[Driver]:
        """What puts the most at risk."""
        return self.query_one("#drivers", RowTable)

    @property
    def rows_table(self) -> RowTable[Driver]:
        """What puts the most at risk."""
        return self.table

    def redraw_rows(self) -> None:
        """Draw the drivers that say the words."""
        if self.is_drawn and self._seen is not None:
            self._show_drivers(self._seen, is_news=False)

    def _show_drivers(self, seen: _Seen, *, is_news: bool) -> None:
        frame = self.host.frame()
        rows = self.narrowed(seen.drivers, lambda row: said_by(row, DRIVERS, frame, row.key))
        self.table.show_rows(rows, frame, is_news=is_news)

    def refresh_data(self) -> None:
        """Ask for everything about money at risk."""
        gateway = self.host.gateway

        def seen() -> _Seen:
            posture = gateway.posture()
            if posture.generation == 0:
                return _Seen(posture, gateway.scenarios(), ())
            found = gateway.open_findings(_QUERY)
            rows = gateway.page(found, 0, PAGE).rows if found.total else ()
            abouts: tuple[ModelRow | FindingRow, ...] = (*gateway.models(), *rows)
            return _Seen(posture, gateway.scenarios(), _drivers(abouts, posture))

        self.ask("exposure", seen, self._take)

    def _take(self, seen: _Seen) -> None:
        self._seen = seen
        self.host.notice(seen.posture)
        if seen.posture.generation == 0:
            self.enter(Load.EMPTY)
            return
        self.enter(Load.LOADED)
        self._draw(seen)
        self._show_drivers(seen, is_news=True)
        self.focus_rows()

    def redraw(self) -> None:
        """Let ages move on."""
        if self._seen is not None and self.load in (Load.LOADED, Load.STALE):
            self._draw(self._seen)

    def on_resize(self) -> None:
        """Fit the bars to the new width."""
        super().on_resize()
        self.redraw()

    def _draw(self, seen: _Seen) -> None:
        width = max(40, self.size.width - 6)
        is_short = self.size.height < _SHORT
        head = exposure_head(seen.posture, self.host.frame(), width, is_short=is_short)
        self.query_one("#at-risk", Plain).show(lines(head))

    @on(RowPointed)
    def follow(self) -> None:
        """Say what the price of the row under the cursor rests on."""
        row, seen, pane = self.table.row, self._seen, self.query_one("#readings", LinePane)
        if row is None:
            pane.show(lambda _: [])
        elif seen is not None:
            model, frame = seen.scenarios, self.host.frame()
            finding = row.about if isinstance(row.about, FindingRow) else None
            scenario = None if finding is None else scenario_of(model, finding.finding_class)
            pane.show(lambda width: scenario_text(scenario, model, frame, width))
        self.refresh_bindings()

    @on(RowChosen)
    def open_driver(self, event: RowChosen) -> None:
        """Open the model or the finding."""
        row: Driver = event.row
        kind = "model" if isinstance(row.about, ModelRow) else "finding"
        key = row.about.name if isinstance(row.about, ModelRow) else row.about.id
        self.host.go_to(Place(kind, key, self.host.place))

    def model_subject(self) -> str:
        """Return the model under the cursor."""
        row = self.table.row
        return row.about.name if row is not None and isinstance(row.about, ModelRow) else ""

    def finding_subjects(self) -> tuple[str, ...]:
        """Return the finding under the cursor."""
        row = self.table.row
        return (row.about.id,) if row is not None and isinstance(row.about, FindingRow) else ()

    def note_subject(self) -> str:
        """Return the model or the finding under the cursor."""
        return self.model_subject() or "".join(self.finding_subjects())


def _drivers(abouts: Iterable[ModelRow | FindingRow], posture: PostureView) -> tuple[Driver, ...]:
    total = posture.exposure.mean.amount
    rows = [
        Driver(about, float(100 * about.exposure.amount / total) if total else 0.0)
        for about in abouts
        if about.exposure.amount > Decimal(0)
    ]
    return tuple(sorted(rows, key=lambda row: (-row.at_risk.amount, row.key)))
