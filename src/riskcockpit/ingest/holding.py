"""Closures that are held back: exactly which, until somebody releases them or a scan says more."""

from __future__ import annotations

from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


def forget_held(tx: Writer) -> None:
    """Forget what was held in the scopes of the staged scans: they say what is absent now."""
    tx.execute(sql("ingest", "held_forget"))


def remember_held(tx: Writer) -> None:
    """Remember what held scans would have closed, as it stands in `absent` and `verdict`."""
    tx.execute(sql("ingest", "held_remember"), rev=tx.generation)
