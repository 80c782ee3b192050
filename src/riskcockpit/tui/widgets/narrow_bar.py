"""The line where words are typed that rows have to say."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Input

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.text import count
from riskcockpit.tui.messages import WordsKept, WordsTyped
from riskcockpit.tui.widgets.field import Field
from riskcockpit.tui.widgets.plain import Part, Plain, styled


class NarrowBar(Horizontal):
    """The words, and how many rows say them; not seen while every row is."""

    def compose(self) -> ComposeResult:
        """Put the number behind the words."""
        yield Plain(" / ", id="slash")
        yield Field(
            placeholder="words of a row; -word for rows without it",
            compact=True,
            select_on_focus=False,
            id="narrow-words",
        )
        yield Plain(id="narrowed")

    @property
    def input(self) -> Input:
        """The field that is typed into."""
        return self.query_one("#narrow-words", Input)

    def begin(self) -> None:
        """Let words be typed: a first letter replaces those there are."""
        self.display = True
        self.screen.set_focus(self.input)  # at once: the next key is part of the words
        self.input.cursor_position = len(self.input.value)
        self.input.select_all()

    def end(self) -> None:
        """Forget the words."""
        self.input.value = ""
        self.display = False

    def show_count(self, shown: int, total: int, *, is_typing: bool) -> None:
        """Say how many of all rows are shown."""
        found = count(shown) if shown else "none"
        parts: list[Part] = [(f" {found} of {count(total)} ", "strong" if shown else "warn")]
        if not is_typing:
            parts.append(("  esc shows all ", "muted"))
        self.query_one("#narrowed", Plain).show(styled(parts))

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Let the rows follow."""
        event.stop()
        if self.input.has_focus:
            self.post_message(WordsTyped(clean_line(event.value)))

    @on(Input.Submitted)
    def keep(self, event: Input.Submitted) -> None:
        """Let the rows take the keys."""
        event.stop()
        self.post_message(WordsKept())
