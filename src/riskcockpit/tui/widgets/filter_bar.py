"""The line where a query is typed: what can follow, how much matches, where a mistake is."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input

from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.text import Glyphs
from riskcockpit.tui.api import Names, QueryField
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.completion import Completion, complete_query
from riskcockpit.tui.messages import FilterWanted, QueryTyped
from riskcockpit.tui.widgets.field import Field
from riskcockpit.tui.widgets.plain import Part, Plain, fitted, lines, styled

_PROMPT = 3
_MOST_SHOWN = 12


class Following(Suggester):
    """Shows in the field how the first completion goes on."""

    def __init__(self, bar: FilterBar) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._bar = bar

    async def get_suggestion(self, value: str) -> str | None:
        """Return the first completion of `value` that goes on from it."""
        found = self._bar.completions(value)
        return next((one.text for one in found if one.text.startswith(value)), None)


class Cycle:
    """Which of several completions is taken; the text that was typed stays the base of all."""

    def __init__(self) -> None:
        self.choices: tuple[Completion, ...] = ()
        self.at: int | None = None
        """None: what was typed stands."""

    def begin(self, choices: Sequence[Completion]) -> None:
        """Offer other completions; none is taken yet."""
        self.choices, self.at = tuple(choices), None

    def step(self, by: int) -> str | None:
        """Take the next completion, or the one before; None when there is none."""
        if not self.choices:
            return None
        first = 0 if by > 0 else len(self.choices) - 1
        self.at = first if self.at is None else (self.at + by) % len(self.choices)
        return self.choices[self.at].text

    @property
    def taken(self) -> str | None:
        """The text of the completion that is taken."""
        return None if self.at is None else self.choices[self.at].text


class FilterBar(Widget):
    """A query, what can follow, and what is wrong with it."""

    BINDINGS = bind("query")

    def __init__(self, fields: Sequence[QueryField], glyphs: Glyphs, *, id: str) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._glyphs = glyphs
        self._fields = tuple(fields)
        self._names = Names()
        self._cycle = Cycle()

    def compose(self) -> ComposeResult:
        """Put what can follow, and the mistake, under the query."""
        with Vertical():
            with Horizontal(id="filter-row"):
                yield Plain(" / ", id="slash")
                yield Field(
                    placeholder="no filter: every finding there ever was",
                    suggester=Following(self),
                    compact=True,
                    select_on_focus=False,
                    id="query",
                )
                yield Plain(id="live-count")
            yield Plain(id="following")
            yield Plain(id="mistake")

    @property
    def input(self) -> Input:
        """The field that is typed into."""
        return self.query_one("#query", Input)

    def offer(self, names: Names) -> None:
        """Take the names that exist now, to complete them."""
        self._names = names

    def completions(self, text: str) -> tuple[Completion, ...]:
        """Return what can follow `text`."""
        return complete_query(text, self._fields, self._names)

    def begin_anew(self) -> None:
        """Let another query be typed: the old one is chosen, so that a first letter replaces it.

        An arrow or `end` keeps it, to be changed.
        """
        self.edit()
        self.input.select_all()
        self._draw_following()

    def on_mount(self) -> None:
        """Say that the old filter is kept once it is."""
        self.watch(self.input, "selection", self._draw_following, init=False)

    def _is_chosen(self) -> bool:
        return bool(self.input.value) and self.input.selected_text == self.input.value

    def edit(self) -> None:
        """Let the query be changed, from its end."""
        self.screen.set_focus(self.input)  # at once: the next key is part of the query
        self.input.cursor_position = len(self.input.value)

    def show(self, query: str) -> None:
        """Show the query of the rows, unless another one is being typed."""
        if self.screen.focused is self.input:
            return
        query = clean_line(query)
        if self.input.value != query:
            self.input.value = query
        self.query_one("#mistake").display = False
        self.show_count("")

    def show_count(self, words: str) -> None:
        """Say how much matches what is typed; empty when nobody knows."""
        self.query_one("#live-count", Plain).show(
            styled([(f" {words} " if words else "", "strong")])
        )
        if words:
            self.query_one("#mistake").display = False

    def show_mistake(self, message: str, hint: str, position: int) -> None:
        """Point at the place of a mistake."""
        mistake = self.query_one("#mistake", Plain)
        offset = max(0, position - int(self.input.scroll_offset.x)) + _PROMPT
        glyphs = self._glyphs
        sign = "^" if glyphs.is_ascii else "▲"
        words = f" {message}" + (f" {glyphs.separator} {hint}" if hint else "")
        room = max(10, self.size.width)
        below = ""
        if hint and len(words) + 2 > max(room - offset, offset):  # no room on either side
            words, below = f" {message}", hint
        text: list[Part]
        # the words go before the sign when there is no room behind it
        if offset + len(words) + 2 > room and offset > len(words):
            text = [(" " * (offset - len(words) - 1) + words + " ", ""), (sign, "alarm")]
        else:
            text = [(" " * min(offset, room - 2), ""), (sign, "alarm"), words]
        mistake.show(lines([styled(text), f" {below}"] if below else [styled(text)]))
        mistake.display = True

    def mend(self, query: str, message: str, hint: str, position: int) -> None:
        """Let a query be mended that was not understood."""
        query = clean_line(query)
        if self.input.value != query:
            self.input.value = query
        self.edit()
        self.show_count("")
        self.show_mistake(message, hint, position)

    # typing

    @on(events.DescendantFocus)
    def begin(self) -> None:
        """Say what can follow."""
        self._offer(self.input.value)

    @on(events.DescendantBlur)
    def end(self) -> None:
        """Say nothing more."""
        self.query_one("#following").display = False

    @on(Input.Changed)
    def typed(self, event: Input.Changed) -> None:
        """Say what can follow, and let somebody count what matches."""
        event.stop()
        if not self.input.has_focus:
            return
        if event.value != self._cycle.taken:
            self._offer(event.value)
        self.post_message(QueryTyped(clean_line(event.value).strip()))

    def _offer(self, text: str) -> None:
        self._cycle.begin(self.completions(text))
        self._draw_following()

    def _draw_following(self) -> None:
        line = self.query_one("#following", Plain)
        choices, at = self._cycle.choices, self._cycle.at
        is_chosen = self._is_chosen()
        line.display = (bool(choices) or is_chosen) and self.input.has_focus
        first = 0 if at is None else max(0, at - _MOST_SHOWN + 1)
        parts: list[Part] = [("   ", "")]
        if is_chosen:
            parts += [("end", "key"), (" keeps the filter   ", "muted")]
        if choices:
            parts.append(("tab ", "muted"))
        for index, each in enumerate(choices[first : first + _MOST_SHOWN], first):
            parts += [(each.shown[:40], "title" if index == (at or 0) else ""), "  "]
        parts.append((choices[at or 0].words if choices else "", "muted"))
        line.show(fitted(styled(parts), max(1, self.size.width), self._glyphs))

    def action_complete(self, by: int) -> None:
        """Take the next thing that can follow, or the one before; one alone goes on at once."""
        is_only = len(self._cycle.choices) == 1
        text = self._cycle.step(by)
        if text is None:
            return
        self.input.value = text
        self.input.cursor_position = len(text)
        if is_only:
            self._offer(text)
        else:
            self._draw_following()

    @on(Input.Submitted)
    def apply(self, event: Input.Submitted) -> None:
        """Ask for what matches."""
        event.stop()
        self.post_message(FilterWanted(clean_line(event.value).strip()))
