"""Judges a generation before it is published, in this order: what is known from elsewhere,
decisions, money, controls, KPIs.

Called inside every publish, so that no generation is ever seen unjudged. What it came to goes into
the ledger afterwards (`record_evaluation`), because an entry names the generation it is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from riskcockpit.controls.pack import Control, digest
from riskcockpit.controls.run import evaluate
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.control import ControlResult, ControlRow, Verdict
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.kpi import KpiReading
from riskcockpit.errors import LedgerError
from riskcockpit.ingest.moves import judge_moves
from riskcockpit.kpis import catalogue
from riskcockpit.kpis.compute import measure
from riskcockpit.services.context import Context
from riskcockpit.services.enriching import enrich
from riskcockpit.services.house import policy_of
from riskcockpit.services.policy import controls_in_force, kpis_in_force
from riskcockpit.services.pricing import price
from riskcockpit.services.projection import project_ledger
from riskcockpit.services.staging import TABLES
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

FINE_HISTORY = timedelta(days=2)
"""How long every reading of KPIs and exposure is kept; of older days the last one stays."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What judging a generation came to."""

    generation: int
    results: tuple[ControlResult, ...]
    kpis: tuple[KpiReading, ...]
    policy_digest: str
    """SHA-256 over the controls and KPIs in force, as hex."""
    results_digest: str
    """SHA-256 over all verdicts and rows, as hex."""


def judge(ctx: Context, tx: Writer, now: datetime) -> Judgement:
    """Judge what the writer holds, for the moment `now`.

    Raises:
        ConfigError: a control, a KPI or the exposure priors cannot be used.
    """
    settle(ctx, tx, now)
    controls = controls_in_force(ctx.paths)
    kpis = kpis_in_force(ctx.paths)
    results = evaluate(tx, controls, now)
    write_controls(tx, controls, results)
    readings = measure(tx, kpis, now)
    tx.execute(sql("services", "judging_clear_kpis"))
    tx.append("kpi", (_definition(ordinal, kpi) for ordinal, kpi in enumerate(kpis)))
    tx.append("kpi_reading", (_kpi_row(reading) for reading in readings))
    for name in ("judging_thin_kpis", "judging_thin_exposure"):
        tx.execute(sql("services", name), before=now - FINE_HISTORY)
    policy = sha256(f"{digest(controls)} {catalogue.digest(kpis)}".encode()).hexdigest()
    return Judgement(tx.generation, results, readings, policy, _digest(results))


def settle(ctx: Context, tx: Writer, now: datetime) -> None:
    """Put on the findings what is known from elsewhere, what was decided, and what they may cost.

    Raises:
        ConfigError: the exposure priors cannot be used.
    """
    _describe_assets(ctx, tx, now)
    enrich(tx, ctx.settings.sla, now)
    project_ledger(ctx, tx, now)
    judge_moves(tx, now, policy_of(ctx))
    price(ctx, tx, now)


def look_back(tx: Writer, kpis: Iterable[catalogue.Kpi], moments: Iterable[datetime]) -> None:
    """Record what `kpis` were at past `moments`, for those that the findings' own dates tell."""
    chosen = tuple(kpis)
    for moment in moments:
        tx.append("kpi_reading", (_kpi_row(reading) for reading in measure(tx, chosen, moment)))


def record_evaluation(ctx: Context, judgement: Judgement, published_at: datetime) -> str:
    """Sign that the controls ran and what they came to; return why not, or nothing.

    Without a key this is a note to the user, not a failure: judging needs no signature.
    """
    failed = sum(result.failed > 0 for result in judgement.results)
    try:
        ctx.journal().append(
            EntryType.CONTROLS_EVALUATED,
            {
                "generation": judgement.generation,
                "published_at": rfc3339(published_at),
                "controls": len(judgement.results),
                "failed": failed,
                "policy_digest": judgement.policy_digest,
                "results_digest": judgement.results_digest,
            },
        )
    except LedgerError as error:
        return error.message
    return ""


def _describe_assets(ctx: Context, tx: Writer, now: datetime) -> None:
    rows = ((a.name, a.kind, a.domain, a.owner, a.environment, a.tier) for a in ctx.settings.assets)
    tx.stage("described_asset", TABLES["described_asset"], rows)
    tx.execute(sql("services", "judging_assets"), now=now, rev=tx.generation)


def write_controls(
    tx: Writer, controls: Iterable[Control], results: Iterable[ControlResult]
) -> None:
    """Put what the controls came to in place of what they came to before."""
    tx.execute(sql("services", "judging_clear_controls"))
    tx.execute(sql("services", "judging_clear_control_rows"))
    by_id = {result.control_id: result for result in results}
    pairs = [(control, by_id[control.id]) for control in controls]
    tx.append("control", (_control_row(control, result) for control, result in pairs))
    tx.append("control_row", (row for _, result in pairs for row in _rows(result)))


def _control_row(control: Control, result: ControlResult) -> dict[str, Any]:
    return {
        "id": control.id,
        "title": control.title,
        "pillar": control.pillar.value,
        "severity": int(control.severity),
        "frameworks": json.dumps({name: list(refs) for name, refs in control.frameworks.items()}),
        "verdict": result.verdict.value,
        "message": result.message,
        "passed": result.passed,
        "failed": result.failed,
        "at": result.at,
    }


def _rows(result: ControlResult) -> Iterator[dict[str, Any]]:
    for ordinal, row in enumerate(result.rows):
        yield {
            "control_id": result.control_id,
            "ordinal": ordinal,
            "resource": row.resource,
            "status": row.status.value,
            "reason": row.reason,
            "dimensions": json.dumps(dict(row.dimensions), sort_keys=True),
        }


def _definition(ordinal: int, kpi: catalogue.Kpi) -> dict[str, Any]:
    return {
        "id": kpi.id,
        "ordinal": ordinal,
        "pillar": kpi.pillar.value,
        "title": kpi.title,
        "definition": kpi.definition,
        "unit": kpi.unit,
        "target": kpi.target,
        "direction": kpi.direction.value,
        "max_age_seconds": None if kpi.max_age is None else int(kpi.max_age.total_seconds()),
    }


def _kpi_row(reading: KpiReading) -> dict[str, Any]:
    return {
        "kpi_id": reading.kpi_id,
        "at": reading.at,
        "value": reading.value,
        "sample": reading.sample,
        "state": reading.state.value,
        "as_of": reading.as_of,
    }


def transcript(
    results: Iterable[tuple[str, Verdict, Iterable[ControlRow]]],
) -> Iterator[bytes]:
    """Yield, line by line, what every control said of every resource: what is signed is its digest.

    `results` are (control, verdict, rows in their order), in any order.
    """
    for control_id, verdict, rows in sorted(results, key=lambda result: result[0]):
        yield f"{control_id} {verdict.value}\n".encode()
        for row in rows:
            yield f"{json.dumps([row.resource, row.status.value, row.reason])}\n".encode()


def _digest(results: Iterable[ControlResult]) -> str:
    """Return the SHA-256 over the transcript, as hex."""
    state = sha256()
    for line in transcript((one.control_id, one.verdict, one.rows) for one in results):
        state.update(line)
    return state.hexdigest()
