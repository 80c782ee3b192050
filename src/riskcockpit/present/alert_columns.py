"""Alerts as columns: what they are, what becomes of them, who was told."""

from __future__ import annotations

from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.text import age
from riskcockpit.present.waivers import severity_cell
from riskcockpit.views.alerts import AlertRow

_TOKENS = {"no_route": "warn", "budget": "warn", "quiet_hours": "warn", "sent": "ok"}


def _fate(row: AlertRow, frame: Frame) -> Cell:
    del frame
    return Cell(row.fate.replace("_", " "), _TOKENS.get(row.fate, ""))


def _told(row: AlertRow, frame: Frame) -> Cell:
    if row.acked_at is not None:
        return Cell(f"{row.acked_by} has it")
    return Cell("not told", "muted") if not row.times else Cell(age(row.told_at, frame.now))


ALERTS: tuple[Column[AlertRow], ...] = (
    Column("severity", "severity", lambda row, _: severity_cell(row.severity), 8, rank=0),
    Column("title", "alert", lambda row, _: Cell(row.title), 32, grow=2, rank=0),
    Column("detail", "what", lambda row, _: Cell(row.detail), 26, grow=2, rank=3),
    Column("fate", "becomes", _fate, 12, rank=0),
    Column("told", "told", _told, 12, rank=1),
    Column("recipient", "to", lambda row, _: Cell(row.recipient), 12, rank=4),
    Column("owner", "owner", lambda row, _: Cell(row.owner or "nobody"), 12, rank=5),
    Column(
        "since",
        "age",
        lambda row, frame: Cell(age(row.since, frame.now)),
        7,
        Align.RIGHT,
        rank=2,
    ),
    Column("id", "id", lambda row, _: Cell(row.id, "muted"), 10, rank=6),
)
