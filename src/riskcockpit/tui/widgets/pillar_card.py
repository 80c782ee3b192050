"""A pillar's card on the overview; on narrow screens one line."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Size

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.pillar import Pillar
from riskcockpit.present.columns import Frame
from riskcockpit.present.text import (
    age,
    count,
    limit,
    measure,
    money,
    sparkline,
    state_mark,
    trend_arrow,
)
from riskcockpit.tui.widgets.plain import Part, Plain, lines, styled, titled

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.views.posture import KpiView, PillarView

_LINE = 1
_TWO_KPIS = 9
_WITH_REASON = 10
_WHOLE_TITLES = 11
"""Rows from which the name of a KPI may take two; one row more has the reason too."""
_LIVE_SECONDS = 120
_SHORT_TITLES = {
    Pillar.INFRASTRUCTURE_HARDENING: "Infrastructure",
    Pillar.COMPLIANCE_AUTOMATION: "Compliance",
    Pillar.INCIDENT_RESPONSE: "Incidents",
}


class PillarCard(Plain):
    """State, headline KPI against its target, trend, money at risk, freshness."""

    def __init__(self, pillar: Pillar) -> None:
        super().__init__(id=f"pillar-{pillar.number}", classes="card")
        self.pillar = pillar
        self._drawn: tuple[PillarView, Frame] | None = None
        titled(self, f"{pillar.number} {_SHORT_TITLES.get(pillar, pillar.label)}")

    @property
    def is_fixed(self) -> bool:
        """The card's height never follows its text."""
        return True

    def draw(self, view: PillarView, frame: Frame) -> None:
        """Draw `view` in the room there is."""
        self._drawn = (view, frame)
        self._draw()

    def on_resize(self) -> None:
        """Draw again when there is more or less room."""
        if self._drawn is not None:
            self._draw()

    def _draw(self) -> None:
        assert self._drawn is not None  # noqa: S101 - only called with a view
        view, frame = self._drawn
        room = self.content_size
        if room.width <= 0:
            return
        for state in KpiState:
            self.set_class(state is view.state, f"-{state.value}")
        if room.height <= _LINE:
            self.show(_one_line(view, frame, room.width))
            return
        fresh = freshness(view, frame)
        titled(
            self,
            f"{self.pillar.number} {_SHORT_TITLES.get(self.pillar, self.pillar.label)}",
            fresh,
        )
        self.show(_card(view, frame, room))


def freshness(view: PillarView, frame: Frame) -> str:
    """Return how old a pillar's newest input is, as `live` or `2 h old`; empty when unknown."""
    if view.as_of is None:
        return ""
    is_live = (frame.now - view.as_of).total_seconds() < _LIVE_SECONDS
    return "live" if is_live else f"{age(view.as_of, frame.now)} old"


def _one_line(view: PillarView, frame: Frame, width: int) -> Content:
    mark = state_mark(view.state, frame.glyphs)
    name = _SHORT_TITLES.get(view.pillar, view.pillar.label)
    kpi = view.kpis[0] if view.kpis else None
    left: list[Part] = [
        (f" {view.pillar.number} ", "key"),
        f"{name:<20}",
        (f"{mark!s:<10}", mark.token),
    ]
    used = 33
    value = "" if kpi is None else measure(kpi.value, kpi.unit, frame.glyphs)
    arrow = trend_arrow(view.at_risk_change, frame.glyphs)
    risk = f"{money(view.at_risk, glyphs=frame.glyphs)} {arrow}"
    room = max(0, width - used - 9 - 12)
    title = _cut("" if kpi is None else kpi.title, room - 1, frame)
    return styled([*left, f"{title:<{room}}", (f"{value:>9}", "value"), f"{risk:>12}"])


def _card(view: PillarView, frame: Frame, room: Size) -> Content:
    mark = state_mark(view.state, frame.glyphs)
    width, glyphs = room.width, frame.glyphs
    rows: list[Content | str] = [
        _ends([(str(mark), mark.token)], [(f"{count(view.open_findings)} open", "muted")], width)
    ]
    most = 2 if room.height >= _TWO_KPIS else 1
    per_title = 2 if room.height >= _WHOLE_TITLES else 1
    if room.height >= (_WHOLE_TITLES + 1 if per_title > 1 else _WITH_REASON):
        rows.append(styled([(_cut(view.reason, width, frame), "muted")]))
    for kpi in view.kpis[:most]:
        rows += _kpi(kpi, frame, width, per_title)
    if not view.kpis:
        rows += [styled([("no KPI yet", "muted")]), *[""] * (1 + per_title)]
    risk = f"{money(view.at_risk, glyphs=glyphs)} {trend_arrow(view.at_risk_change, glyphs)}"
    tail = _ends([("at risk", "muted")], [(risk.rstrip(), "value")], width)
    if most > 1:
        rows += [""] * ((2 + per_title) * (most - max(1, len(view.kpis))))
        failing = f"{view.failing_controls}/{view.controls} fail"
        token = "warn" if view.failing_controls else "muted"
        rows.append(_ends([("controls", "muted")], [(failing, token)], width))
    rows.append(tail)
    return lines(rows)


def _kpi(kpi: KpiView, frame: Frame, width: int, per_title: int) -> list[Content | str]:
    value = measure(kpi.value, kpi.unit, frame.glyphs)
    target = limit(kpi.target, kpi.unit, kpi.direction, frame.glyphs)
    token = "value" if kpi.state is KpiState.OK else state_mark(kpi.state).token
    bars = sparkline(kpi.trend, width, frame.glyphs)
    titles = wrap(kpi.title, width)
    if len(titles) > per_title:
        titles = [*titles[: per_title - 1], " ".join(titles[per_title - 1 :])]
    return [
        *(_cut(line, width, frame) for line in titles),
        *[""] * (per_title - len(titles)),
        _ends([(value, token)], [(target, "muted")], width),
        styled([(bars, "trend")]),
    ]


def _ends(left: list[Part], right: list[Part], width: int) -> Content:
    start, end = styled(left), styled(right)
    spare = width - start.cell_length - end.cell_length
    if spare < 1:
        return start
    return Content.assemble(start, " " * spare, end)


def _cut(text: str, width: int, frame: Frame) -> str:
    return text if len(text) <= width else text[: max(0, width - 1)] + frame.glyphs.ellipsis
