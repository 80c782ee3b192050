"""Settling the chains of deployments to production: what belongs together, and what is missing.

Part of every publish. Of deployments within `SPAN` everything is derived anew, so that an approval,
a scan or a record of another source that comes later closes its gap; older ones stay as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from riskcockpit.domain.traceability import SCAN_DAYS, ChainFacts, gaps_of
from riskcockpit.services.staging import TABLES
from riskcockpit.store.database import Reader, Writer
from riskcockpit.store.sql import sql

SPAN = timedelta(days=90)
"""For how long a chain may still be completed."""
_LISTS = ("actors", "pipelines", "approvers", "rejecters")


def settle_chains(tx: Writer, now: datetime) -> None:
    """Derive which records belong together, and the gaps that follow."""
    for name in ("link", "subject"):
        tx.execute(sql("services", f"tracing_clear_{name}"))
    rows: list[tuple[str, str, str, str]] = []
    if tx.one(sql("services", "tracing_any")):
        tx.execute(sql("services", "tracing_links"), since=now - SPAN, rev=tx.generation)
        tx.execute(sql("services", "tracing_subjects"), rev=tx.generation)
        rows = [
            (facts.id, gap.link.value, gap.reason, gap.mend)
            for facts in facts_of(tx)
            for gap in gaps_of(facts)
        ]
    tx.stage("found_gap", TABLES["found_gap"], rows)
    tx.execute(sql("services", "tracing_gap_gone"))
    tx.execute(sql("services", "tracing_gap_new"), rev=tx.generation)


def facts_of(reader: Reader, id_: str = "") -> Iterator[ChainFacts]:
    """Yield what is known of each deployment that is traced, or of one, the newest first."""
    for row in reader.records(sql("services", "tracing_facts"), days=SCAN_DAYS, id=id_):
        yield ChainFacts(**{**row, **{name: tuple(row[name]) for name in _LISTS}})
