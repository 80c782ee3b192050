"""The last line of every screen: the keys that do something now, each of which can be clicked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from rich.cells import cell_len
from textual import events

from riskcockpit.present.text import Glyphs
from riskcockpit.tui.host import Host
from riskcockpit.tui.widgets.lines import Hint, key_line
from riskcockpit.tui.widgets.plain import Plain


class KeyLine(Plain):
    """Draws as many keys as fit; a click on one does what it does."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._hints: Sequence[Hint] = ()

    def draw(self, hints: Sequence[Hint], width: int, glyphs: Glyphs) -> None:
        """Draw keys in a line of `width` cells."""
        self._hints = hints
        self.show(key_line(hints, width, glyphs))

    def action_at(self, x: int) -> str:
        """Return what the key in the cell `x` does; empty when there is none."""
        text, start = self.text, 0
        for hint in self._hints:
            said = f"{hint.key} {hint.word}"
            at = -1 if hint.why_not else text.find(f"{said}  ", start)
            if at < 0:
                continue
            left = cell_len(text[:at])
            if left <= x < left + cell_len(said):
                return hint.action
            start = at + len(said)
        return ""

    def on_click(self, event: events.Click) -> None:
        """Do what the key does."""
        if action := self.action_at(event.x):
            cast("Host", self.app).press(action)
