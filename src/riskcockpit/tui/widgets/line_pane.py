"""Lines of text beside a list. Only lines that say something else are painted anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
        self._lines: tuple[Content, ...] = ()
        self._make: Callable[[int], Sequence[Content]] | None = None

    def show(self, make: Callable[[int], Sequence[Content]]) -> None:
        """Draw the lines `make` gives for as many cells as one may take; anew in another width.

        Lines that are already there are not painted.
        """
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
            if _said(before, y) != _said(self._lines, y):
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        if y >= len(self._lines):
            return Strip.blank(self.size.width, self.rich_style)
        drawn = Visual.to_strips(
            self, self._lines[y], self.size.width, 1, self.visual_style, pad=True
        )
        return drawn[0]


def _said(lines: Sequence[Content], y: int) -> tuple[str, object]:
    return (lines[y].plain, lines[y].spans) if y < len(lines) else ("", ())
