"""Lines of text beside a list. Only lines that say something else are painted anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

_LEAST = 20
"""Cells below which lines are cut rather than wrapped."""


class LinePane(Widget):
    """As many lines as there is room for; what does not fit is one key away, on a whole screen."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._lines: tuple[Content, ...] = ()
        self._write: Callable[[int], Sequence[Content]] = lambda _: ()

    def show(self, write: Callable[[int], Sequence[Content]]) -> None:
        """Draw what `write` returns for a width in cells; it is asked again for another width.

        Lines that are already there are not painted.
        """
        self._write = write
        if not self.size.width:
            return
        before, self._lines = self._lines, tuple(write(max(_LEAST, self.size.width)))
        for y in range(min(max(len(before), len(self._lines)), self.size.height)):
            if _said(before, y) != _said(self._lines, y):
                self.refresh(Region(0, y, self.size.width, 1))

    def on_resize(self) -> None:
        """Write the lines anew for the width there is now."""
        self.show(self._write)

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
