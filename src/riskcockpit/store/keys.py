"""Ordered key lists: built once per query, shared by all threads, so that a page is a short join.

They live in a database in memory beside the read-only generation, for as long as its reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from riskcockpit.store.database import Reader
from riskcockpit.store.sql import Clauses, Sql, filled, sql, used_params

_NUMBERS = count(1)
"""Of this process: readers of one generation share one database in memory."""
_TABLE = "key_0"


@dataclass(frozen=True, slots=True)
class KeyList:
    """The findings of a query in its order; positions run from zero to `total`, exclusive."""

    number: int
    total: int

    def of(self, statement: Sql) -> Sql:
        """Return `statement`, which is written for the key list `key_0`, for this one."""
        text = statement.text.replace(_TABLE, f"key_{self.number:d}")
        return Sql(statement.name, text, statement.params)


def build_keys(reader: Reader, clauses: Clauses) -> KeyList:
    """Make the key list of a compiled query.

    Raises:
        CancelledError: the reader was interrupted; nothing is left behind.
    """
    reader.rows(sql("store", "scratch_attach"))
    keys = KeyList(next(_NUMBERS), 0)
    base = sql("store", "key_build")
    reader.rows(keys.of(filled(base, clauses)), **used_params(base, clauses))
    row = reader.one(keys.of(sql("store", "key_count")))
    return KeyList(keys.number, int(row[0]) if row else 0)


def drop_keys(reader: Reader, keys: KeyList) -> None:
    """Forget a key list."""
    reader.rows(keys.of(sql("store", "key_drop")))
