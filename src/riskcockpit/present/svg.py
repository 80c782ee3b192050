"""Small charts as inline SVG: no script, no style attribute, fixed decimals, a text alternative."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup, escape

_SPARK_WIDTH, _SPARK_HEIGHT = 96, 18
_WIDTH, _HEIGHT = 640, 180
_LEFT, _TOP, _RIGHT, _BOTTOM = 8, 12, 8, 22
_HEADROOM = 1.08


@dataclass(frozen=True, slots=True)
class Line:
    """A line chart over days with a level that must not be exceeded."""

    points: tuple[tuple[date, float], ...]
    """(day, value), oldest first; at least two."""
    level: float
    level_label: str
    alternative: str
    """What the chart shows, in one sentence."""


def spark(values: Sequence[float | None], alternative: str) -> Markup:
    """Draw a trend; gaps stay gaps. Empty without two known values."""
    known = [value for value in values if value is not None]
    if len(known) < 2:  # noqa: PLR2004 - one point is no trend
        return Markup("")
    low, spread = min(known), (max(known) - min(known)) or 1.0
    step = _SPARK_WIDTH / max(1, len(values) - 1)
    height = _SPARK_HEIGHT - 4
    runs: list[list[str]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
            continue
        y = 2 + height * (1 - (value - low) / spread)
        runs[-1].append(f"{index * step:.1f},{y:.1f}")
    lines = Markup("").join(
        Markup('<polyline points="{}"/>').format(" ".join(points)) for points in runs if points
    )
    return Markup(
        '<svg class="spark" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(_SPARK_WIDTH, _SPARK_HEIGHT, alternative, lines)


def line(chart: Line) -> Markup:
    """Draw a line chart from zero to a little above the greatest value or level."""
    top = max([chart.level, *(value for _, value in chart.points)], default=0.0) * _HEADROOM or 1.0
    first, last = chart.points[0][0], chart.points[-1][0]
    step = (_WIDTH - _LEFT - _RIGHT) / max(1, (last - first).days)

    def height(value: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value / top)

    points = " ".join(
        f"{_LEFT + (day - first).days * step:.1f},{height(value):.1f}"
        for day, value in chart.points
    )
    level = height(chart.level)
    return Markup(
        '<svg class="line" viewBox="0 0 {width} {height}" role="img" aria-label="{alternative}">'
        '<line class="level" x1="{left}" x2="{right}" y1="{level:.1f}" y2="{level:.1f}"/>'
        '<text class="level" x="{left}" y="{label:.1f}">{level_label}</text>'
        '<polyline points="{points}"/>'
        '<line class="axis" x1="{left}" x2="{right}" y1="{floor}" y2="{floor}"/>'
        '<text x="{left}" y="{foot}">{first}</text>'
        '<text x="{right}" y="{foot}" text-anchor="end">{last}</text></svg>'
    ).format(
        width=_WIDTH,
        height=_HEIGHT,
        alternative=escape(chart.alternative),
        left=_LEFT,
        right=_WIDTH - _RIGHT,
        level=level,
        label=level - 4,
        level_label=chart.level_label,
        points=points,
        floor=_HEIGHT - _BOTTOM,
        foot=_HEIGHT - 6,
        first=first.isoformat(),
        last=last.isoformat(),
    )
