"""Where each source is to be read from next. Kept in the generation that holds what it gave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from riskcockpit.connectors.validators import Validator
from riskcockpit.services.context import Context
from riskcockpit.store.sql import sql

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Writer


@dataclass(frozen=True, slots=True)
class Place:
    """Where one source is to be read from next."""

    cursor: str = ""
    """Opaque; empty: from the start."""
    full_at: datetime | None = None
    """When it was last read from the start; aware UTC."""
    validators: tuple[Validator, ...] = ()
    rows: int = 0
    """What the last pass gave when it was in full, for how long the next takes; 0: nobody knows."""
    pages: int = 0

    @property
    def forgotten(self) -> Place:
        """The same source, to be read from the start."""
        return Place(rows=self.rows, pages=self.pages)


def known_places(ctx: Context) -> Mapping[str, Place]:
    """Return the places of the present generation by source name; none without one.

    Raises:
        StoreError: the cache cannot be read.
    """
    if not ctx.store.exists():
        return {}
    validators: dict[str, list[Validator]] = {}
    with ctx.store.reader() as reader:
        for source, *columns in reader.rows(sql("services", "sync_validators")):
            validators.setdefault(source, []).append(Validator(*columns))
        return {
            name: Place(cursor, full_at, tuple(validators.get(name, ())), rows, pages)
            for name, cursor, full_at, rows, pages in reader.rows(sql("services", "sync_places"))
        }


def keep_validators(tx: Writer, source: str, kept: Iterable[Validator]) -> None:
    """Replace the validators of `source` by those its last pull confirmed; raises StoreError."""
    wanted = tuple(kept)
    tx.execute(
        sql("services", "sync_validators_clear"),
        source_id=source,
        keys=[one.key for one in wanted],
        scopes=sorted({one.scope for one in wanted}),
    )
    for one in wanted:
        tx.execute(
            sql("services", "sync_validators_keep"),
            source_id=source,
            key=one.key,
            scope=one.scope,
            etag=one.etag,
            last_modified=one.last_modified,
            rev=tx.generation,
        )
