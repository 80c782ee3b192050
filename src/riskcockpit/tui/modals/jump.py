"""Waits for the letter that jumps; any other key leaves."""

from __future__ import annotations

from collections.abc import Collection

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from riskcockpit.tui.widgets.plain import Plain, styled


class JumpMode(ModalScreen[str]):
    """Lies over a list whose rows show letters, and gives the one that is pressed."""

    def __init__(self, letters: Collection[str]) -> None:
        super().__init__()
        self._letters = letters

    def compose(self) -> ComposeResult:
        """Say what is waited for."""
        words = (" a letter goes to its row   ", "strong"), ("any other key leaves", "muted")
        yield Plain(styled(words), id="jump-line")

    def on_key(self, event: events.Key) -> None:
        """Give the letter, or nothing."""
        event.stop()
        event.prevent_default()
        self.dismiss(event.character if event.character in self._letters else None)
