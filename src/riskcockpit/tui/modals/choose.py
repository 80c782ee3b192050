"""A few things to go to, each with its letter; any other key leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import events
from textual.containers import VerticalScroll
from textual.widget import Widget

from riskcockpit.tui.modals.dialog import Dialog
from riskcockpit.tui.widgets.plain import Plain, fitted, lines, styled

LETTERS = "asdfghjklwertyuiopzxcvbnm"


class ChooseDialog(Dialog[int]):
    """Gives the number of the line whose letter is pressed."""

    def __init__(self, title: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(title)
        self._choices = tuple(choices)[: len(LETTERS)]

    def compose_content(self) -> Iterable[Widget]:
        """Yield a line for each choice, as (kind, name)."""
        rows = [
            fitted(
                styled([(f" {letter} ", "key"), (f" {kind:<12}", "muted"), name]),
                self.room,
                self.host.glyphs,
            )
            for letter, (kind, name) in zip(LETTERS, self._choices, strict=False)
        ]
        with VerticalScroll(id="dialog-scroll", can_focus=False):
            yield Plain(lines(rows), classes="text")
        yield Plain("a letter goes there, any other key leaves", classes="line dim")

    def on_key(self, event: events.Key) -> None:
        """Give the choice, or nothing."""
        event.stop()
        event.prevent_default()
        at = LETTERS.find(event.character) if event.character else -1
        self.dismiss(at if 0 <= at < len(self._choices) else None)
