"""Pages of a long list: which are here, which must be asked for, which may go. No widget in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

PAGE = 200
"""Rows of one page."""
AHEAD = 2
"""Pages fetched before they are seen, so that no row is painted twice."""
KEPT = 32
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

    def ask(self, first: int, last: int, travel: int) -> tuple[int, ...]:
        """Return the pages to ask for, so that rows `first` to `last` can be drawn.

        The next pages in the direction of `travel` (-1, 0, 1) come along. Each page is asked for
        once, until it arrives or `forget` is called.
        """
        if not self.total:
            return ()
        low, high = max(0, first) // self._size, min(last, self.total - 1) // self._size
        wanted = list(range(low, high + 1))
        if travel > 0:
            wanted += range(high + 1, high + 1 + AHEAD)
        elif travel < 0:
            wanted += range(low - 1, low - 1 - AHEAD, -1)
        end = (self.total - 1) // self._size
        missing = tuple(
            number
            for number in wanted
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
