"""Models, versions and aliases as a registry shows them, and a journal of every alias move seen.

The journal is the only history of aliases there is: registries keep none. `decision_id` stays
empty here; judging fills it in for moves that a decision of ours explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from riskcockpit.domain.asset import AssetKind
from riskcockpit.domain.model import CHAMPION, ModelVersion, RegisteredModel
from riskcockpit.domain.reading import SubjectKind
from riskcockpit.ingest.policy import IngestPolicy
from riskcockpit.ingest.readings import judge_subjects
from riskcockpit.ingest.staging import TABLES
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql


def record_models(
    tx: Writer,
    models: Sequence[RegisteredModel],
    source_id: str,
    now: datetime,
    *,
    policy: IngestPolicy | None = None,
) -> int:
    """Take over `models`, each with all its versions and aliases; return how many there are.

    Where the champion moved, the breaches of the version that served before end, because only
    the serving version counts.
    """
    latest = {model.name: model for model in models}
    if not latest:
        return 0
    _stage(tx, list(latest.values()))
    stamp: dict[str, Any] = {"source_id": source_id, "now": now, "rev": tx.generation}
    moves = tx.rows(sql("ingest", "alias_moves"))
    tx.append("model_alias_move", (_move(row, now) for row in moves))
    tx.execute(sql("ingest", "model_upsert"), **stamp)
    tx.execute(sql("ingest", "asset_upsert"), **stamp)
    tx.execute(sql("ingest", "model_version_gone"))
    tx.execute(sql("ingest", "model_version_upsert"), **stamp)
    tx.execute(sql("ingest", "alias_gone"))
    tx.execute(sql("ingest", "alias_upsert"), **stamp)
    moved = sorted({row[0] for row in moves if row[1] == CHAMPION})
    subjects = [(SubjectKind.MODEL, name) for name in moved]
    judge_subjects(tx, subjects, source_id, now, policy=policy)
    return len(latest)


def forget_models(
    tx: Writer, shown: Sequence[str], source_id: str, now: datetime
) -> tuple[str, ...]:
    """Take out the models of a source that its whole pass did not show; return their names.

    What is known of their aliases stays in the journal, as moves to nowhere.
    """
    known = {"source_id": source_id, "names": list(shown)}
    gone = tuple(name for (name,) in tx.rows(sql("ingest", "model_lost"), **known))
    if not gone:
        return ()
    tx.execute(sql("ingest", "model_alias_lost"), **known, now=now, rev=tx.generation)
    for name in ("model_gone_aliases", "model_gone_versions", "model_gone"):
        tx.execute(sql("ingest", name), **known)
    return gone


def _stage(tx: Writer, models: Sequence[RegisteredModel]) -> None:
    tx.stage("incoming_model", TABLES["incoming_model"], [_model_row(model) for model in models])
    versions = {(model.name, one.version): one for model in models for one in model.versions}
    tx.stage(
        "incoming_version",
        TABLES["incoming_version"],
        [_version_row(name, version) for (name, _), version in versions.items()],
    )
    tx.stage(
        "incoming_alias",
        TABLES["incoming_alias"],
        [
            (model.name, alias, version)
            for model in models
            for alias, version in model.aliases.items()
        ],
    )
    tx.stage(
        "incoming_asset",
        TABLES["incoming_asset"],
        [
            (model.name, AssetKind.MODEL.value, model.tags.get("domain", ""), model.owner, "",
             model.tier)
            for model in models
        ],
    )  # fmt: skip


def _model_row(model: RegisteredModel) -> tuple[Any, ...]:
    return (
        model.name, model.owner, model.tier, model.tags.get("domain", ""),
        model.tags.get("purpose", ""), model.description, model.tags,
    )  # fmt: skip


def _version_row(name: str, version: ModelVersion) -> tuple[Any, ...]:
    datasets = version.datasets
    return (
        name, version.version, version.status, version.created_at, version.run_id,
        version.run_user, version.description, version.is_approved, version.is_rolled_back,
        version.validated_by, version.tags, version.metrics, version.params,
        [one.name for one in datasets], [one.digest for one in datasets],
        [one.context for one in datasets], [one.source for one in datasets], version.artifacts,
    )  # fmt: skip


def _move(row: tuple[Any, ...], now: datetime) -> dict[str, Any]:
    model, alias, from_version, to_version = row
    return {
        "model": model, "alias": alias, "from_version": from_version, "to_version": to_version,
        "at": now, "decision_id": "",
    }  # fmt: skip
