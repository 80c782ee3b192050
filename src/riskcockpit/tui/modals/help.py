"""The keys of the view that is seen, with a search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual import on
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from riskcockpit.tui.bindings import KEYS, LAST_SCOPES, SCOPES, SEEN_IN, Key
from riskcockpit.tui.commands import offered
from riskcockpit.tui.conditions import LOCKED
from riskcockpit.tui.modals.dialog import Dialog
from riskcockpit.tui.widgets.field import Field
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
        yield Field(placeholder="search", compact=True, id="help-search")
        with VerticalScroll(id="dialog-scroll", can_focus=False):
            yield Plain(lines(self._text("", self.room)), id="help-text", classes="text")
        yield Plain("esc closes", classes="line dim")

    @on(Input.Changed)
    def search(self, event: Input.Changed) -> None:
        """Keep what fits."""
        event.stop()
        self.draw_text()

    def draw_text(self) -> None:
        """Draw the keys that fit what is searched."""
        wanted = self.query_one("#help-search", Input).value.lower()
        self.query_one("#help-text", Plain).show(lines(self._text(wanted, self.room)))

    def _text(self, wanted: str, width: int) -> list[Content]:
        """Return the keys of this view first, then those of all views, words, and other views."""
        out: list[Content] = []
        for scope in sorted(SCOPES, key=_rank):
            keys = [key for key in KEYS if key.scope == scope and self._fits(key, wanted)]
            out += _headed(
                SCOPES[scope], [line for key in keys for line in self._lines(key, width)]
            )
        if wanted:
            elsewhere = [key for key in KEYS if self._is_elsewhere(key) and self._says(key, wanted)]
            lines_ = [line for key in elsewhere for line in self._elsewhere(key, width)]
            out += _headed("In other views", lines_)
        found = [
            each
            for each in offered(is_locked=self._is_locked)
            if not each.is_in_shell and wanted in f"{each.word} {each.words}"
        ]
        names = [(f":{each.shown}", each.words) for each in found]
        out += _headed("Commands", [line for name in names for line in _row(*name, width)])
        if self._is_locked:
            out.append(styled([(LOCKED, "warn")]))
        return out or [styled([("no key fits", "muted")])]

    def _elsewhere(self, key: Key, width: int) -> list[Content]:
        views = SEEN_IN.get(key.id) or SEEN_IN.get(key.scope) or (SCOPES[key.scope].lower(),)
        said = paragraph(f"in {', '.join(views)}", width - _INDENT, "muted")
        indented = [Content.assemble(" " * _INDENT, line) for line in said]
        return [*_row(self._keys(key), key.words, width), *indented]

    def _lines(self, key: Key, width: int) -> list[Content]:
        why = self._refused.get(key.id, "")
        if not why:
            return _row(self._keys(key), key.words, width)
        said = paragraph(f"not here: {why}", width - _INDENT, "warn")
        indented = [Content.assemble(" " * _INDENT, line) for line in said]
        return [*_row(f"({self._keys(key)})", key.words, width), *indented]

    def _keys(self, key: Key) -> str:
        return " ".join(key.read_in(self._keymap))

    def _is_here(self, key: Key) -> bool:
        return key.id in self._active or key.id in self._refused

    def _is_elsewhere(self, key: Key) -> bool:
        return not self._is_here(key) and not (key.changes and self._is_locked)

    def _fits(self, key: Key, wanted: str) -> bool:
        return self._is_here(key) and self._says(key, wanted)

    def _says(self, key: Key, wanted: str) -> bool:
        return wanted in f"{self._keys(key)} {key.words} {key.id}".lower()


def _row(keys: str, words: str, width: int) -> list[Content]:
    first, *rest = paragraph(words, width - _INDENT)
    head = styled([(f"  {keys:<{_INDENT - 2}}", "key")])
    return [Content.assemble(head, first), *(Content.assemble(" " * _INDENT, r) for r in rest)]


def _rank(scope: str) -> int:
    return LAST_SCOPES.index(scope) if scope in LAST_SCOPES else -1


def _headed(heading: str, rows: list[Content]) -> list[Content]:
    return [styled([(heading, "title")]), *rows, Content("")] if rows else []
