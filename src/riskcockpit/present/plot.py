"""Plots of a value over time as lines of text, with the threshold it must keep.

What a plot says it says by its signs; tokens only repeat it. So it reads the same in 16 colours, in
none, and in ASCII.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from riskcockpit.domain.reading import Direction
from riskcockpit.present.text import UNICODE, Glyphs, count, figure

_LABEL = 8
_LEAST_BAR, _MOST_BAR = 10, 40
_LEAST_RECENT = 8
_MOST_SILENCE = 10
"""How many times longer than all that came since a silence must be to end a plot."""
_MOST_CELLS = 4
"""Cells that one value takes, at most."""


@dataclass(frozen=True, slots=True)
class Run:
    """Signs that stand together and mean the same."""

    text: str
    token: str


def squeeze(values: Sequence[float | None], width: int, direction: Direction) -> list[float | None]:
    """Return at most `width` values: of each stretch the worst one, so that no breach is lost.

    A stretch without a value is None.
    """
    if len(values) <= width:
        return list(values)
    worst = min if direction is Direction.AT_LEAST else max
    edges = (round(i * len(values) / width) for i in range(width + 1))
    stretches = (values[low:high] for low, high in pairwise(edges) if high > low)
    return [
        worst((value for value in stretch if value is not None), default=None)
        for stretch in stretches
    ]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Values over time, a cell each; every cell stands for as much time as the others."""

    first: datetime
    last: datetime
    values: tuple[float | None, ...]
    """Of each cell the worst; None where nothing was measured."""

    def cell(self, at: datetime) -> int:
        """Return the cell of a moment; the nearest when it lies outside."""
        span = (self.last - self.first).total_seconds()
        share = (at - self.first).total_seconds() / span if span else 1.0
        return min(len(self.values) - 1, max(0, int(share * len(self.values))))


def recent(points: Sequence[tuple[datetime, float]]) -> Sequence[tuple[datetime, float]]:
    """Return the points after the last silence that is far longer than all that came since.

    Drawn with it, what came since would be one cell. At least eight points must have come.
    """
    for at in range(len(points) - _LEAST_RECENT, 0, -1):
        silence = points[at][0] - points[at - 1][0]
        if silence > _MOST_SILENCE * (points[-1][0] - points[at][0]):
            return points[at:]
    return points


def over_time(
    points: Sequence[tuple[datetime, float]], width: int, direction: Direction
) -> Stretch:
    """Lay `points` (oldest first, at least one) out by time, in a plot of `width` cells.

    Of the points of one cell the worst stays, so that no breach is lost.
    """
    shown = recent(points)
    first, last = shown[0][0], shown[-1][0]
    span = (last - first).total_seconds()
    steps = sorted((after[0] - before[0]).total_seconds() for before, after in pairwise(shown))
    usual = next((step for step in steps[len(steps) // 2 :] if step > 0), 0.0)
    room = max(1, width - _LABEL)
    columns = min(room, round(span / usual) + 1) if usual else 1
    worst = min if direction is Direction.AT_LEAST else max
    cells: list[float | None] = [None] * columns
    for at, value in shown:
        index = round((at - first).total_seconds() / span * (columns - 1)) if span else 0
        before = cells[index]
        cells[index] = value if before is None else worst(before, value)
    for index in range(1, columns - 1):  # one beat late is no silence
        if cells[index] is None and cells[index + 1] is not None:
            cells[index] = cells[index - 1]
    each = max(1, min(_MOST_CELLS, room // columns))
    return Stretch(first, last, tuple(value for value in cells for _ in range(each)))


_LEAST_MARGIN = 1e-200
"""Below it a scale would overflow; such values are all the same on a screen."""


def plot(
    values: Sequence[float | None],
    width: int,
    height: int,
    *,
    threshold: float | None,
    direction: Direction,
    glyphs: Glyphs = UNICODE,
) -> list[list[Run]]:
    """Draw `values` (oldest first) as columns; those beyond the threshold carry the alarm token.

    Every row starts with a label of the scale; the threshold is a line through the empty cells,
    and where nothing was measured nothing stands.
    """
    room = max(1, width - _LABEL)
    shown = squeeze(values, room, direction)
    measured = [value for value in shown if value is not None]
    if not measured or height < 1:
        return []
    known = [*measured, *([threshold] if threshold is not None else [])]
    low, high = min(known), max(known)
    margin = (high - low) * 0.1 or abs(high) * 0.05
    margin = margin if margin > _LEAST_MARGIN else 1.0
    low, high = low - margin, high + margin
    scale = height * 8 / (high - low)
    heights = [0 if value is None else round((value - low) * scale) for value in shown]
    line = None if threshold is None else min(height - 1, int((threshold - low) * scale) // 8)
    tokens = [
        "alarm"
        if value is not None and threshold is not None and not direction.holds(value, threshold)
        else "trend"
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


def marked(letters: Sequence[tuple[int, str]], width: int) -> list[Run]:
    """Return the row under a plot with a letter at each column of `letters` (column, letter).

    Letters that want the same column stand beside each other, as near as there is room.
    """
    room = max(1, width - _LABEL)
    cells = [" "] * room
    for wanted, letter in letters:
        free = sorted(
            (at for at in range(room) if cells[at] == " "), key=lambda at: abs(at - wanted)
        )
        if free:
            cells[free[0]] = letter
    return [Run(" " * _LABEL + "".join(cells).rstrip(), "key")]


def axis(first: str, last: str, width: int) -> list[Run]:
    """Return the row that says what the leftmost and the rightmost column are.

    Where there is no room for both it says what the rightmost is.
    """
    room = max(1, width - _LABEL)
    gap = room - len(first) - len(last)
    text = f"{first}{' ' * gap}{last}" if gap > 0 else last.rjust(room)
    return [Run(" " * _LABEL + text, "muted")]


def strip(
    counts: Sequence[tuple[str, str, int]], width: int, glyphs: Glyphs = UNICODE
) -> list[Run]:
    """Draw how a total is made up, as (word, token, count), the gravest first; `width` cells.

    Each part has a shade of its own and at least one cell, and says its number while there is room:
    all words without a bar, else as many as stand beside one.
    """
    shown = [
        (f"{shade} {word} {count(number)}", shade, token, number)
        for (word, token, number), shade in zip(counts, glyphs.shades, strict=False)
        if number > 0
    ]
    if not shown:
        return []
    words = [text for text, *_ in shown]
    if sum(len(text) + 2 for text in words) > width + 2:
        while len(words) > 1 and sum(len(text) + 2 for text in words) + _LEAST_BAR > width:
            words.pop()
    bar = min(_MOST_BAR, width - sum(len(text) + 2 for text in words))
    total = sum(number for *_, number in shown)
    out = [
        Run(shade * max(1, round(number / total * bar)), token) for _, shade, token, number in shown
    ]
    drawn = bar >= len(shown)
    return [
        *(out if drawn else []),
        *(
            Run(f"{'  ' if drawn or index else ''}{text}", token)
            for index, (text, (_, _, token, _)) in enumerate(zip(words, shown, strict=False))
        ),
    ]
