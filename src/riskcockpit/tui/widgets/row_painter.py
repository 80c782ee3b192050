"""Draws the lines of a table: titles and rows, each as wide as the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.style import Style as VisualStyle

from riskcockpit.domain.untrusted import STOP, runs_left, steady
from riskcockpit.present.columns import Align, Cell, Column, Frame
from riskcockpit.present.widths import fit
from riskcockpit.tui.theme import TOKENS
from riskcockpit.tui.widgets.cell_text import cut

T = TypeVar("T")

GUTTER = 4
"""Cells before the first column: cursor, mark, news or letter, and a gap."""
GAP = 2
_BAR = 2
"""Cells at the end that no column takes: there a bar comes and goes, and no column moves."""
_MOST_NEEDED = 400
"""Cells that a text may ask for: no foreign text pushes all others away."""
MOST_DRAWN = 256
"""Drawn rows kept for the next paint; then all are forgotten, for whoever scrolls for hours."""


@dataclass(frozen=True, slots=True)
class Look:
    """How one row is drawn beside what it says."""

    is_cursor: bool = False
    has_focus: bool = False
    is_marked: bool = False
    sign: str = ""
    """In the gutter: it is new, it has changed, or the letter that jumps to it."""
    is_jump: bool = False
    """The sign is a letter that jumps."""


class RowPainter(Generic[T]):
    """Columns, styles and strips of one table."""

    def __init__(
        self,
        columns: Sequence[Column[T]],
        base: Callable[[], Style],
        component: Callable[[str], Style],
        *,
        has_head: bool = True,
    ) -> None:
        self.columns = tuple(columns)
        self.frame: Frame | None = None
        self._base_of, self._component = base, component
        self._strips: dict[tuple[int, Look], Strip] = {}
        self._styles: dict[str, Style] = {}
        self._has_head = has_head
        self._needs: dict[str, int] = {}
        self._learnt: dict[str, int] = {}
        """What columns need of all rows that are here; empty: nothing was learnt since."""
        self._fitted: tuple[int, list[tuple[Column[T], int]]] = (-1, [])

    def measure(self, rows: Iterable[T]) -> bool:
        """Fit the columns to what `rows` say, as `settle`."""
        self._learnt = self._learn(rows, {})
        return self.settle()

    def learn(self, rows: Iterable[T]) -> None:
        """Remember what `rows` need beside those of before, for `settle`."""
        self._learnt = self._learn(rows, self._learnt or self._needs)

    def settle(self) -> bool:
        """Fit the columns to all that was learnt; return whether any width is another now.

        All rows that are seen must be drawn anew then.
        """
        learnt, self._learnt = self._learnt, {}
        if not learnt or learnt == self._needs:
            return False
        self._needs = learnt
        width, before = self._fitted
        self._fitted = (-1, [])
        if width >= 0 and self.fit(width) == before:
            return False
        self._strips.clear()
        return True

    def _learn(self, rows: Iterable[T], known: Mapping[str, int]) -> dict[str, int]:
        if self.frame is None:
            return {}
        needs = needed(self.columns, rows, self.frame, has_head=self._has_head)
        return {key: max(size, known.get(key, 0)) for key, size in needs.items()}

    def forget(self, first: int = 0, last: int | None = None) -> None:
        """Forget the drawn rows `first` to before `last`, all by default."""
        if first == 0 and last is None:
            self._strips.clear()
            return
        stop = first if last is None else last
        for key in [key for key in self._strips if first <= key[0] < stop]:
            del self._strips[key]

    def forget_styles(self) -> None:
        """Forget everything that a theme coloured."""
        self._strips.clear()
        self._styles.clear()

    def fit(self, width: int) -> list[tuple[Column[T], int]]:
        """Return the columns that fit, with their widths."""
        if self._fitted[0] != width:
            self._fitted = (
                width,
                fit(self.columns, max(1, width - GUTTER - _BAR), GAP, self._needs),
            )
        return self._fitted[1]

    def column_at(self, x: int, width: int) -> int | None:
        """Return the number of the column that has the cell `x` of a line; None beside them."""
        left = GUTTER
        for index, (_, size) in enumerate(self.fit(width)):
            if left <= x < left + size + GAP:
                return index
            left += size + GAP
        return None

    def choose(self, columns: Sequence[Column[T]]) -> None:
        """Draw other columns."""
        self.columns, self._fitted = tuple(columns), (-1, [])
        self._needs, self._learnt = {}, {}
        self._strips.clear()

    def words(self, row: T) -> tuple[str, ...]:
        """Return what a row says in all columns."""
        frame = self.frame
        return () if frame is None else tuple(c.cell(row, frame).text for c in self.columns)

    @property
    def base(self) -> Style:
        """The style of a row that is nothing special."""
        style = self._styles.get("")
        if style is None:
            self._styles[""] = style = self._base_of()
        return style

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            known = TOKENS.get(name)
            style = self._component(name) if known is None else VisualStyle.parse(known).rich_style
            self._styles[name] = style
        return style

    def head(self, width: int, seen: int, sort_key: str, chosen: int | None) -> Strip:
        """Draw the titles; `chosen` is the column that a key would sort by, the rest as `row`."""
        base = self.base + self._style("head")
        dots = self.frame.glyphs.ellipsis if self.frame is not None else ""
        segments = [Segment(" " * GUTTER, base)]
        for index, (column, size) in enumerate(self.fit(width)):
            title, gap = column.title, " " * GAP
            if self.frame is not None and sort_key.removeprefix("-") == column.key:
                glyphs = self.frame.glyphs
                arrow = glyphs.down if sort_key.startswith("-") else glyphs.up
                if cell_len(title) + GAP <= size:
                    title = f"{title} {arrow}"
                else:
                    gap = arrow.ljust(GAP)
            style = base + Style(underline=True) if index == chosen else base
            text = cut(title, size, column.align, dots)
            segments += [Segment(text, style), Segment(gap, base)]
        return Strip(segments).simplify().adjust_cell_length(seen, base)

    def row(self, index: int, row: T | None, width: int, seen: int, look: Look) -> Strip:
        """Draw a row, or give the strip of the last time; None is one that is not here yet.

        It is made for a table of `width` cells, of which the first `seen` are not under a bar:
        what is longer is cut by Textual at every paint, and both parts of 16,000 rows are kept.
        """
        key = (index, look)
        strip = self._strips.get(key)
        if strip is None or strip.cell_length != seen:
            strip = self._drawn(row, width, seen, look)
            if row is not None and not look.is_cursor:
                if len(self._strips) >= MOST_DRAWN:
                    self._strips.clear()
                self._strips[key] = strip
        return strip

    def _drawn(self, row: T | None, width: int, seen: int, look: Look) -> Strip:
        frame = self.frame
        assert frame is not None  # noqa: S101 - only reached with a list
        base = self.base
        if look.is_marked:
            base += self._style("marked")
        is_lit = look.is_cursor and look.has_focus
        if look.is_cursor:
            base += self._style("cursor") if is_lit else Style(bold=True)
        segments = self._gutter(frame, base, look, is_lit=is_lit)
        if row is None:
            segments.append(Segment(frame.glyphs.ellipsis, base))
            return Strip(segments).simplify().adjust_cell_length(seen, base)
        drawn = [(column, size, column.cell(row, frame)) for column, size in self.fit(width)]
        is_mixed = not frame.glyphs.is_ascii
        are_leftward = [is_mixed and runs_left(cell.text) for _, _, cell in drawn]
        if any(are_leftward):  # such a row begins from the left all the same
            segments[-1] = Segment(segments[-1].text[:-1] + STOP, segments[-1].style)
        for (column, size, cell), is_leftward in zip(drawn, are_leftward, strict=True):
            # on the cursor the words alone carry the state: no theme has a page for both colours
            style = base if is_lit or not cell.token else base + self._style(cell.token)
            text = _fitting(cell, column, size, frame.glyphs.ellipsis)
            gap = STOP.ljust(GAP) if is_leftward else " " * GAP
            segments += [Segment(text, style), Segment(gap, base)]
        return Strip(segments).simplify().adjust_cell_length(seen, base)

    def _gutter(self, frame: Frame, base: Style, look: Look, *, is_lit: bool) -> list[Segment]:
        cursor = frame.glyphs.cursor if is_lit else " "
        mark = frame.glyphs.mark if look.is_marked else " "
        if not look.sign:
            return [Segment(f"{cursor}{mark}".ljust(GUTTER), base)]
        sign = Segment(look.sign, base + self._style("jump" if look.is_jump else "key"))
        return [Segment(f"{cursor}{mark}", base), sign, Segment(" ", base)]


def needed(
    columns: Sequence[Column[T]], rows: Iterable[T], frame: Frame, *, has_head: bool = True
) -> dict[str, int]:
    """Return how many cells each column needs to cut nothing in `rows`, by its key."""
    needs = {column.key: cell_len(column.title) if has_head else 0 for column in columns}
    for row in rows:
        for column in columns:
            text = column.cell(row, frame).text[:_MOST_NEEDED]
            size = len(text) if text.isascii() else cell_len(steady(text))
            if column.align is Align.RIGHT and text:  # numbers and ages change, not their room
                size = max(size, column.width)
            needs[column.key] = max(needs[column.key], size)
    return needs


def _fitting(cell: Cell, column: Column[T], size: int, ellipsis: str) -> str:
    """Return what a cell says in `size` cells: its text, what is short for it, or a part."""
    text = cell.short if cell.short and cell_len(cell.text) > size else cell.text
    return cut(text, size, column.align, ellipsis, is_end_kept=column.is_end_kept)
