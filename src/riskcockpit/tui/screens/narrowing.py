"""Lists that can be narrowed to the rows that say some words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from textual import on

from riskcockpit.present.columns import Column, Frame
from riskcockpit.tui.bindings import bind
from riskcockpit.tui.messages import WordsKept, WordsTyped
from riskcockpit.tui.screens.place import Load, PlaceScreen
from riskcockpit.tui.widgets.narrow_bar import NarrowBar
from riskcockpit.tui.widgets.row_table import RowTable

T = TypeVar("T")


class NarrowingScreen(PlaceScreen):
    """A screen with a `NarrowBar` over rows that are all here."""

    BINDINGS = bind("rows")
    AUTO_FOCUS = ""  # a field that is not seen must not take the keys

    def __init__(self) -> None:
        super().__init__()
        self.words: tuple[str, ...] = ()
        """What every row shown says, folded; with `-` in front what none says."""
        self._said_of: Sequence[Any] = ()
        self._said: list[str] = []

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer words over rows that are seen, or on their way: letters go into the words then."""
        if action == "narrow" and self.is_blank:
            return False
        return super().check_action(action, parameters)

    def enter(self, load: Load, error: Exception | None = None) -> None:
        """Draw a state; where there is nothing to see no words are typed."""
        super().enter(load, error)
        if self.is_blank and self.query_one(NarrowBar).display:
            self.show_all()

    @property
    def rows_table(self) -> RowTable[Any]:
        """The table that takes the keys."""
        raise NotImplementedError

    def redraw_rows(self) -> None:
        """Draw the rows that say the words now."""
        raise NotImplementedError

    def narrowed(self, rows: Sequence[T], say: Callable[[T], str]) -> Sequence[T]:
        """Return the rows that say the words, and tell how many they are.

        What they say is asked once for each list.
        """
        if not self.words:
            self._said_of, self._said = (), []
            shown = rows
        else:
            if self._said_of is not rows:
                self._said_of, self._said = rows, [say(row).casefold() for row in rows]
            pairs = zip(rows, self._said, strict=True)
            shown = [row for row, said in pairs if says(said, self.words)]
        self.tell_narrowed(len(shown), len(rows))
        return shown

    def tell_narrowed(self, shown: int, total: int) -> None:
        """Say in the bar how many rows are shown."""
        bar = self.query_one(NarrowBar)
        if bar.display:
            bar.show_count(shown, total, is_typing=bar.has_focus_within)

    def focus_rows(self) -> None:
        """Let the rows take the keys, unless words are being typed."""
        if not self.query_one(NarrowBar).has_focus_within:
            self.rows_table.focus()

    def show_all(self) -> None:
        """Show every row again."""
        self.set_focus(self.rows_table)
        self.query_one(NarrowBar).end()
        had, self.words = self.words, ()
        if had:
            self.redraw_rows()

    def action_narrow(self) -> None:
        """Type the words of the rows that are looked for."""
        self.query_one(NarrowBar).begin()
        self.redraw_rows()

    @on(WordsTyped)
    def take_words(self, event: WordsTyped) -> None:
        """Show the rows that say what is typed."""
        event.stop()
        self.words = tuple(word for word in event.words.casefold().split() if word != "-")
        self.redraw_rows()

    @on(WordsKept)
    def keep_words(self, event: WordsKept) -> None:
        """Let the rows take the keys; without words all are shown."""
        event.stop()
        if not self.words:
            self.show_all()
            return
        self.set_focus(self.rows_table)
        self.redraw_rows()

    def step_back(self) -> bool:
        """Show every row again; False when they are all shown."""
        if self.query_one(NarrowBar).display:
            self.show_all()
            return True
        return super().step_back()


def said_by(row: T, columns: Sequence[Column[T]], frame: Frame, identifier: str) -> str:
    """Return what a row says in all columns, those included that have no room, and its id."""
    return " ".join([*(column.cell(row, frame).text for column in columns), identifier])


def says(said: str, words: Sequence[str]) -> bool:
    """Return whether a folded text says all words, and none that has `-` in front."""
    return all(
        word[1:] not in said if word.startswith("-") and len(word) > 1 else word in said
        for word in words
    )
