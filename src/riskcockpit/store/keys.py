"""The order of what a query finds: as much of it as somebody has asked for, shared by all threads.

The first rows are found by their ranks, without sorting the rest. Whoever goes further gets a
table of all rows with their ranks, in a database in memory beside the read-only generation; of
these, what lies around a page is sorted, and kept for the pages that follow. Only where too many
findings have one rank, or there is none, all are.
"""

from __future__ import annotations

import math
import threading
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count as numbers

from riskcockpit.store.connecting import TooLargeError
from riskcockpit.store.database import Reader
from riskcockpit.store.sql import Clauses, Sql, filled, sql, used_params

FIRST_ROWS = 50
"""Rows that a list is opened with; no page of it may cost more."""
MORE_ROWS = 250
"""Rows that are found by their ranks alone when those do not do."""
MOST_AROUND = 20_000
"""Rows of one rank, or around a page, that are sorted by themselves; of more, all are."""
_NUMBERS = numbers(1)
"""Of this process: readers of one generation share one database in memory."""
_TABLE = "key_0"
_AROUND = 1_000
"""Rows found before and behind a page beyond the first: finding where they lie reads all ranks."""
_SPARE = 14
"""Ranks asked for beyond a list, to see whether they leave its end open."""
_FEW = 50
"""Rows of which the database reads only the blocks they lie in; see ADR 5."""


@dataclass(frozen=True, slots=True)
class _Window:
    """What lies around a page, by its ranks alone."""

    before: int
    """Rows with a greater rank than any in it."""
    ranked: Sequence[tuple[float, int]]
    """(rank, row), the greatest first; all the rows there are with these ranks."""

    def has(self, start: int, end: int) -> bool:
        """Return whether the positions from `start` to before `end` lie in it."""
        return self.before <= start and end <= self.before + len(self.ranked)


class Keys:
    """The rows of a query in its order; any thread may ask.

    Raises, as all of its methods do:
        CancelledError: the reader was interrupted; nothing is left behind, and it can ask again.
    """

    def __init__(self, reader: Reader, clauses: Clauses) -> None:
        self._reader = reader
        self._clauses = clauses
        self._lock = threading.Lock()
        self._number = 0
        """Of the table of all rows; 0: there is none."""
        self._is_sorted = False
        """Whether that table is in the order of the query; else it has ranks."""
        self._window = _Window(0, ())
        self._sorted: array[int] | None = None
        """All rows in order, where the database cannot keep them so."""
        self.total, self._first = self._begun(FIRST_ROWS)

    def rows(self, start: int, count: int) -> list[int]:
        """Return the rows at the positions `start <= position < start + count`."""
        with self._lock:
            start, end = max(start, 0), min(start + count, self.total)
            if len(self._first) < end <= MORE_ROWS:
                self._first = self._begun(MORE_ROWS)[1]
            if end <= max(len(self._first), start):
                return self._first[start:end]
            if not (self._number or self._is_sorted):
                self._list_all()
            found = None if self._is_sorted else self._around(start, end)
            if found is not None:
                return found
            self._sort_all()
            if self._sorted is not None:
                return self._sorted[start:end].tolist()
            return self._listed("key_slice", start=start, stop=end)

    def position(self, row_id: int) -> int:
        """Return where a row stands that the query has."""
        with self._lock:
            if row_id in self._first:
                return self._first.index(row_id)
            if not (self._number or self._is_sorted):
                self._list_all()
            place = None if self._is_sorted else self._place(row_id)
            if place is not None:
                return place
            self._sort_all()
            if self._sorted is not None:
                return self._sorted.index(row_id)
            return self._listed("key_position", row_id=row_id)[0]

    def drop(self) -> None:
        """Give the memory back, unless somebody asks; what is asked for later is found anew."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._number:
                self._reader.rows(self._of(sql("store", "key_drop")))
                self._number = 0
            self._is_sorted, self._sorted = False, None
            self._window = _Window(0, ())
        finally:
            self._lock.release()

    def _begun(self, length: int) -> tuple[int, list[int]]:
        """Return how many rows there are, and the first `length` in their order."""
        least, rows = 0.0, None
        if self._clauses.rank:
            found = self._ask("key_ranks", count=length + _SPARE)
            total = found[0][0] if found else 0
            length = min(length, total)
            ranked = [(rank, row_id) for _, row_id, rank in found]
            least = ranked[length - 1][0] if ranked else least
            rows = self._settled(ranked, length)
        else:
            total = self._ask("key_total")[0][0]
        if rows is None:
            rows = [row[0] for row in self._ask("key_first", least=least, count=length)]
        return total, rows

    def _settled(self, ranked: list[tuple[float, int]], length: int) -> list[int] | None:
        """Return the first `length` rows; None when too many have the same rank."""
        count = Counter(rank for rank, _ in ranked)
        is_cut = length < len(ranked) and ranked[length - 1][0] == ranked[-1][0]
        if is_cut or sum(each for each in count.values() if each > 1) > _FEW:
            return None
        return self._in_order(ranked)[:length]

    def _around(self, start: int, end: int) -> list[int] | None:
        """Return the rows at some positions by the ranks of all; None when too many are alike."""
        if not self._window.has(start, end):
            window = self._found_around(start, end)
            if window is None:
                return None
            self._window = window
        before, ranked = self._window.before, self._window.ranked
        least, greatest = ranked[end - before - 1][0], ranked[start - before][0]
        ahead = sum(rank > greatest for rank, _ in ranked)
        asked = [one for one in ranked if least <= one[0] <= greatest]
        return self._in_order(asked)[start - before - ahead :][: end - start]

    def _found_around(self, start: int, end: int) -> _Window | None:
        """Return the rows around some positions; None when too many are alike."""
        shares = [_share(place, self.total) for place in (end + _AROUND, start - _AROUND)]
        found = self._reader.rows(
            self._of(sql("store", "key_window")), shares=shares, most=MOST_AROUND + 1
        )
        before = found[0][0] if found else self.total
        window = _Window(before, [(rank, row_id) for _, row_id, rank in found])
        is_whole = len(found) <= MOST_AROUND and window.has(start, end)
        return window if is_whole else None

    def _place(self, row_id: int) -> int | None:
        """Return the position of a row by the ranks of all; None when too many are alike."""
        statement = self._of(sql("store", "key_alike"))
        found = self._reader.rows(statement, row_id=row_id, most=MOST_AROUND + 1)
        if len(found) > MOST_AROUND:
            return None
        before, rank = found[0][0], 0.0
        alike = self._in_order([(rank, one) for _, one in found])
        return int(before) + alike.index(row_id)

    def _in_order(self, ranked: Sequence[tuple[float, int]]) -> list[int]:
        """Return rows by their ranks, the greatest first, and those of one rank by the order."""
        count = Counter(rank for rank, _ in ranked)
        tied = ",".join(str(row_id) for rank, row_id in ranked if count[rank] > 1)
        found = self._ask("key_order", rows=tied) if tied else []
        places = {row[0]: place for place, row in enumerate(found)}
        in_order = sorted(ranked, key=lambda one: (-one[0], places.get(one[1], 0)))
        return [row_id for _, row_id in in_order]

    def _list_all(self) -> None:
        """Make the table of all rows: with their ranks, or in their order where there are none."""
        if not self._clauses.rank:
            self._sort_all()
            return
        self._make("key_list")

    def _sort_all(self) -> None:
        if self._is_sorted:
            return
        try:
            self._make("key_build")
        except TooLargeError:  # sorted with more memory, it is kept here
            rows = self._ask("key_first", least=-math.inf, count=self.total)
            self._sorted = array("I", (row[0] for row in rows))
        self._is_sorted = True

    def _make(self, name: str) -> None:
        self._reader.rows(sql("store", "scratch_attach"))
        number = self._number or next(_NUMBERS)
        base = sql("store", name)
        made = self._of(filled(base, self._clauses), number)
        self._reader.rows(made, **used_params(base, self._clauses))
        self._number = number

    def _listed(self, name: str, **params: int) -> list[int]:
        return [row[0] for row in self._reader.rows(self._of(sql("store", name)), **params)]

    def _ask(self, name: str, **params: object) -> list[tuple]:  # type: ignore[type-arg] # of any columns
        base = sql("store", name)
        params |= used_params(base, self._clauses)
        return self._reader.rows(filled(base, self._clauses), **params)

    def _of(self, statement: Sql, number: int = 0) -> Sql:
        """Return `statement`, which is written for the table `key_0`, for that of this list."""
        text = statement.text.replace(_TABLE, f"key_{number or self._number:d}")
        return Sql(statement.name, text, statement.params)


def _share(place: int, total: int) -> float:
    """Return how many of all ranks are below that of the row at `place`, as a share of one."""
    return min(max(1 - place / total, 0.0), 1.0)
