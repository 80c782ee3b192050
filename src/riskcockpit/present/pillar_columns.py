"""What a pillar is made of as columns: its KPIs, its controls, and the rows behind a number."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING

from riskcockpit.domain.kpi import KpiRow, KpiState
from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.evidence import verdict_mark
from riskcockpit.present.text import age, count, limit, measure, sparkline, state_mark

if TYPE_CHECKING:  # records come with the data
    from riskcockpit.views.governance import ControlView
    from riskcockpit.views.posture import KpiView

_TREND = 20


def _state(row: KpiView, frame: Frame) -> Cell:
    mark = state_mark(row.state, frame.glyphs)
    return Cell(str(mark), mark.token)


def _value(row: KpiView, frame: Frame) -> Cell:
    token = "value" if row.state is KpiState.OK else row.state.value
    return Cell(measure(row.value, row.unit, frame.glyphs), token)


KPIS: tuple[Column[KpiView], ...] = (
    Column("state", "state", _state, 9, rank=0),
    Column("title", "KPI", lambda row, _: Cell(row.title), 26, grow=1, rank=0),
    Column("value", "value", _value, 9, Align.RIGHT, rank=0),
    Column(
        "target",
        "target",
        lambda row, frame: Cell(limit(row.target, row.unit, row.direction, frame.glyphs), "muted"),
        9,
        rank=1,
    ),
    Column(
        "trend",
        "30 days",
        lambda row, frame: Cell(sparkline(row.trend, _TREND, frame.glyphs, row.target), "trend"),
        _TREND,
        rank=2,
    ),
)


def _verdict(row: ControlView, frame: Frame) -> Cell:
    mark = verdict_mark(row.verdict, frame.glyphs)
    return Cell(str(mark), mark.token)


def _why(row: ControlView, _: Frame) -> Cell:
    if row.failed:
        return Cell(f"{count(row.failed)} failing", "warn")
    return Cell(row.message, "muted")


CONTROLS: tuple[Column[ControlView], ...] = (
    Column("verdict", "verdict", _verdict, 16, rank=0),
    Column("title", "control", lambda row, _: Cell(row.title), 30, grow=3, rank=0),
    Column("why", "why", _why, 12, Align.RIGHT, grow=1, rank=1),
)


def behind(unit: str, openable: Container[str]) -> tuple[Column[KpiRow], ...]:
    """Return the columns of the rows behind a number in `unit`; those that lead on have a sign."""

    def leads(row: KpiRow, frame: Frame) -> Cell:
        return Cell(frame.glyphs.arrow if row.item in openable else "", "key")

    def value(row: KpiRow, frame: Frame) -> Cell:
        return Cell("" if row.value is None else measure(row.value, unit, frame.glyphs))

    return (
        Column("leads", "", leads, 2, rank=0),
        Column("note", "what", lambda row, _: Cell(row.note), 24, grow=3, rank=0),
        Column("item", "item", lambda row, _: Cell(row.item, "muted"), 14, grow=1, rank=2),
        Column("value", "value", value, 9, Align.RIGHT, rank=0),
        Column(
            "at",
            "age",
            lambda row, frame: Cell(age(row.at, frame.now, missing="")),
            7,
            Align.RIGHT,
            rank=1,
        ),
    )
