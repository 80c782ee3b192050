"""The line at the bottom where commands are typed: what can follow, and what was typed before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.tui.api import Names
from riskcockpit.tui.commands import check, completions
from riskcockpit.tui.host import Host
from riskcockpit.tui.widgets.field import Field
from riskcockpit.tui.widgets.filter_bar import Cycle
from riskcockpit.tui.widgets.plain import Part, Plain, fitted, lines, styled

_MOST_ROWS = 8
_NAME = 26


class Onward(Suggester):
    """Shows in the field how the first completion goes on."""

    def __init__(self, line: CommandLine) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._line = line

    async def get_suggestion(self, value: str) -> str | None:
        """Return the first completion of `value` that goes on from it."""
        found = completions(value, self._line.host, self._line.names) if value else ()
        return next((one.text for one in found if one.text.startswith(value)), None)


class CommandLine(ModalScreen[str]):
    """Asks for a command; `tab` completes, the arrows bring back what was typed before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "leave"),
        Binding("tab", "complete(1)", "complete", priority=True),
        Binding("shift+tab", "complete(-1)", "the one before", priority=True),
        Binding("up", "recall(-1)", "older command", priority=True),
        Binding("down", "recall(1)", "newer command", priority=True),
    ]

    def __init__(
        self, history: Sequence[str], names: Names, text: str = "", mistake: str = ""
    ) -> None:
        super().__init__()
        self.names = names
        self._history = tuple(map(clean_line, history))
        self._recalled: int | None = None
        self._typed = text
        self._start = text
        self._cycle = Cycle()
        self._mistake, self._wrong = mistake, text
        self._is_drawn = False

    @property
    def host(self) -> Host:
        """The app this line lives in."""
        return cast("Host", self.app)

    def compose(self) -> ComposeResult:
        """Put the field under the words that fit it."""
        with Vertical(id="command-box"):
            yield Plain(id="command-words")
            with Horizontal(id="command-row"):
                yield Plain(" :", id="colon")
                yield Field(self._start, suggester=Onward(self), compact=True, id="command")

    def on_mount(self) -> None:
        """Show every word there is."""
        self._is_drawn = True
        self._offer(self._start)
        self.field.focus()
        self.field.cursor_position = len(self._start)

    @property
    def field(self) -> Input:
        """What is typed into."""
        return self.query_one("#command", Input)

    def offer(self, names: Names) -> None:
        """Take the names that exist now, to complete them; they may be here before the field is."""
        self.names = names
        if self._is_drawn and self._cycle.at is None:
            self._offer(self.field.value)

    def remember(self, history: Sequence[str]) -> None:
        """Take the commands of earlier runs, to bring them back."""
        if self._recalled is None:
            self._history = tuple(map(clean_line, history))

    @on(Input.Changed)
    def follow(self, event: Input.Changed) -> None:
        """Show what fits."""
        event.stop()
        if self._mistake and event.value != self._wrong:
            self._mistake = ""
            self._draw()
        recalled = None if self._recalled is None else self._history[self._recalled]
        if event.value not in (self._cycle.taken, recalled):
            self._typed, self._recalled = event.value, None
            self._offer(event.value)

    def _offer(self, text: str) -> None:
        self._cycle.begin(completions(text, self.host, self.names))
        self._draw()

    def _draw(self) -> None:
        choices, at = self._cycle.choices, self._cycle.at
        first = 0 if at is None else max(0, at - _MOST_ROWS + 1)
        shown = choices[first : first + _MOST_ROWS]
        cursor = self.host.glyphs.cursor
        rows = []
        for index, each in enumerate(shown, first):
            is_at = index == at
            parts: list[Part] = [f"{cursor if is_at else ' '} "]
            name = each.shown[: _NAME * 2]
            parts.append((f"{name:<{_NAME}}", "title" if is_at else "key"))
            parts.append((f"  {each.words}", "" if is_at else "muted"))
            rows.append(fitted(styled(parts), self.app.size.width, self.host.glyphs))
        rest = len(choices) - first - len(shown)
        tail = f"  {rest} more; " if rest > 0 else "  "
        hint = (f"{tail}tab completes, up and down bring back", "muted")
        said = [(f"  {line}", "warn") for line in self._mistake.splitlines()] or [hint]
        rows += [fitted(styled([each]), self.app.size.width, self.host.glyphs) for each in said]
        words = self.query_one("#command-words", Plain)
        words.styles.height = len(rows)
        self.query_one("#command-box").styles.height = len(rows) + 1
        words.show(lines(rows))

    def _put(self, text: str) -> None:
        self.field.value = text
        self.field.cursor_position = len(text)

    def action_complete(self, by: int) -> None:
        """Take the next thing that can follow, or the one before; one alone goes on at once."""
        is_only = len(self._cycle.choices) == 1
        text = self._cycle.step(by)
        if text is None:
            return
        self._put(text)
        if is_only:
            self._typed = text
            self._offer(text)
        else:
            self._draw()

    def action_recall(self, by: int) -> None:
        """Bring back an older or a newer command that begins as what was typed."""
        at = len(self._history) if self._recalled is None else self._recalled
        at += by
        while 0 <= at < len(self._history) and not self._history[at].startswith(self._typed):
            at += by
        if at < 0:
            return
        if at >= len(self._history):
            self._recalled = None
            self._put(self._typed)
            return
        self._recalled = at
        self._put(self._history[at])

    @on(Input.Submitted)
    def submit(self, event: Input.Submitted) -> None:
        """Go on with what was typed; what cannot be taken stays, to be mended."""
        event.stop()
        text = clean_line(event.value)
        self._mistake, self._wrong = check(text, self.host.gateway), event.value
        if self._mistake:
            self._draw()
        else:
            self.dismiss(text)

    def mend(self, text: str, mistake: str) -> None:
        """Show a command that could not be done, and why."""
        self._mistake, self._wrong = mistake, text
        self._put(text)
        self._draw()

    def action_leave(self) -> None:
        """Leave without doing anything."""
        self.dismiss(None)
