"""One of a few: what has the focus and what is highlighted is told by a sign, not by a shade."""

from __future__ import annotations

from typing import TypeVar, cast

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Select, Static
from textual.widgets._select import SelectCurrent, SelectOverlay

from riskcockpit.tui.host import Host

T = TypeVar("T")


class Choice(Select[T]):
    """Textual's `Select` with signs every font has; a letter typed into it is never lost unseen."""

    class Mistyped(Message):
        """Text was typed into a choice that is closed."""

    def compose(self) -> ComposeResult:
        """Yield what is chosen, and the list that opens under it."""
        yield _Chosen(self.prompt)
        yield _Options().data_bind(compact=Select.compact)

    def on_key(self, event: events.Key) -> None:
        """Say that text does not belong here: it was meant for another field."""
        if event.is_printable and event.key != "space" and not self.expanded:
            event.stop()
            self.post_message(self.Mistyped())


class _Chosen(SelectCurrent):
    def compose(self) -> ComposeResult:
        yield Static("", id="label")
        if cast("Host", self.app).glyphs.is_ascii:
            yield Static("v", classes="arrow down-arrow")
            yield Static("^", classes="arrow up-arrow")
        else:
            yield Static("▼", classes="arrow down-arrow")
            yield Static("▲", classes="arrow up-arrow")


class _Options(SelectOverlay):
    def render_line(self, y: int) -> Strip:
        """Put the sign of the cursor before the option that is highlighted."""
        strip = super().render_line(y)
        is_at = self.scroll_offset.y + y == self.highlighted
        sign = cast("Host", self.app).glyphs.cursor if is_at else " "
        style = next((segment.style for segment in strip), None)
        return Strip([Segment(sign, style), *strip])

    def _get_left_gutter_width(self) -> int:
        return 1

    def _find_search_match(self, query: str) -> int | None:
        """Return the first option that begins with what is typed, else one that contains it."""
        texts = [
            each.prompt.plain.lower() for each in self.options if isinstance(each.prompt, Content)
        ]
        wanted = query.lower()
        begins = [at for at, text in enumerate(texts) if text.startswith(wanted)]
        holds = [at for at, text in enumerate(texts) if wanted in text]
        return next(iter((*begins, *holds)), None)
