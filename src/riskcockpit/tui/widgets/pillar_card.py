"""A pillar's card on the overview; on narrow screens one line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len
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
    plural,
    signs,
    sparkline,
    state_mark,
    trend_arrow,
)
from riskcockpit.tui.host import Host
from riskcockpit.tui.widgets.plain import Part, Plain, fitted, lines, styled, titled

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.views.posture import KpiView, PillarView

_LINE = 1
_LEAST_WORDS = 6
"""Cells below which a title on one line says nothing."""
_FRAME_ROWS = 3
"""Rows of a card beside its KPIs: state, controls, money at risk."""
_BLOCK = 2
"""Rows a KPI takes beside its title: value against target, trend."""
_MANY_KPIS = 20
"""Rows of a card that shows more than two KPIs instead of longer names."""
_LONG_TITLE = 26
_TITLE_ROWS = {13: 3, 11: 2}
"""Rows of a card → how many the name of a KPI may take."""
_URGENCY = (KpiState.ALARM, KpiState.STALE, KpiState.WARN, KpiState.OK, KpiState.NO_DATA)
_LIVE_SECONDS = 120
_TITLE_FRAME = 2
"""Cells by which a title in the border is shorter than a line."""
_FIGURE = re.compile(r"(\d) ([^\W\d]{1,3}\b|%)")
_SHORT_TITLES = {
    Pillar.INFRASTRUCTURE_HARDENING: "Infrastructure",
    Pillar.COMPLIANCE_AUTOMATION: "Compliance",
    Pillar.INCIDENT_RESPONSE: "Incidents",
}
_BRIEF_TITLES = {
    Pillar.DATA_INTEGRITY: "Data",
    Pillar.MODEL_VALIDATION: "Models",
    Pillar.INFRASTRUCTURE_HARDENING: "Hardening",
    Pillar.COMPLIANCE_AUTOMATION: "Compliance",
    Pillar.INCIDENT_RESPONSE: "Incidents",
}
"""Where the card has no room for more."""


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

    def on_click(self) -> None:
        """Open the pillar."""
        cast("Host", self.app).press(f"pillar({self.pillar.number})")

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
            self.show(one_line(view, frame, room.width))
            return
        fresh = freshness(view, frame)
        width = room.width - _TITLE_FRAME
        name = f"{self.pillar.number} {_SHORT_TITLES.get(self.pillar, self.pillar.label)}"
        if cell_len(name) > width:
            name = f"{self.pillar.number} {_BRIEF_TITLES[self.pillar]}"
        titled(self, _cut(name, width, frame), fresh)
        self.show(_card(view, frame, room))


def freshness(view: PillarView, frame: Frame) -> str:
    """Return how old a pillar's newest input is, as `live` or `2 h old`; empty when unknown."""
    if view.as_of is None:
        return ""
    is_live = (frame.now - view.as_of).total_seconds() < _LIVE_SECONDS
    return "live" if is_live else f"{age(view.as_of, frame.now)} old"


def one_line(view: PillarView, frame: Frame, width: int) -> Content:
    """Return a pillar on one line of at most `width` cells, however few they are."""
    mark = state_mark(view.state, frame.glyphs)
    name = _SHORT_TITLES.get(view.pillar, view.pillar.label)
    left: list[Part] = [
        (f" {view.pillar.number} ", "key"),
        f"{name:<17}",
        (f"{mark!s:<10}", mark.token),
    ]
    risk = f"{_at_risk(view, frame):>12}"
    room = width - styled(left).cell_length - len(risk)
    kpi = _leading(view)
    if kpi is None:
        middle: list[Part] = [(_filling(_reason(view, frame), room, frame), "muted")]
    else:
        value = f"{measure(kpi.value, kpi.unit, frame.glyphs):>8}"
        title = _filling(kpi.title, room - len(value) - 1, frame)
        middle = [title, (f" {value}", _token(kpi))] if title.strip() else [" " * room]
    # on a line that is narrower than all of it, money and then words are cut
    return fitted(styled([*left, *middle, risk]), width, frame.glyphs)


def _filling(text: str, room: int, frame: Frame) -> str:
    """Return `text` in exactly `room` cells, the last a blank; nothing where no word has room."""
    said = _cut(text, room - 1, frame) if room >= _LEAST_WORDS else ""
    return said + " " * (room - len(said))


def _leading(view: PillarView) -> KpiView | None:
    """Return the KPI that made the state; None when the reason says more than any KPI."""
    if view.state is KpiState.OK:
        return view.kpis[0] if view.kpis else None
    if view.state is KpiState.NO_DATA:
        return None
    return next((kpi for kpi in view.kpis if kpi.state is view.state), None)


def _reason(view: PillarView, frame: Frame) -> str:
    return signs(view.reason, frame.glyphs) or "no KPI yet"


def _ordered(view: PillarView) -> list[KpiView]:
    """Return the KPIs, those that made the state first."""
    return sorted(
        view.kpis, key=lambda kpi: (kpi.state is not view.state, _URGENCY.index(kpi.state))
    )


def _at_risk(view: PillarView, frame: Frame) -> str:
    """Return money at risk and where it goes; a dash when nothing has been measured."""
    arrow = trend_arrow(view.at_risk_change, frame.glyphs) if has_data(view) else ""
    return f"{amount_at_risk(view, frame)} {arrow}".rstrip()


def amount_at_risk(view: PillarView, frame: Frame) -> str:
    """Return money at risk; a dash when nothing has been measured."""
    return money(view.at_risk, glyphs=frame.glyphs) if has_data(view) else frame.glyphs.dash


def has_data(view: PillarView) -> bool:
    """Return whether anything is known of a pillar: a zero of what nobody measured is none."""
    return (
        view.state is not KpiState.NO_DATA
        or view.as_of is not None
        or bool(view.open_findings or view.at_risk.amount)
    )


def controls_words(view: PillarView, frame: Frame, room: int) -> tuple[str, str]:
    """Return how many controls fail and how many nobody could judge, in `room` cells."""
    total, failing, blind = view.controls, view.failing_controls, view.unjudged_controls
    token = "warn" if failing else "muted"
    if not total:
        return (frame.glyphs.dash, token)
    if total and blind == total:
        return (_fitting((f"{total} without data", "no data"), room), token)
    judged = f"{failing}/{view.judged_controls} fail"
    if not blind:
        return (judged, token)
    return (_fitting((f"{judged} {frame.glyphs.separator} {blind} no data", judged), room), token)


def _title_rows(room: Size) -> int:
    """Return how many rows the name of a KPI may take."""
    if room.height >= _MANY_KPIS:
        return 1 if room.width >= _LONG_TITLE else 2
    return next((rows for high, rows in _TITLE_ROWS.items() if room.height >= high), 1)


def _controls(view: PillarView, frame: Frame, width: int) -> Content:
    label = "controls "
    words, token = controls_words(view, frame, width - len(label))
    if len(label) + len(words) > width:  # the whole as one phrase, without how many there are
        failing = view.failing_controls
        fail = "fails" if failing == 1 else "fail"
        return styled([(f"{plural(failing, 'control')} {fail}", token)])
    return _ends([(label.rstrip(), "muted")], [(words, token)], width)


def _card(view: PillarView, frame: Frame, room: Size) -> Content:
    mark = state_mark(view.state, frame.glyphs)
    width, dash = room.width, frame.glyphs.dash
    opened = count(view.open_findings) if has_data(view) else dash
    state: list[Part] = [(str(mark), mark.token)]
    beside = width - styled(state).cell_length - 1
    # what is beside incidents is not how many of them are open
    what = "findings" if view.pillar is Pillar.INCIDENT_RESPONSE else "open"
    said = _fitting((f"{opened} {what}", opened), beside)
    rows = [_ends(state, [(said, "muted")], width)]
    per_title = _title_rows(room)
    size = _BLOCK + per_title
    blocks = [_kpi(kpi, frame, width, per_title) for kpi in _ordered(view)]
    if _leading(view) is None:
        blocks.insert(0, _block(_reason(view, frame), width, size, frame))
    shown = max(1, (room.height - _FRAME_ROWS) // size)
    blocks += [[Content("")] * size] * (shown - len(blocks))
    rows += [row for block in blocks[:shown] for row in block]
    if shown > 1:
        rows.append(_controls(view, frame, width))
    rows.append(_ends([("at risk", "muted")], [(_at_risk(view, frame), "value")], width))
    return lines(rows)


def _block(text: str, width: int, most: int, frame: Frame) -> list[Content]:
    """Return a sentence in the room a KPI takes; what does not fit is seen to be cut."""
    rows = [styled([(row, "muted")]) for row in _wrapped(text, width, most, frame)]
    return _padded(rows, most)


def _wrapped(text: str, width: int, most: int, frame: Frame) -> list[str]:
    """Return up to `most` lines of `width` cells; the last is cut where more would follow.

    No number is torn from its unit.
    """
    whole = _FIGURE.sub("\\1\u00a0\\2", text)
    rows = [row.replace("\u00a0", " ") for row in wrap(whole, width)]
    if len(rows) > most:
        rows = [*rows[: most - 1], " ".join(rows[most - 1 :])]
    return [_cut(row, width, frame) for row in rows]


def _padded(rows: list[Content], size: int) -> list[Content]:
    return [*rows, *[Content("")] * (size - len(rows))]


def _fitting(words: Sequence[str], room: int) -> str:
    """Return the first that fits, else the last."""
    return next((one for one in words if len(one) <= room), words[-1])


def _token(kpi: KpiView) -> str:
    return "value" if kpi.state is KpiState.OK else state_mark(kpi.state).token


def _kpi(kpi: KpiView, frame: Frame, width: int, per_title: int) -> list[Content]:
    value = measure(kpi.value, kpi.unit, frame.glyphs)
    target = limit(kpi.target, kpi.unit, kpi.direction, frame.glyphs)
    bars = _stretched(sparkline(kpi.trend, width, frame.glyphs, kpi.target), width)
    rows = [
        *(styled([line]) for line in _wrapped(kpi.title, width, per_title, frame)),
        _ends([(value, _token(kpi))], [(target, "muted")], width),
        styled([(bars, "trend")]),
    ]
    return _padded(rows, _BLOCK + per_title)


def _stretched(bars: str, width: int) -> str:
    """Return bars over the room there is, none wider than two cells."""
    cells = min(width, 2 * len(bars))
    return "".join(bars[at * len(bars) // cells] for at in range(cells))


def _ends(left: list[Part], right: list[Part], width: int) -> Content:
    start, end = styled(left), styled(right)
    spare = width - start.cell_length - end.cell_length
    if spare < 1:
        return start
    return Content.assemble(start, " " * spare, end)


def _cut(text: str, width: int, frame: Frame) -> str:
    return text if len(text) <= width else text[: max(0, width - 1)] + frame.glyphs.ellipsis
