"""What makes lists quick: how urgent a finding is, and numbers for the texts that findings share.

Filled in at the end of every change, for whatever the change did. A finding whose texts were
changed has NULL for their number; the priority is compared with what it follows from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from riskcockpit.store.sql import sql

if TYPE_CHECKING:
    from riskcockpit.store.database import Writer

_TEXTS = ("wording", "place")
"""What texts of a finding stand together in one row: `text_wording`, `text_place`."""


def complete(tx: Writer) -> None:
    """Bring priorities and numbers of texts up to date with the findings."""
    tx.execute(sql("store", "listing_rank"))
    for kind in _TEXTS:
        if not tx.execute(sql("store", f"listing_{kind}_pending")):
            continue
        is_any_new = tx.execute(sql("store", f"listing_{kind}_new")) > 0
        tx.execute(sql("store", f"listing_{kind}_numbered"))
        tx.execute(sql("store", f"listing_{kind}_take"))
        if is_any_new:
            tx.execute(sql("store", f"listing_{kind}_tidy"))
            tx.execute(sql("store", "listing_description_tidy"))  # new ones have new words
