"""Closures that were held and that somebody released, as the ledger says; part of every publish."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from riskcockpit.decisions.corrections import Correction, Release
from riskcockpit.services.staging import TABLES
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


def settle_closures(tx: Writer, corrections: Iterable[Correction], now: datetime) -> None:
    """Close what was released and is still held; hold again what is released no longer.

    A finding that was seen since stays as it is.
    """
    if tx.one(sql("services", "release_any")) is None:
        return
    rows = (
        (one.id, one.actor, one.scan, finding)
        for one in corrections
        if isinstance(one, Release)
        for finding in one.findings
    )
    tx.stage("projected_release", TABLES["projected_release"], rows)
    tx.execute(sql("services", "release_undone_events"), now=now, rev=tx.generation)
    for name in ("undo", "forget", "events", "close", "remember"):
        tx.execute(sql("services", f"release_{name}"), rev=tx.generation)
