"""Plots of a value over time as lines of text, with the threshold it must keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from riskcockpit.domain.reading import Direction
from riskcockpit.present.text import UNICODE, Glyphs, figure

_LABEL = 8


@dataclass(frozen=True, slots=True)
class Run:
    """Signs that stand together and mean the same."""

    text: str
    token: str


def squeeze(values: Sequence[float], width: int, direction: Direction) -> list[float]:
    """Return at most `width` values: of each stretch the worst one, so that no breach is lost."""
    if len(values) <= width:
        return list(values)
    worst = min if direction is Direction.AT_LEAST else max
    edges = (round(i * len(values) / width) for i in range(width + 1))
    return [worst(values[low:high]) for low, high in pairwise(edges) if high > low]


_LEAST_MARGIN = 1e-200
"""Below it a scale would overflow; such values are all the same on a screen."""


def plot(
    values: Sequence[float],
    width: int,
    height: int,
    *,
    threshold: float | None,
    direction: Direction,
    glyphs: Glyphs = UNICODE,
) -> list[list[Run]]:
    """Draw `values` (oldest first) as columns; those beyond the threshold carry the alarm token.

    Every row starts with a label of the scale; the threshold is a line through the empty cells.
    """
    room = max(1, width - _LABEL)
    shown = squeeze(values, room, direction)
    if not shown or height < 1:
        return []
    known = [*shown, *([threshold] if threshold is not None else [])]
    low, high = min(known), max(known)
    margin = (high - low) * 0.1 or abs(high) * 0.05
    margin = margin if margin > _LEAST_MARGIN else 1.0
    low, high = low - margin, high + margin
    scale = height * 8 / (high - low)
    heights = [round((value - low) * scale) for value in shown]
    line = None if threshold is None else min(height - 1, int((threshold - low) * scale) // 8)
    tokens = [
        "alarm" if threshold is not None and not direction.holds(value, threshold) else "trend"
        for value in shown
    ]
    rows = []
    for level in range(height - 1, -1, -1):
        cells = [
            _cell(size - level * 8, token, is_line=level == line, glyphs=glyphs)
            for size, token in zip(heights, tokens, strict=True)
        ]
        rows.append(
            [Run(_label(level, line, height, threshold, (low, high)), "muted"), *_join(cells)]
        )
    return rows


def _cell(filled: int, token: str, *, is_line: bool, glyphs: Glyphs) -> Run:
    if filled > 0:
        return Run(glyphs.bars[min(filled, 8) - 1], token)
    return Run(glyphs.rule if is_line else " ", "warn" if is_line else "")


def _join(cells: Sequence[Run]) -> list[Run]:
    joined: list[Run] = []
    for cell in cells:
        if joined and joined[-1].token == cell.token:
            joined[-1] = Run(joined[-1].text + cell.text, cell.token)
        else:
            joined.append(cell)
    return joined


def _label(
    level: int, line: int | None, height: int, threshold: float | None, span: tuple[float, float]
) -> str:
    if level == line and threshold is not None:
        text = figure(threshold)
    elif level == height - 1:
        text = figure(round(span[1], 3))
    elif level == 0:
        text = figure(round(span[0], 3))
    else:
        text = ""
    return f"{text[: _LABEL - 2]:>{_LABEL - 2}}  "
