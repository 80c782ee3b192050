"""What a generation was judged for, and which entry of the ledger says what it came to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import InputError
from riskcockpit.ledger.chain import Entry
from riskcockpit.store.sql import sql

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Reader


def judged_at(reader: Reader) -> datetime:
    """Return the moment the generation was judged for, aware UTC.

    Raises:
        InputError: it never was.
    """
    row = reader.one(sql("services", "judged_at"))
    if row is None or row[0] is None:
        raise InputError("the cache was never judged", hint="`riskcockpit sync` first")
    moment: datetime = row[0]
    return moment


def evaluation_of(entries: Sequence[Entry], generation: int) -> Entry | None:
    """Return the entry that signed what this generation's controls came to; None without one."""
    return next(
        (
            entry
            for entry in reversed(entries)
            if entry.type is EntryType.CONTROLS_EVALUATED
            and entry.data.get("generation") == generation
        ),
        None,
    )
