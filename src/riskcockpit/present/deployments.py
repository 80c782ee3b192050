"""Columns of the list of deployments."""

from __future__ import annotations

from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.text import age, plural
from riskcockpit.views.trace import TraceRow


def _traced(row: TraceRow, frame: Frame) -> Cell:
    if row.is_traceable:
        return Cell(f"{frame.glyphs.ok} traceable", "ok")
    return Cell(f"{frame.glyphs.alarm} {plural(len(row.gaps), 'gap')}", "alarm")


DEPLOYMENTS: tuple[Column[TraceRow], ...] = (
    Column("traced", "chain", _traced, 11, rank=0),
    Column("asset", "asset", lambda row, _: Cell(row.asset), 16, grow=3, rank=0),
    Column("environment", "environment", lambda row, _: Cell(row.environment), 12, rank=2),
    Column("status", "status", lambda row, _: Cell(row.status), 10, rank=3),
    Column("at", "age", lambda row, frame: Cell(age(row.at, frame.now)), 7, Align.RIGHT, rank=1),
    Column(
        "missing",
        "what is missing",
        lambda row, _: Cell(", ".join(dict.fromkeys(gap.link.value for gap in row.gaps))),
        18,
        grow=3,
        rank=1,
    ),
    Column("actor", "by", lambda row, _: Cell(row.actor), 12, rank=4),
    Column("commit", "commit", lambda row, _: Cell(row.commit[:10], "muted"), 10, rank=5),
    Column("source", "source", lambda row, _: Cell(row.source, "muted"), 10, rank=6),
)
