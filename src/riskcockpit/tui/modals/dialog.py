"""What all dialogs share: a box in the middle, `esc` leaves without doing anything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget

from riskcockpit.tui.bindings import KEYS
from riskcockpit.tui.host import Host
from riskcockpit.tui.widgets.plain import Plain, lines, titled

T = TypeVar("T")

WIDEST = 100
_HEADER = 1
"""Rows of the screen that no box covers: context and lock stand there."""
_FRAME = 7
"""Cells of the box's border and padding, and of the bar of a text that scrolls."""


class Dialog(ModalScreen[T]):
    """A box over the screen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave")]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._box_title = title
        self._drawn_in = 0
        """Cells of a line when the text was drawn."""

    @property
    def rows_beside(self) -> int:
        """Rows of the box beside the text that scrolls: the last line, and the gap above it."""
        return 2

    @property
    def host(self) -> Host:
        """The app this dialog lives in."""
        return cast("Host", self.app)

    @property
    def room(self) -> int:
        """How many cells a line of text has."""
        return max(20, min(WIDEST, self.app.size.width - 4) - _FRAME)

    def compose(self) -> ComposeResult:
        """Put the content into the box."""
        self._drawn_in = self.room
        with Vertical(id="dialog") as box:
            titled(box, self._box_title)
            yield from self.compose_content()

    def compose_content(self) -> Iterable[Widget]:
        """Yield what the dialog is about."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Give the text all rows there are."""
        self.fit_text()

    def on_resize(self) -> None:
        """Draw the text in the cells and rows there are now."""
        if self.room != self._drawn_in:
            self._drawn_in = self.room
            self.draw_text()
        self.fit_text()

    def draw_text(self) -> None:
        """Draw anew what is broken into lines: there is another `room` for them."""

    def retitle(self, title: str) -> None:
        """Give the box another title, when it is made next."""
        self._box_title = title

    def fit_text(self) -> None:
        """Give the text all rows there are, once it is laid out."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        box = self.query_one("#dialog")
        room = self.app.size.height - _HEADER - box.gutter.height - self.rows_beside
        for scroll in self.query("#dialog-scroll"):
            scroll.styles.max_height = max(1, room)

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)


class TextDialog(Dialog[None]):
    """Says something; any way of leaving it is the same."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "leave", "leave"),
        Binding("j,down", "scroll_text(1)", "down"),
        Binding("k,up", "scroll_text(-1)", "up"),
    ]

    def compose_content(self) -> Iterable[Widget]:
        """Yield the text and how to leave."""
        with VerticalScroll(id="dialog-scroll", can_focus=False):
            yield Plain(lines(self.text()), id="said", classes="text")
        yield Plain(" esc closes", classes="line dim")

    def draw_text(self) -> None:
        """Draw what is said."""
        self.query_one("#said", Plain).show(lines(self.text()))

    def text(self) -> list[Content]:
        """Return the lines to say."""
        raise NotImplementedError

    def on_key(self, event: events.Key) -> None:
        """Go to the place a key leads to; say of any other key of the cockpit what comes first."""
        if event.key in self.active_bindings:
            return
        pressed = {event.key, event.character}
        keymap = self.host.keymap
        for key in KEYS:
            if pressed.isdisjoint(map(str.strip, keymap.get(key.id, key.keys).split(","))):
                continue
            event.stop()
            if key.scope == "places":
                self.dismiss(None)
                self.host.press(key.action)
            else:
                self.host.tell("esc closes this first")
            return

    def action_scroll_text(self, rows: int) -> None:
        """Scroll what does not fit."""
        self.query_one("#dialog-scroll").scroll_relative(y=rows * 3, animate=False)
