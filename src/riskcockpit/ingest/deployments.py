"""Deployments into the cache: the newest observation of each counts, in whatever order they come.

What follows from other rows (which place is production, what served before) is settled at every
publish, so that it never depends on the order either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from riskcockpit.domain.deployment import NOT_PRODUCTION, PRODUCTION, Deployment
from riskcockpit.ingest.staging import TABLES
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


def record_deployments(
    tx: Writer, deployments: Sequence[Deployment], source_id: str, now: datetime
) -> int:
    """Take over what is newer than what is known; return how many deployments that were."""
    if not deployments:
        return 0
    _stage(tx, "incoming_deployment", [_row(one, source_id) for one in deployments])
    _stage(
        tx, "incoming_approval", [row for one in deployments for row in _answers(one, source_id)]
    )
    _stage(tx, "newer_deployment", [])
    count = tx.execute(sql("ingest", "deployment_newer"))
    if count:
        for name in ("deployment_gone", "deployment_approval_gone"):
            tx.execute(sql("ingest", name))
        stamp = {"source_id": source_id, "now": now, "rev": tx.generation}
        tx.execute(sql("ingest", "deployment_insert"), **stamp)
        tx.execute(sql("ingest", "deployment_approval_insert"), rev=tx.generation)
    return count


def settle_deployments(tx: Writer) -> None:
    """Settle which deployments went to production, and what served each place before."""
    tx.execute(
        sql("ingest", "deployment_production"),
        word=PRODUCTION,
        denied=NOT_PRODUCTION,
        rev=tx.generation,
    )
    tx.execute(sql("ingest", "deployment_previous"), rev=tx.generation)


def _row(one: Deployment, source_id: str) -> tuple[Any, ...]:
    return (
        one.id_within(source_id), one.upstream_id, one.asset, one.environment, one.is_production,
        one.status.value, one.commit, one.ref, one.pipeline, one.url, list(one.artifacts),
        one.model, one.model_version, one.actor, one.started_at, one.finished_at,
        one.finished_at or one.started_at or one.observed_at, one.observed_at, one.content,
    )  # fmt: skip


def _answers(one: Deployment, source_id: str) -> Iterator[tuple[Any, ...]]:
    id_, content = one.id_within(source_id), one.content
    for each in one.approvals:
        yield id_, content, each.upstream_id, each.actor, each.answer.value, each.at


def _stage(tx: Writer, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    tx.stage(table, TABLES[table], rows)
