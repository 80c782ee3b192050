"""The tour of one minute that the demo begins with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from riskcockpit.tui.modals.dialog import Dialog
from riskcockpit.tui.widgets.finding_text import fact, paragraph
from riskcockpit.tui.widgets.plain import Plain, lines, styled

_Page = tuple[str, str, tuple[tuple[str, str], ...]]

PAGES: tuple[_Page, ...] = (
    (
        "A bank in a box",
        (
            "You are the control engineer of a simulated bank. Servers, data, people are invented; "
            "what reads, judges and signs is the real thing. Without --keep all of it goes when "
            "you quit."
        ),
        (("enter", "next"), ("esc", "leave the tour; it comes again in the next demo")),
    ),
    (
        "Overview",
        (
            "Five pillars, each with a state, its first numbers against targets, and the money "
            "at risk. A state is a word and a sign; the colour only repeats it."
        ),
        (("1 to 5", "open a pillar, down to its findings"), ("0", "come back here")),
    ),
    (
        "Needs you now",
        (
            "Everything that waits for you, the gravest first. The key at the end of a row acts on "
            "it, but never at once: a preview names the consequence and the exact call upstream."
        ),
        (("y", "yes"), ("enter, esc", "no"), ("u", "undo your last decision")),
    ),
    (
        "Findings",
        "Some 3,000 of them, and it stays as quick with a million.",
        (
            ("f", "all of them"),
            ("/", "filter, as severity>=high age>48h; tab completes"),
            ("space w", "mark some, and waive them with a reason and an end"),
        ),
    ),
    (
        "The story",
        "In about a minute the fraud model loses its accuracy, and an alarm rises in the overview.",
        (
            ("r", "on its row: preview of the rollback, then y"),
            ("m enter", "watch the readings recover"),
        ),
    ),
    (
        "Proof",
        "Every decision is signed with an SSH key; stock OpenSSH can verify it.",
        (
            ("l V", "the ledger, and every signature verified now"),
            ("?", "the keys of any view"),
            (":", "the words of the command line; :tour shows this again"),
            ("q", "back, and out"),
        ),
    ),
)
"""Title, what to know, and keys to try."""
_KEYS = 14


class TourDialog(Dialog[bool]):
    """Shows one page after the other; True when it shall not come again."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "leave"),
        Binding("enter,right,space", "turn(1)", "next"),
        Binding("left", "turn(-1)", "back"),
        Binding("n", "never", "never again"),
    ]

    def __init__(self) -> None:
        super().__init__("Tour")
        self._page = 0

    def compose_content(self) -> Iterable[Widget]:
        """Yield the page and how to go on."""
        with VerticalScroll(id="dialog-scroll", can_focus=False):
            yield Plain(lines(self._text()), id="tour-text", classes="text")
        yield Plain(self._foot(), id="tour-foot", classes="line dim")

    def _text(self) -> list[Content]:
        title, words, keys = PAGES[self._page]
        return [
            styled([(title, "title")]),
            Content(""),
            *paragraph(words, self.room),
            Content(""),
            *(line for key, does in keys for line in fact(key, does, self.room, indent=_KEYS)),
        ]

    def _foot(self) -> Content:
        last = self._page == len(PAGES) - 1
        return styled(
            [
                f"{self._page + 1} of {len(PAGES)}   ",
                ("enter", "key"),
                f" {'ends the tour' if last else 'next'}   ",
                ("left", "key"),
                " back   ",
                ("esc", "key"),
                " later   ",
                ("n", "key"),
                " never again",
            ]
        )

    def action_turn(self, pages: int) -> None:
        """Show another page; behind the last one the tour is over for good."""
        if self._page + pages == len(PAGES):
            self.dismiss(True)
            return
        self._page = max(0, self._page + pages)
        self.draw_text()
        self.query_one("#tour-foot", Plain).show(self._foot())

    def draw_text(self) -> None:
        """Draw the page."""
        self.query_one("#tour-text", Plain).show(lines(self._text()))

    def action_never(self) -> None:
        """Leave for good."""
        self.dismiss(True)

    def action_leave(self) -> None:
        """Leave until the next demo."""
        self.dismiss(False)
