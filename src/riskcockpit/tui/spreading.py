"""How findings spread over the values of a field, and the query that keeps one value. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.text import count
from riskcockpit.tui.relations import quoted
from riskcockpit.views.findings import FacetView

_WORDS = ("severity", "state", "pillar", "class")
"""Fields whose values are words of the grammar; of the others a value is any text."""
_SORT = re.compile(r"(?:^|\s)(?:sort|group):\S+")
_EITHER = re.compile(r"\bor\b", re.IGNORECASE)
_BAR = 20


@dataclass(frozen=True, slots=True)
class Share:
    """The findings with one value of a field."""

    value: str
    findings: int
    of: int
    """Findings of the query."""


def shares(facet: FacetView, total: int) -> tuple[Share, ...]:
    """Return the values of a field, the most frequent first, each with its part of `total`."""
    return tuple(Share(value, findings, total) for value, findings in facet.counts)


def within(query: str, field: str, value: str, *, without: bool = False) -> str:
    """Return the query that keeps of what `query` finds only what has a value, or has it not."""
    sign = "-" if without else ""
    term = f"{field}:{value}" if field in _WORDS else f"{field}={quoted(value)}"
    order = "".join(_SORT.findall(query)).strip()
    terms = _SORT.sub("", query).strip()
    if _EITHER.search(terms):
        terms = f"({terms})"
    return " ".join(part for part in (terms, f"{sign}{term}", order) if part)


def _part(row: Share, _: Frame) -> Cell:
    percent = 100 * row.findings // max(1, row.of)  # only all of them are 100 %
    return Cell(f"{percent} %" if percent else "< 1 %", "muted")


def _bar(row: Share, frame: Frame) -> Cell:
    size = max(1, round(_BAR * row.findings / max(1, row.of)))
    return Cell(frame.glyphs.shades[0] * size, "title")


SHARES: tuple[Column[Share], ...] = (
    Column(
        "value", "value",
        lambda row, frame: Cell(clean_line(row.value).replace("_", " ") or frame.glyphs.dash),
        16, grow=1, rank=0,
    ),
    Column(
        "findings", "findings", lambda row, _: Cell(count(row.findings)), 9, Align.RIGHT, rank=0
    ),
    Column("share", "share", _part, 5, Align.RIGHT, rank=1),
    Column("bar", "", _bar, _BAR, rank=2),
)  # fmt: skip
