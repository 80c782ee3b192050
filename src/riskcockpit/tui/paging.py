"""Pages of a long list: which are here, which must be asked for, which may go. No widget in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

PAGE = 50
"""Rows of one page: of up to 50, the database reads only the blocks they lie in; of more, all."""
AHEAD = 3
"""Pages fetched before they are seen, so that no row is painted twice."""
BEHIND = 1
"""Pages fetched against the direction of travel, for who turns round."""
KEPT = 16
"""Pages kept; the least recently used goes first."""


class Pages(Generic[T]):
    """The rows of one edition of a list, as far as they are here."""

    def __init__(self, total: int = 0, *, size: int = PAGE, kept: int = KEPT) -> None:
        self.total = total
        self._size = size
        self._kept = kept
        self._pages: OrderedDict[int, Sequence[T]] = OrderedDict()
        self._asked: set[int] = set()

    @classmethod
    def whole(cls, rows: Sequence[T]) -> Pages[T]:
        """Return a list that is all here."""
        pages = cls(len(rows), size=max(1, len(rows)))
        if rows:
            pages.put(0, rows)
        return pages

    def row(self, index: int) -> T | None:
        """Return a row; None when its page is not here or it does not exist."""
        number, offset = divmod(index, self._size)
        page = self._pages.get(number)
        if page is None or index < 0 or offset >= len(page):
            return None
        self._pages.move_to_end(number)
        return page[offset]

    def span(self, number: int) -> tuple[int, int]:
        """Return first row and length of a page."""
        start = number * self._size
        return start, max(0, min(self._size, self.total - start))

    def put(self, number: int, rows: Sequence[T]) -> None:
        """Take in a page; the least recently used goes when there are too many."""
        self._asked.discard(number)
        self._pages[number] = rows
        self._pages.move_to_end(number)
        while len(self._pages) > self._kept:
            self._pages.popitem(last=False)

    def are_here(self, first: int, last: int) -> bool:
        """Return whether rows `first` to `last` are here, as far as they exist."""
        return all(number in self._pages for number in self._across(first, last))

    def ask(self, first: int, last: int) -> tuple[int, ...]:
        """Return the pages to ask for, so that rows `first` to `last` can be drawn.

        Each page is asked for once, until it arrives or `forget` is called.
        """
        return self._missing(self._across(first, last))

    def ask_ahead(self, first: int, last: int, travel: int) -> tuple[int, ...]:
        """Return the pages to ask for, so that they are here before they are seen; as `ask`.

        Rows `first` to `last` are seen, `travel` is 1 or -1. Nothing comes along as long as one
        of those rows is not here: it goes first.
        """
        seen = self._across(first, last)
        if not seen or any(number not in self._pages for number in seen):
            return ()
        down = range(seen[-1] + 1, seen[-1] + 1 + (AHEAD if travel > 0 else BEHIND))
        up = range(seen[0] - 1, seen[0] - 1 - (BEHIND if travel > 0 else AHEAD), -1)
        return self._missing([*down, *up] if travel > 0 else [*up, *down])

    def _across(self, first: int, last: int) -> range:
        if not self.total:
            return range(0)
        low, high = max(0, first), min(last, self.total - 1)
        return range(low // self._size, high // self._size + 1)

    def _missing(self, numbers: Iterable[int]) -> tuple[int, ...]:
        end = (self.total - 1) // self._size
        missing = tuple(
            number
            for number in numbers
            if 0 <= number <= end and number not in self._pages and number not in self._asked
        )
        self._asked.update(missing)
        return missing

    def forget(self, numbers: Sequence[int]) -> None:
        """Let pages be asked for again: their question was lost."""
        self._asked.difference_update(numbers)

    def known(self) -> Iterator[tuple[int, T]]:
        """Yield every row that is here with its index."""
        for number, page in self._pages.items():
            yield from enumerate(page, number * self._size)
