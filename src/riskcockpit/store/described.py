"""Descriptions of findings: kept once for all that share them, one column of `finding` for others.

A finding has the number of its description, `text_description` the text. The number follows from
the text, so that it is the same in every generation and findings are compared by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from riskcockpit.store.sql import sql

if TYPE_CHECKING:  # duckdb takes 60 ms to import: only who opens a cache pays
    import duckdb

DESCRIBED = "finding"
"""The table whose descriptions are kept apart."""
TEXT, NUMBER = "description", "description_id"
"""What the column of a description is called for others, and in the table."""
KEPT = "text_description"
"""The table of the texts."""
COLUMNS: Mapping[str, str] = {"id": "UBIGINT", "description": "VARCHAR"}
"""Of the texts, and of those that are staged to be kept."""
STAGED = "told_description"


def number_of(text: str) -> int:
    """Return the number of a description; migration 0024 makes the same."""
    return int.from_bytes(sha256(text.encode()).digest()[:8])


def numbers(texts: Iterable[str]) -> dict[str, int]:
    """Return text → number."""
    return {text: number_of(text) for text in dict.fromkeys(texts)}


def numbered(row: Mapping[str, Any], texts: dict[str, int]) -> Mapping[str, Any]:
    """Return a row with the number of its description for the text, which `texts` gets to know."""
    if TEXT not in row:
        return row
    text = row[TEXT]
    if text is not None and text not in texts:
        texts[text] = number_of(text)
    return {name: value for name, value in row.items() if name != TEXT} | {NUMBER: texts.get(text)}


def is_apart(table: str, names: Iterable[str]) -> bool:
    """Whether rows of `table` in this schema have the number of a description for its text."""
    return table == DESCRIBED and NUMBER in names


@contextmanager
def joined(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Let `finding` on this cursor be what it is for others: with the text, without its number."""
    ((database,),) = cursor.execute(sql("store", "described_where").text).fetchall()
    main = '"' + str(database).replace('"', '""') + '".main'
    # named in full: `finding` alone would be the view itself
    cursor.execute(
        f"CREATE OR REPLACE TEMP VIEW {DESCRIBED} AS "  # noqa: S608 - names of ours, quoted
        f"SELECT * RENAME ({NUMBER} AS {TEXT}) FROM ("
        f"SELECT f.* REPLACE (d.description AS {NUMBER}) FROM {main}.{DESCRIBED} AS f "
        f"LEFT JOIN {main}.{KEPT} AS d ON d.id = f.{NUMBER})"
    )
    try:
        yield
    finally:
        cursor.execute(sql("store", "described_end").text)
