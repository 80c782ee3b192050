"""One pillar: its KPIs with trend and definition, failing controls, top findings by exposure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from textual import on
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.present.columns import FINDINGS, Frame
from riskcockpit.present.pillar_columns import CONTROLS, KPIS
from riskcockpit.present.plot import axis, plot, strip
from riskcockpit.present.text import (
    limit,
    plural,
    severity_token,
    signed_money,
    signs,
    state_mark,
)
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import Place, RowChosen, RowPointed
from riskcockpit.tui.paging import PAGE, Pages
from riskcockpit.tui.relations import behind_kpi
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.finding_text import paragraph
from riskcockpit.tui.widgets.pillar_card import amount_at_risk, controls_words, freshness, has_data
from riskcockpit.tui.widgets.plain import Part, Plain, fitted, lines, styled, titled
from riskcockpit.tui.widgets.row_table import RowTable
from riskcockpit.views.findings import FindingRow
from riskcockpit.views.governance import ControlView
from riskcockpit.views.kpis import KpiDetail
from riskcockpit.views.posture import KpiView, PillarView, PostureView

_SHORT_KPIS, _SHORT_CONTROLS = 4, 2
_MOST_KPIS, _MOST_CONTROLS = 8, 5
"""Rows of the panels beside many findings; with few they take the room that is left."""
_AROUND = 7
"""Lines of the screen and of the frames of the panels, and the one over the findings."""
_HOMES: Mapping[Pillar, str] = {
    Pillar.MODEL_VALIDATION: "models",
    Pillar.INFRASTRUCTURE_HARDENING: "deployments",
    Pillar.COMPLIANCE_AUTOMATION: "compliance",
    Pillar.INCIDENT_RESPONSE: "incidents",
}
"""Pillar → the screen on which its things are."""
_WORST = ("error", "alarm", "config_invalid", "stale", "no_data")
"""Verdicts that are not ok, in the order in which they are shown."""
_GRAVEST = (KpiState.ALARM, KpiState.WARN, KpiState.STALE, KpiState.NO_DATA, KpiState.OK)
_SHORT = 30
"""Screens below this height show less of each panel."""
_TALL = 44
"""Screens of this height show the trend of the KPI under the cursor as a plot."""
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

    BINDINGS = bind("panels", "findings.filter", "decide.waive", "decide.undo", "decide.note")
    topic = "the pillar"
    reads_posture = True
    empty_words = ("No data yet.", "")

    def __init__(self) -> None:
        super().__init__()
        self._pillar = Pillar.DATA_INTEGRITY
        self._seen: _Seen | None = None
        self._is_other = True
        """What comes next is another pillar, not the same one some time later."""

    def compose_body(self) -> Iterable[Widget]:
        """Yield KPIs, controls, findings, and words about what the cursor is on."""
        yield Plain(id="pillar-state", classes="text")
        with Vertical(id="kpi-panel", classes="panel"):
            yield RowTable(KPIS, lambda row: row.id, id="kpis", has_head=False)
            yield Plain(id="trend", classes="text")
        with Vertical(id="control-panel", classes="panel"):
            yield RowTable(CONTROLS, lambda row: row.id, id="controls", has_head=False)
        yield Plain(id="top-line", classes="line")
        yield RowTable(FINDINGS, lambda row: row.id, id="top")
        yield Plain(id="about")

    @property
    def table(self) -> RowTable[FindingRow]:
        """The findings with the most exposure."""
        return self.query_one("#top", RowTable)

    @property
    def kpi_table(self) -> RowTable[KpiView]:
        """The KPIs."""
        return self.query_one("#kpis", RowTable)

    @property
    def control_table(self) -> RowTable[ControlView]:
        """The controls that are not ok."""
        return self.query_one("#controls", RowTable)

    def show_place(self, place: Place) -> None:
        """Show another pillar; nothing of the one before stays on screen."""
        pillar = Pillar(place.key)
        if pillar is not self._pillar:
            self._pillar, self._seen, self._is_other = pillar, None, True
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
            controls = tuple(each for each in gateway.controls() if each.pillar == pillar.value)
            return _Seen(posture, view, controls, rows, found.total, spread.get("severity", {}))

        self.ask("pillar", seen, self._take)

    def _take(self, seen: _Seen) -> None:
        self._seen = seen
        self.host.notice(seen.posture)
        if seen.view is None:
            self.enter(Load.EMPTY)
            return
        self.enter(Load.LOADED)
        is_other, self._is_other = self._is_other, False
        self._fill(seen, seen.view, is_other=is_other)
        self._draw(seen, seen.view)
        if is_other or self.focused is None or not self.focused.display:
            self._first_panel(seen).focus()

    def _fill(self, seen: _Seen, view: PillarView, *, is_other: bool) -> None:
        frame, failing = self.host.frame(), _not_ok(seen.controls)
        tables: list[tuple[RowTable[Any], Sequence[Any]]] = [
            (self.kpi_table, _gravest_first(view.kpis)),
            (self.control_table, failing),
            (self.table, seen.findings),
        ]
        for table, rows in tables:
            if is_other:
                table.show(Pages.whole(rows), frame, 0)
            else:
                table.show_rows(rows, frame)
            table.display = bool(rows)
        self.query_one("#kpi-panel").display = bool(view.kpis)
        self.query_one("#control-panel").display = bool(failing)

    def _first_panel(self, seen: _Seen) -> RowTable[Any]:
        """Return where the cursor starts: at the findings, else at the KPIs."""
        return self.table if seen.findings else self.kpi_table

    def redraw(self) -> None:
        """Let ages move on."""
        if self._seen is not None and self._seen.view is not None:
            for table in self.query(RowTable):
                table.retime(self.host.frame())
            self._draw(self._seen, self._seen.view)

    def on_resize(self) -> None:
        """Fit the panels to the new width."""
        super().on_resize()
        self.redraw()

    def _draw(self, seen: _Seen, view: PillarView) -> None:
        frame = self.host.frame()
        said = _state(view, frame, self.size.width)
        self.query_one("#pillar-state", Plain).show(said)
        titled(self.query_one("#kpi-panel"), "KPIs", freshness(view, frame))
        counted = controls_words(view, frame, self.size.width)[0]
        titled(self.query_one("#control-panel"), "Controls that are not ok", counted)
        self._share_rows(seen, len(said.plain.split("\n")))
        self.query_one("#top-line", Plain).show(_spread(seen, frame, self.size.width))
        self._draw_about()

    def _share_rows(self, seen: _Seen, above: int) -> None:
        """Give KPIs and controls the rows that findings leave; `above` stand over all three."""
        is_short = self.size.height < _SHORT
        rows = [_SHORT_KPIS, _SHORT_CONTROLS] if is_short else [_MOST_KPIS, _MOST_CONTROLS]
        tables: tuple[RowTable[Any], ...] = (self.kpi_table, self.control_table)
        banner = self.query_one("#state", Plain)
        around = _AROUND + above + self._most_said + self._plot_rows
        around += banner.size.height if banner.display else 0
        wanted = min(seen.total + 1, self.size.height // 3) if seen.total else 0
        rows = [max(1, min(most, table.total)) for most, table in zip(rows, tables, strict=True)]
        spare = self.size.height - around - wanted - sum(rows)
        for at, table in enumerate(tables):
            more = max(0, min(spare, table.total - rows[at]))
            spare -= more
            table.styles.height = rows[at] + more
        self.query_one("#about").styles.height = self._most_said

    @property
    def _most_said(self) -> int:
        """Lines that are said of what the cursor is on, at most."""
        return 2 if self.size.height < _SHORT else 3

    @property
    def _plot_rows(self) -> int:
        """Lines of the trend of a KPI; it may be one that has none yet."""
        return _PLOT_HEIGHT + 3 if self.size.height >= _TALL else 0

    def _draw_about(self) -> None:
        """Say in full what the cursor is on, and draw the trend of the KPI."""
        frame, width = self.host.frame(), self.size.width
        trend, kpi = self.query_one("#trend", Plain), self.kpi_table.row
        plotted = (
            _trend(kpi, frame, max(20, width - 6))
            if kpi is not None and self.size.height >= _TALL
            else []
        )
        trend.display = bool(plotted)
        trend.show(lines(plotted))
        about = self.query_one("#about", Plain)
        words = self._about()
        about.display = bool(words)
        said = _first(paragraph(words, max(20, width - 4)), self._most_said, frame)
        about.show(lines(said))

    def _about(self) -> str:
        if self.focused is self.kpi_table and (kpi := self.kpi_table.row) is not None:
            return kpi.definition
        if self.focused is self.control_table and (control := self.control_table.row) is not None:
            return ": ".join(part for part in (control.title, control.message) if part)
        if self.focused is self.table and (finding := self.table.row) is not None:
            return "  ".join(part for part in (finding.title, finding.location) if part)
        return ""

    # keys

    def action_filter(self) -> None:
        """Filter the findings of the pillar."""
        self.host.go_to(Place("findings", f"state:open pillar:{self._pillar.value}"))
        self.host.press("filter_soon")

    @on(RowPointed)
    def follow(self) -> None:
        """Say what the row is about, and which keys act on it."""
        self._draw_about()
        self.refresh_bindings()

    def on_descendant_focus(self) -> None:
        """Say what the cursor of the other panel is on."""
        if self._seen is not None:
            self.follow()

    def action_panel(self, step: int) -> None:
        """Go to another panel."""
        shown = [table for table in self.query(RowTable) if table.total and table.display]
        if not shown:
            return
        at = next((i for i, table in enumerate(shown) if table is self.focused), -step)
        shown[(at + step) % len(shown)].focus()

    @on(RowChosen, "#top")
    def open_finding(self, event: RowChosen) -> None:
        """Open the finding."""
        self.host.go_to(Place("finding", event.row.id, self.host.place))

    @on(RowChosen, "#controls")
    def open_control(self, event: RowChosen) -> None:
        """Open the control."""
        self.host.go_to(Place("control", event.row.id, self.host.place))

    @on(RowChosen, "#kpis")
    def open_kpi(self, event: RowChosen) -> None:
        """Show what is behind the number; from there on to it."""
        gateway, wanted = self.host.gateway, event.row.id

        def behind() -> tuple[KpiDetail, Mapping[str, Place]]:
            detail = gateway.kpi(wanted)
            incidents = {one.incident.id for one in gateway.incidents()}
            return detail, behind_kpi(detail.rows, incidents, gateway.names())

        self.ask("kpi", behind, self._show_kpi)

    def _show_kpi(self, found: tuple[KpiDetail, Mapping[str, Place]]) -> None:
        from riskcockpit.tui.modals.kpi import KpiDialog  # noqa: PLC0415 - when first opened

        here = self.host.place

        def go(place: Place | None) -> None:
            if place is not None:
                self.host.go_to(replace(place, parent=here))

        self.app.push_screen(KpiDialog(*found), go)

    def related(self) -> Sequence[tuple[str, Place]]:
        """Return where its things are, and its controls that are not ok."""
        seen = self._seen
        failing = () if seen is None else _not_ok(seen.controls)
        home = _HOMES.get(self._pillar)
        findings = Place("findings", f"state:open pillar:{self._pillar.value}")
        return [
            *([(home, Place(home))] if home else []),
            ("findings", findings),
            *(("control", Place("control", one.id)) for one in failing),
        ]

    def finding_subjects(self) -> tuple[str, ...]:
        """Return the finding under the cursor."""
        return (self.note_subject(),) if self.note_subject() else ()

    def note_subject(self) -> str:
        """Return the finding under the cursor."""
        row = self.table.row if self.focused is self.table else None
        return row.id if row is not None else ""


def _gravest_first(kpis: Sequence[KpiView]) -> list[KpiView]:
    return sorted(kpis, key=lambda each: _GRAVEST.index(each.state))


def _first(rows: Sequence[Content], most: int, frame: Frame) -> list[Content]:
    """Return the first `most` lines; that there are more is seen."""
    if len(rows) <= most:
        return list(rows)
    last = Content.assemble(rows[most - 1], frame.glyphs.ellipsis)
    return [*rows[: most - 1], last]


def _not_ok(controls: Sequence[ControlView]) -> list[ControlView]:
    return sorted(
        (each for each in controls if each.verdict != "ok"),
        key=lambda each: _WORST.index(each.verdict),
    )


def _state(view: PillarView, frame: Frame, width: int) -> Content:
    mark = state_mark(view.state, frame.glyphs)
    parts: list[Part] = [
        (f" {view.pillar.label}  ", "title"),
        (str(mark), mark.token),
        f"   at risk {amount_at_risk(view, frame)}",
    ]
    if has_data(view) and view.at_risk_change is not None and view.at_risk_change.amount:
        change = signed_money(view.at_risk_change, frame.glyphs)
        parts.append((f"  {change} since yesterday", "muted"))
    said = signs(view.reason, frame.glyphs)
    reason = paragraph(said, width - 2, "muted") if said else []
    head = fitted(styled(parts), width, frame.glyphs)
    return lines([head, *(Content.assemble(" ", row) for row in reason)])


def _spread(seen: _Seen, frame: Frame, width: int) -> Content:
    """Return how many findings are open, and how grave they are as a strip of shades."""
    is_known = seen.view is None or has_data(seen.view) or seen.total
    counted = plural(seen.total, "open finding") if is_known else f"{frame.glyphs.dash} findings"
    head = f" {counted}  "
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
