"""Lines of text beside a list. Only lines that say something else are painted anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

LEAST = 20
"""Cells a line is made for at least."""


class LinePane(Widget):
    """As many lines as there is room for; what does not fit is one key away, on a whole screen."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._lines = _Lines()

    def compose(self) -> ComposeResult:
        """Put the lines inside border and padding, which are not painted with them."""
        yield self._lines

    def show(self, make: Callable[[int], Sequence[Content]]) -> None:
        """Draw the lines `make` gives for as many cells as one may take; anew in another width.

        Lines that are already there are not painted.
        """
        self._lines.show(make)


class _Lines(Widget):
    """What is inside: a terminal gets a line from the left edge of its widget on."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[Content, ...] = ()
        self._make: Callable[[int], Sequence[Content]] | None = None

    def show(self, make: Callable[[int], Sequence[Content]]) -> None:
        """Draw the lines `make` gives."""
        self._make = make
        self._draw()

    def on_resize(self) -> None:
        """Fit the lines to the width, which is not known before the first layout."""
        self._draw()

    def _draw(self) -> None:
        if self._make is None or not self.size.width:
            return
        before, self._lines = self._lines, tuple(self._make(max(LEAST, self.size.width)))
        for y in range(min(max(len(before), len(self._lines)), self.size.height)):
            old, new = _line(before, y), _line(self._lines, y)
            if (old.plain, old.spans) != (new.plain, new.spans):
                length = max(old.cell_length, new.cell_length)  # it is blank behind both
                self.refresh(Region(0, y, min(length, self.size.width), 1))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        drawn = Visual.to_strips(
            self, self._lines[y], self.size.width, 1, self.visual_style, pad=True
        )
        return drawn[0]


def _line(lines: Sequence[Content], y: int) -> Content:
    return lines[y] if y < len(lines) else Content("")
