"""Which rows of a list are new or say something else than a moment ago. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from riskcockpit.present.text import Glyphs

T = TypeVar("T")

Words = tuple[str, ...]


class RowNews(Generic[T]):
    """Signs of rows, by their ids."""

    def __init__(self, identify: Callable[[T], str], words: Callable[[T], Words]) -> None:
        self._identify, self._words = identify, words
        self._before: Mapping[str, Words] = {}
        self._was_whole = False
        self.signs: dict[str, str] = {}

    def forget(self) -> None:
        """Compare with nothing: another list comes."""
        self._before, self._was_whole, self.signs = {}, False, {}

    def remember(self, rows: Iterable[T], *, is_whole: bool) -> None:
        """Take what the list says now, to compare the next with; signs last until they end."""
        self._before = {self._identify(row): self._words(row) for row in rows}
        self._was_whole = is_whole

    def compare(self, rows: Iterable[T], glyphs: Glyphs) -> bool:
        """Give signs to rows that differ; return whether any does that had none.

        A row that was not known before is new only when the whole list was known.
        """
        if not (self._before or self._was_whole):
            return False
        had = frozenset(self.signs)
        for row in rows:
            identifier = self._identify(row)
            before = self._before.get(identifier)
            if before is None and self._was_whole:
                self.signs[identifier] = glyphs.added
            elif before is not None and before != self._words(row):
                self.signs[identifier] = glyphs.changed
        return bool(self.signs.keys() - had)

    def end(self) -> frozenset[str]:
        """Take all signs away and return whose they were."""
        ended, self.signs = frozenset(self.signs), {}
        return ended
