"""The keys of the view that is seen, with a search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual import on
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from riskcockpit.tui.bindings import KEYS, SCOPES, Key
from riskcockpit.tui.commands import COMMANDS
from riskcockpit.tui.modals.dialog import Dialog
from riskcockpit.tui.widgets.finding_text import paragraph
from riskcockpit.tui.widgets.plain import Plain, lines, styled

_INDENT = 22
"""Cells before what a key does."""


class HelpDialog(Dialog[None]):
    """Says what every key does here."""

    def __init__(
        self,
        active: frozenset[str],
        keymap: Mapping[str, str],
        *,
        is_locked: bool,
        refused: Mapping[str, str] | None = None,
    ) -> None:
        """Make it of the keys that act, and of those that may not, id → why."""
        super().__init__("Keys of this view")
        self._refused = refused or {}
        self._keymap = keymap
        self._active = active
        self._is_locked = is_locked

    @property
    def rows_beside(self) -> int:
        """The search and the gap below it take two more."""
        return super().rows_beside + 2

    def compose_content(self) -> Iterable[Widget]:
        """Yield search and keys."""
        yield Input(placeholder="search", compact=True, id="help-search")
        with VerticalScroll(id="dialog-scroll", can_focus=False):
            yield Plain(lines(self._text("")), id="help-text", classes="text")
        yield Plain("esc closes", classes="line dim")

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Keep what fits."""
        event.stop()
        self.query_one("#help-text", Plain).show(lines(self._text(event.value.lower())))

    def _text(self, wanted: str) -> list[Content]:
        out: list[Content] = []
        for scope, heading in SCOPES.items():
            keys = [key for key in KEYS if key.scope == scope and self._fits(key, wanted)]
            if keys:
                out += [
                    styled([(heading, "title")]),
                    *(line for key in keys for line in self._lines(key)),
                ]
                out.append(Content(""))
        found = [each for each in COMMANDS if wanted in each.word or wanted in each.words]
        if found:
            out.append(styled([("Commands", "title")]))
            names = [(f":{each.word} {each.usage}".strip(), each.words) for each in found]
            out += [line for name, words in names for line in self._row(name, words)]
        if self._is_locked:
            out += [
                Content(""),
                styled([("decisions are locked here; :unlock allows them", "warn")]),
            ]
        return out or [styled([("no key fits", "muted")])]

    def _lines(self, key: Key) -> list[Content]:
        why = self._refused.get(key.id, "")
        if not why:
            return self._row(self._keys(key), key.words)
        said = paragraph(f"not here: {why}", self.room - _INDENT, "warn")
        indented = [Content.assemble(" " * _INDENT, line) for line in said]
        return [*self._row(f"({self._keys(key)})", key.words), *indented]

    def _row(self, keys: str, words: str) -> list[Content]:
        first, *rest = paragraph(words, self.room - _INDENT)
        head = styled([(f"  {keys:<{_INDENT - 2}}", "key")])
        return [Content.assemble(head, first), *(Content.assemble(" " * _INDENT, r) for r in rest)]

    def _keys(self, key: Key) -> str:
        return " ".join(key.read_in(self._keymap))

    def _fits(self, key: Key, wanted: str) -> bool:
        if key.id not in self._active and key.id not in self._refused:
            return False
        return wanted in f"{self._keys(key)} {key.words} {key.id}".lower()
