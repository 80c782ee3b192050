"""Closures that are held back: exactly which, until somebody releases them or a scan says more."""

from __future__ import annotations

from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


def forget_held(tx: Writer, scope: str) -> None:
    """Forget what was held in a scope: a newer scan says what is absent now."""
    tx.execute(sql("ingest", "held_forget"), scope=scope)


def remember_held(tx: Writer, scan_id: str, scope: str) -> None:
    """Remember what the scan would have closed, as it stands in `absent`."""
    tx.execute(sql("ingest", "held_remember"), scan_id=scan_id, scope=scope, rev=tx.generation)
