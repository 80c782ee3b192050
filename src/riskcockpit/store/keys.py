"""Ordered key lists: built once per query, shared by all threads, so that a page is a short join.

They live in a database in memory beside the read-only generation, for as long as its reader. A list
may hold the first findings of its query only: those are found without sorting all of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import count

from riskcockpit.store.database import Reader
from riskcockpit.store.sql import Clauses, Sql, filled, sql, used_params

_NUMBERS = count(1)
"""Of this process: readers of one generation share one database in memory."""
_TABLE = "key_0"
_SPARE = 14
"""Ranks asked for beyond a list, to see whether they leave its end open."""
_FEW = 50
"""Rows of which the database reads only the blocks they lie in; see ADR 5."""


@dataclass(frozen=True, slots=True)
class KeyList:
    """The first findings of a query in its order, at the positions from zero up to `length`."""

    number: int
    total: int
    """How many findings the query has."""
    length: int
    """How many of them are in the list."""

    def of(self, statement: Sql) -> Sql:
        """Return `statement`, which is written for the key list `key_0`, for this one."""
        text = statement.text.replace(_TABLE, f"key_{self.number:d}")
        return Sql(statement.name, text, statement.params)


NOTHING = KeyList(0, 0, 0)
"""The list of a cache that is not there."""


def build_keys(reader: Reader, clauses: Clauses, shorter: KeyList | None = None) -> KeyList:
    """Make the whole key list of a compiled query, in place of a `shorter` one of it.

    Raises:
        CancelledError: the reader was interrupted; nothing is left behind.
    """
    keys = shorter or _started(reader)
    base = sql("store", "key_build")
    reader.rows(keys.of(filled(base, clauses)), **used_params(base, clauses))
    total = _number(reader, keys.of(sql("store", "key_count")))
    return KeyList(keys.number, total, total)


def first_keys(
    reader: Reader, clauses: Clauses, length: int, shorter: KeyList | None = None
) -> KeyList:
    """Count the findings of a compiled query and list the first `length` of them, as `build_keys`.

    Ranks are sorted where there are any; the order itself only where they leave it open.

    Raises:
        CancelledError: the reader was interrupted; nothing is left behind.
    """
    keys = shorter or _started(reader)
    least, rows = 0.0, None
    if clauses.rank:
        total, ranked = _ranked(reader, clauses, length + _SPARE)
        rows = _settled(reader, clauses, ranked, min(length, total))
        least = ranked[min(length, total) - 1][0] if ranked else least
    else:
        base = sql("store", "key_total")
        total = _number(reader, filled(base, clauses), **used_params(base, clauses))
    length = min(length, total)
    if rows is None:
        base = sql("store", "key_first")
        params = used_params(base, clauses)
        reader.rows(keys.of(filled(base, clauses)), least=least, count=length, **params)
    else:
        reader.rows(keys.of(sql("store", "key_take")), rows=rows)
    return KeyList(keys.number, total, length)


def drop_keys(reader: Reader, keys: KeyList) -> None:
    """Forget a key list."""
    reader.rows(keys.of(sql("store", "key_drop")))


def _ranked(reader: Reader, clauses: Clauses, count: int) -> tuple[int, list[tuple[float, int]]]:
    """Return how many findings a query has, and the `count` greatest ranks with their rows."""
    base = sql("store", "key_ranks")
    found = reader.rows(filled(base, clauses), count=count, **used_params(base, clauses))
    return (found[0][0] if found else 0), [(rank, row_id) for _, row_id, rank in found]


def _settled(
    reader: Reader, clauses: Clauses, ranked: list[tuple[float, int]], length: int
) -> list[int] | None:
    """Return the first `length` rows in their order; None when too many have the same rank."""
    count = Counter(rank for rank, _ in ranked)
    is_cut = length < len(ranked) and ranked[length - 1][0] == ranked[-1][0]
    tied = [row_id for rank, row_id in ranked if count[rank] > 1]
    if is_cut or len(tied) > _FEW:
        return None
    places: dict[int, int] = {}
    if tied:
        base = sql("store", "key_order")
        params = used_params(base, clauses)
        found = reader.rows(filled(base, clauses), rows=tied, **params)
        places = {row[0]: place for place, row in enumerate(found)}
    ranked.sort(key=lambda one: (-one[0], places.get(one[1], 0)))
    return [row_id for _, row_id in ranked[:length]]


def _started(reader: Reader) -> KeyList:
    reader.rows(sql("store", "scratch_attach"))
    return KeyList(next(_NUMBERS), 0, 0)


def _number(reader: Reader, statement: Sql, **params: object) -> int:
    row = reader.one(statement, **params)
    return int(row[0]) if row else 0
