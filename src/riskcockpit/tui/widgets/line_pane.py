"""Lines of text beside a list. Only lines that say something else are painted anew."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget


class LinePane(Widget):
    """As many lines as there is room for; what does not fit is one key away, on a whole screen."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._lines: tuple[Content, ...] = ()

    @property
    def room(self) -> int:
        """Cells a line may take."""
        return max(20, self.size.width)

    def show(self, lines: Sequence[Content]) -> None:
        """Draw `lines`; those that are already there are not painted."""
        before, self._lines = self._lines, tuple(lines)
        for y in range(min(max(len(before), len(lines)), self.size.height)):
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
