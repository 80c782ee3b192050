"""The line where a query is typed, with the place of a mistake shown under it."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.text import Glyphs
from riskcockpit.tui.messages import FilterWanted
from riskcockpit.tui.widgets.plain import Part, Plain, styled

_PROMPT = 3


class LastWord(Suggester):
    """Completes the word that is being typed."""

    def __init__(self, words: Iterable[str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._words = tuple(words)

    async def get_suggestion(self, value: str) -> str | None:
        """Return `value` with its last word completed, or None."""
        head, _, last = value.rpartition(" ")
        sign = last[:1] if last[:1] in ("-", "(") else ""
        bare = last[len(sign) :]
        if not bare:
            return None
        found = next((word for word in self._words if word.startswith(bare) and word != bare), None)
        return None if found is None else f"{head}{' ' if head else ''}{sign}{found}"


class FilterBar(Widget):
    """A query and what is wrong with it."""

    def __init__(self, words: Iterable[str], *, id: str | None = None) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._words = tuple(words)

    def compose(self) -> ComposeResult:
        """Put the mistake under the query."""
        with Vertical():
            with Horizontal(id="filter-row"):
                yield Plain(" / ", id="slash")
                yield Input(
                    placeholder="no filter: every finding there ever was",
                    suggester=LastWord(self._words),
                    compact=True,
                    select_on_focus=False,
                    id="query",
                )
            yield Plain(id="mistake")

    @property
    def input(self) -> Input:
        """The field that is typed into."""
        return self.query_one("#query", Input)

    def edit(self) -> None:
        """Let the query be typed."""
        self.input.focus()
        self.input.cursor_position = len(self.input.value)

    def show(self, query: str) -> None:
        """Show a query that was understood."""
        if self.input.value != query and not self.input.has_focus:
            self.input.value = query
        self.query_one("#mistake").display = False

    def show_mistake(self, message: str, hint: str, position: int, glyphs: Glyphs) -> None:
        """Point at the place of a mistake."""
        mistake = self.query_one("#mistake", Plain)
        offset = max(0, position - int(self.input.scroll_offset.x)) + _PROMPT
        sign = "^" if glyphs.is_ascii else "▲"
        words = f" {message}" + (f" {glyphs.separator} {hint}" if hint else "")
        room = max(10, self.size.width)
        text: list[Part]
        # the words go before the sign when there is no room behind it
        if offset + len(words) + 2 > room and offset > len(words):
            text = [(" " * (offset - len(words) - 1) + words + " ", ""), (sign, "alarm")]
        else:
            text = [(" " * min(offset, room - 2), ""), (sign, "alarm"), words]
        mistake.show(styled(text))
        mistake.display = True

    @on(Input.Submitted)
    def apply(self, event: Input.Submitted) -> None:
        """Ask for what matches."""
        event.stop()
        self.post_message(FilterWanted(clean_line(event.value).strip()))
