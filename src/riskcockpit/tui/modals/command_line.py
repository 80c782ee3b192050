"""The line at the bottom where commands are typed, with completion and what can follow."""

from __future__ import annotations

from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.suggester import SuggestFromList
from textual.widgets import Input

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.tui.commands import COMMANDS
from riskcockpit.tui.host import Host
from riskcockpit.tui.widgets.plain import Plain, styled

_MOST = 8


class CommandLine(ModalScreen[str]):
    """Asks for a command; `tab` or the right arrow completes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("tab", "complete", "complete", priority=True),
    ]

    def compose(self) -> ComposeResult:
        """Put the field under the words that fit it."""
        with Vertical(id="command-box"):
            yield Plain(id="command-words", classes="line dim")
            with Horizontal(id="command-row"):
                yield Plain(" :", id="colon")
                words = [f"{each.word} " if each.usage else each.word for each in COMMANDS]
                yield Input(suggester=SuggestFromList(words), compact=True, id="command")

    def on_mount(self) -> None:
        """Show every word there is."""
        self._draw("")
        self.query_one("#command").focus()

    @on(Input.Changed)
    def follow(self, event: Input.Changed) -> None:
        """Show what fits."""
        event.stop()
        self._draw(event.value)

    def _draw(self, text: str) -> None:
        word, space, _ = text.partition(" ")
        fits = [each for each in COMMANDS if each.word.startswith(word)]
        exact = next((each for each in COMMANDS if each.word == word), None)
        if exact is not None and (space or len(fits) == 1):
            words = styled([(f" {exact.word} {exact.usage}", "key"), f"  {exact.words}"])
        else:
            glyphs = cast("Host", self.app).glyphs
            rest = f" {glyphs.ellipsis}" if len(fits) > _MOST else ""
            words = styled([" " + "  ".join(each.word for each in fits[:_MOST]) + rest])
        self.query_one("#command-words", Plain).show(words)

    def action_complete(self) -> None:
        """Take the suggestion."""
        self.query_one("#command", Input).action_cursor_right()
        self.query_one("#command", Input).action_end()

    @on(Input.Submitted)
    def submit(self, event: Input.Submitted) -> None:
        """Go on with what was typed."""
        event.stop()
        self.dismiss(clean_line(event.value))

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)
