"""Screens that are one text about one thing: the shape they share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Generic, TypeVar

from textual.content import Content
from textual.widget import Widget

from riskcockpit.tui.messages import Place
from riskcockpit.tui.screens.deciding import DecidingScreen
from riskcockpit.tui.screens.place import Load
from riskcockpit.tui.widgets.plain import Plain, lines
from riskcockpit.tui.widgets.scroll import TextScroll

T = TypeVar("T")


class DetailScreen(DecidingScreen, Generic[T]):
    """All that is known of one thing, named by the key of the place."""

    widest: ClassVar[int] = 118
    """Cells of the longest line, however wide the screen is."""

    def __init__(self) -> None:
        super().__init__()
        self.subject = ""
        self.detail: T | None = None

    def question(self, key: str) -> T:
        """Ask the gateway for the thing; runs in a thread."""
        raise NotImplementedError

    def text_of(self, detail: T, width: int) -> list[Content]:
        """Return the thing in words, for lines of `width` cells."""
        raise NotImplementedError

    def compose_body(self) -> Iterable[Widget]:
        """Yield the text."""
        with TextScroll(id="scroll", classes="scroll"):
            yield Plain(id="text", classes="text")

    def show_place(self, place: Place) -> None:
        """Show another thing; nothing of the one before stays on screen."""
        if place.key != self.subject:
            self.subject, self.detail = place.key, None
            if self.is_mounted:
                self.enter(Load.LOADING)

    def id_seen(self) -> str:
        """Return the key of the thing."""
        return self.subject

    def refresh_data(self) -> None:
        """Ask for the thing."""
        wanted = self.subject
        self.ask("detail", lambda: self.question(wanted), self._take)

    def _take(self, detail: T) -> None:
        is_first = self.detail is None
        self.detail = detail
        self.enter(Load.LOADED)
        self.redraw()
        scroll = self.query_one("#scroll", TextScroll)
        if is_first:
            scroll.scroll_home(animate=False)
        scroll.focus()
        self.refresh_bindings()

    def redraw(self) -> None:
        """Draw the text for the width there is."""
        if self.detail is None:
            return
        width = min(self.widest, max(20, self.size.width - 6))
        self.query_one("#text", Plain).show(lines(self.text_of(self.detail, width)))

    def on_resize(self) -> None:
        """Wrap anew."""
        super().on_resize()
        self.redraw()
