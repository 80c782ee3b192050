"""One pillar: its KPIs with trend and definition, failing controls, top findings by exposure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from textual import on
from textual.content import Content
from textual.widget import Widget

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.present.columns import FINDINGS, Frame
from riskcockpit.present.plot import axis, plot, strip
from riskcockpit.present.text import (
    limit,
    measure,
    money,
    plural,
    severity_token,
    signed_money,
    sparkline,
    state_mark,
    trend_arrow,
)
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place, RowChosen, RowPointed
from riskcockpit.tui.paging import PAGE
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.finding_text import paragraph
from riskcockpit.tui.widgets.pillar_card import freshness
from riskcockpit.tui.widgets.plain import Part, Plain, lines, styled, titled
from riskcockpit.tui.widgets.row_table import RowTable
from riskcockpit.views.findings import FindingRow
from riskcockpit.views.governance import ControlView
from riskcockpit.views.posture import KpiView, PillarView, PostureView

_MOST_CONTROLS = 5
_WORST = ("error", "alarm", "config_invalid", "stale", "no_data")
"""Verdicts that are not ok, in the order in which they are shown."""
_SHORT = 30
"""Screens below this height show less of each panel."""
_TALL = 44
"""Screens of this height show the trend of the first KPI as a plot."""
_PLOT_HEIGHT = 5
_MOST_CELLS = 3
"""Columns that one day takes in a plot, at most."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one question brings."""

    posture: PostureView
    view: PillarView | None
    controls: tuple[ControlView, ...]
    findings: tuple[FindingRow, ...]
    total: int
    severities: Mapping[str, int]
    """How many open findings have each severity."""


class PillarScreen(DecidingScreen):
    """A pillar from its numbers down to its findings."""

    BINDINGS = bind("decide.waive", "decide.undo", "decide.note")
    topic = "the pillar"
    reads_posture = True
    empty_words = ("No data yet.", "")

    def __init__(self) -> None:
        super().__init__()
        self._pillar = Pillar.DATA_INTEGRITY
        self._seen: _Seen | None = None

    def compose_body(self) -> Iterable[Widget]:
        """Yield KPIs, controls, findings."""
        yield Plain(id="pillar-state", classes="text")
        yield Plain(id="kpis", classes="panel")
        yield Plain(id="controls", classes="panel")
        yield Plain(id="top-line", classes="line")
        yield RowTable(FINDINGS, lambda row: row.id, id="top")

    @property
    def table(self) -> RowTable[FindingRow]:
        """The findings with the most exposure."""
        return self.query_one("#top", RowTable)

    def show_place(self, place: Place) -> None:
        """Show another pillar; nothing of the one before stays on screen."""
        pillar = Pillar(place.key)
        if pillar is not self._pillar:
            self._pillar, self._seen = pillar, None
            if self.is_mounted:
                self.enter(Load.LOADING)

    def refresh_data(self) -> None:
        """Ask for everything about the pillar."""
        gateway, pillar = self.host.gateway, self._pillar

        def seen() -> _Seen:
            posture = gateway.posture()
            view = next((view for view in posture.pillars if view.pillar is pillar), None)
            query = f"state:open pillar:{pillar.value}"
            found = gateway.open_findings(f"{query} sort:-exposure")
            rows = gateway.page(found, 0, PAGE).rows if found.total else ()
            spread = {each.field: dict(each.counts) for each in gateway.facets(query)}
            is_all = pillar is Pillar.COMPLIANCE_AUTOMATION  # whose KPI counts every control
            controls = tuple(
                each for each in gateway.controls() if is_all or each.pillar == pillar.value
            )
            return _Seen(posture, view, controls, rows, found.total, spread.get("severity", {}))

        self.ask("pillar", seen, self._take)

    def _take(self, seen: _Seen) -> None:
        self._seen = seen
        self.host.notice(seen.posture)
        if seen.view is None:
            self.enter(Load.EMPTY)
            return
        self.enter(Load.LOADED)
        self.table.show_rows(seen.findings, self.host.frame())
        self.table.display = bool(seen.findings)
        self.table.focus()
        self._draw(seen, seen.view)

    def redraw(self) -> None:
        """Let ages move on."""
        if self._seen is not None and self._seen.view is not None:
            self.table.retime(self.host.frame())
            self._draw(self._seen, self._seen.view)

    def on_resize(self) -> None:
        """Fit the panels to the new width."""
        super().on_resize()
        self.redraw()

    def _draw(self, seen: _Seen, view: PillarView) -> None:
        frame, width = self.host.frame(), max(20, self.size.width - 6)
        self.query_one("#pillar-state", Plain).show(_state(view, frame, self.size.width))
        kpis, controls = self.query_one("#kpis", Plain), self.query_one("#controls", Plain)
        titled(kpis, "KPIs", freshness(view, frame))
        is_short = self.size.height < _SHORT
        drawn = [row for kpi in view.kpis for row in _kpi(kpi, frame, width, is_short=is_short)]
        plotted = (
            _trend(view.kpis[0], frame, width) if view.kpis and self.size.height >= _TALL else []
        )
        kpis.show(lines([*drawn, *plotted]))
        kpis.display = bool(view.kpis)
        failing = sorted(
            (each for each in seen.controls if each.verdict != "ok"),
            key=lambda each: _WORST.index(each.verdict),
        )
        titled(controls, "Controls that are not ok", f"{len(failing)} of {len(seen.controls)}")
        most = 2 if is_short else _MOST_CONTROLS
        controls.show(lines([_control(each, frame, width) for each in failing[:most]]))
        controls.display = bool(failing)
        self.query_one("#top-line", Plain).show(_spread(seen, frame, self.size.width))

    @on(RowPointed)
    def follow(self) -> None:
        """Say which keys act on the row."""
        self.refresh_bindings()

    @on(RowChosen)
    def open_finding(self, event: RowChosen) -> None:
        """Open the finding."""
        self.host.go_to(Place("finding", event.row.id, self.host.place))

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return all its findings, and its controls that are not ok."""
        seen = self._seen
        failing = [] if seen is None else [one for one in seen.controls if one.verdict != "ok"]
        findings = Place("findings", f"state:open pillar:{self._pillar.value}")
        return [("findings", findings), *(("control", Place("control", one.id)) for one in failing)]

    def finding_subjects(self) -> tuple[str, ...]:
        """Return the finding under the cursor."""
        return (self.table.row.id,) if self.table.row is not None else ()

    def note_subject(self) -> str:
        """Return the finding under the cursor."""
        return self.table.row.id if self.table.row is not None else ""


def _state(view: PillarView, frame: Frame, width: int) -> Content:
    mark = state_mark(view.state, frame.glyphs)
    parts: list[Part] = [
        (f" {view.pillar.label}  ", "title"),
        (str(mark), mark.token),
        f"   at risk {money(view.at_risk, glyphs=frame.glyphs)}",
    ]
    if view.at_risk_change is not None and view.at_risk_change.amount:
        arrow = trend_arrow(view.at_risk_change, frame.glyphs)
        parts.append(
            (
                f"  {arrow} {signed_money(view.at_risk_change, frame.glyphs)} since yesterday",
                "muted",
            )
        )
    reason = paragraph(view.reason, width - 2, "muted") if view.reason else []
    return lines([styled(parts), *(Content.assemble(" ", row) for row in reason)])


def _spread(seen: _Seen, frame: Frame, width: int) -> Content:
    """Return how many findings are open, and how grave they are as a strip of shades."""
    head = f" {plural(seen.total, 'open finding')}  "
    counts = [
        (severity.word, severity_token(severity), seen.severities.get(severity.word, 0))
        for severity in sorted(Severity, reverse=True)
    ]
    runs = strip(counts, width - len(head) - 1, frame.glyphs)
    return styled([(head, "strong"), *((run.text, run.token) for run in runs)])


def _trend(kpi: KpiView, frame: Frame, width: int) -> list[Content]:
    """Return the trend of a KPI against its target as a plot, one value a day."""
    if sum(value is not None for value in kpi.trend) < 2:  # noqa: PLR2004 - one day is no trend
        return []
    each = max(1, min(_MOST_CELLS, (width - 8) // len(kpi.trend)))
    values = [value for value in kpi.trend for _ in range(each)]
    rows = plot(
        values, width, _PLOT_HEIGHT, threshold=kpi.target, direction=kpi.direction,
        glyphs=frame.glyphs,
    )  # fmt: skip
    foot = axis(f"{len(kpi.trend) - 1} d ago", "today", min(width, 8 + len(values)))
    title = f"{kpi.title}, {limit(kpi.target, kpi.unit, kpi.direction, frame.glyphs)}"
    return [
        Content(""),
        styled([(title[:width], "title")]),
        *(styled([(run.text, run.token) for run in row]) for row in [*rows, foot]),
    ]


def _kpi(kpi: KpiView, frame: Frame, width: int, *, is_short: bool) -> list[Content]:
    mark = state_mark(kpi.state, frame.glyphs)
    value = measure(kpi.value, kpi.unit, frame.glyphs)
    target = limit(kpi.target, kpi.unit, kpi.direction, frame.glyphs)
    title_room = max(12, min(48, width - 46))
    bars = sparkline(kpi.trend, min(30, max(0, width - title_room - 34)), frame.glyphs)
    title = kpi.title
    if len(title) > title_room:
        title = title[: title_room - 1].rstrip() + frame.glyphs.ellipsis
    head: list[Part] = [
        (f"{mark!s:<10}", mark.token),
        f"{title:<{title_room}}",
        (f"{value:>10}", "value" if kpi.state is KpiState.OK else mark.token),
        (f"  {target:<10}", "muted"),
        (f"  {bars}", "trend"),
    ]
    rows = [styled(head)]
    if not is_short:
        text = f"{'':<10}{kpi.definition}"
        cut = text if len(text) <= width else text[: width - 1] + frame.glyphs.ellipsis
        rows.append(styled([(cut, "muted")]))
    return rows


def _control(control: ControlView, frame: Frame, width: int) -> Content:
    word = control.verdict.replace("_", " ").upper()
    token = {"stale": "stale", "no_data": "no_data"}.get(control.verdict, "alarm")
    text = f"{control.title}  {control.message}".strip()
    tail = f"  {control.failed} failing" if control.failed else ""
    room = max(1, width - 16 - len(tail))
    if len(text) > room:
        text = text[: room - 1] + frame.glyphs.ellipsis
    return styled([(f"{word:<16}", token), text, (tail, "warn")])
