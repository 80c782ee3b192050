"""Judges a generation before it is published, in this order: what is known from elsewhere,
decisions, money, controls, KPIs.

Called inside every publish, so that no generation is ever seen unjudged. What it came to goes into
the ledger afterwards (`record_evaluation`), because an entry names the generation it is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from riskcockpit.controls.incremental import (
    Basis,
    Standing,
    due,
    inputs_of,
    kept,
    standing,
    states,
)
from riskcockpit.controls.judge import outdated
from riskcockpit.controls.pack import Control, digest
from riskcockpit.controls.run import evaluate, newest
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.control import ControlResult, Verdict
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.kpi import KpiReading
from riskcockpit.errors import LedgerError
from riskcockpit.kpis import catalogue
from riskcockpit.kpis.compute import measure
from riskcockpit.services.context import Context
from riskcockpit.services.enriching import enrich
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
    results: tuple[Standing, ...]
    """Of every control in force, in its order."""
    kpis: tuple[KpiReading, ...]
    """Of the KPIs whose inputs, definition or moment changed."""
    policy_digest: str
    """SHA-256 over the controls and KPIs in force, as hex."""
    results_digest: str
    """SHA-256 over all verdicts and rows, as hex."""
    ran: frozenset[str] = frozenset()
    """Ids of the controls that ran; the others rest on what they came to before."""
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Control → parameter → value, of those that the home sets otherwise."""


def judge(ctx: Context, tx: Writer, now: datetime) -> Judgement:
    """Judge what the writer holds, for the moment `now`.

    Raises:
        ConfigError: a control, a KPI or the exposure priors cannot be used.
    """
    _describe_assets(ctx, tx, now)
    enrich(tx, ctx.settings.sla, now)
    project_ledger(ctx, tx, now)
    price(ctx, tx, now)
    controls = controls_in_force(ctx.paths, ctx.settings.context.name)
    kpis = kpis_in_force(ctx.paths)
    known = states(tx)
    results, ran = _judge_controls(tx, controls, known, now)
    readings = _measure_kpis(tx, kpis, known, now)
    for name in ("judging_thin_kpis", "judging_thin_exposure"):
        tx.execute(sql("services", name), before=now - FINE_HISTORY)
    policy = sha256(f"{digest(controls)} {catalogue.digest(kpis)}".encode()).hexdigest()
    otherwise = {
        control.id: {name: control.params[name] for name in control.why_set}
        for control in controls
        if control.why_set
    }
    return Judgement(tx.generation, results, readings, policy, _digest(results), ran, otherwise)


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
                **({"overrides": judgement.overrides} if judgement.overrides else {}),
            },
        )
    except LedgerError as error:
        return error.message
    return ""


def _describe_assets(ctx: Context, tx: Writer, now: datetime) -> None:
    rows = ((a.name, a.kind, a.domain, a.owner, a.environment, a.tier) for a in ctx.settings.assets)
    tx.stage("described_asset", TABLES["described_asset"], rows)
    tx.execute(sql("services", "judging_assets"), now=now, rev=tx.generation)


def _judge_controls(
    tx: Writer, controls: tuple[Control, ...], table_states: Mapping[str, str], now: datetime
) -> tuple[tuple[Standing, ...], frozenset[str]]:
    """Run the controls that are due; return how all stand, and the ids of those that ran."""
    before = {past.control_id: past for past in _standings(tx)}
    ages = newest(tx, now)
    wanted = due(controls, before, table_states, now)
    chosen = [control for control in controls if control.id in wanted]
    results = {result.control_id: result for result in evaluate(tx, chosen, now, ages)}
    standings = tuple(
        standing(control, results[control.id], table_states, _rows_digest(results[control.id]))
        if control.id in results
        else kept(before[control.id], outdated(control.inputs, ages, now))
        for control in controls
    )
    tx.stage(
        "kept_control",
        TABLES["kept_control"],
        [(control.id,) for control in controls if control.id not in results],
    )
    tx.execute(sql("services", "judging_clear_controls"))
    tx.execute(sql("services", "judging_clear_control_rows"))
    pairs = zip(controls, standings, strict=True)
    tx.append("control", (_control_row(control, each) for control, each in pairs))
    tx.append("control_row", (row for result in results.values() for row in _rows(result)))
    return standings, wanted


def _standings(tx: Writer) -> Iterator[Standing]:
    for row in tx.records(sql("services", "judging_standings")):
        yield Standing(**{**row, "verdict": Verdict(row["verdict"])})


def _control_row(control: Control, each: Standing) -> dict[str, Any]:
    return {
        "id": control.id,
        "title": control.title,
        "pillar": control.pillar.value,
        "severity": int(control.severity),
        "frameworks": json.dumps({name: list(refs) for name, refs in control.frameworks.items()}),
        "verdict": each.verdict.value,
        "message": each.message,
        "passed": each.passed,
        "failed": each.failed,
        "at": each.at,
        "digest": each.digest,
        "inputs": each.inputs,
        "rows_digest": each.rows_digest,
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


def _measure_kpis(
    tx: Writer, kpis: tuple[catalogue.Kpi, ...], table_states: Mapping[str, str], now: datetime
) -> tuple[KpiReading, ...]:
    """Measure the KPIs that are due, and keep what each rests on."""
    rows = tx.rows(sql("services", "judging_kpi_bases"))
    before = {id_: Basis(digest_, inputs, at) for id_, digest_, inputs, at in rows}
    bases: dict[str, Basis] = {}
    wanted = []
    for kpi in kpis:
        basis = Basis(catalogue.digest([kpi]), inputs_of(kpi.inputs, table_states), now)
        past = before.get(kpi.id)
        if past is not None and past.still_holds(basis, asks_for_time=True):
            bases[kpi.id] = past
        else:
            bases[kpi.id] = basis
            wanted.append(kpi)
    readings = measure(tx, wanted, now)
    tx.execute(sql("services", "judging_clear_kpis"))
    tx.append("kpi", (_definition(n, kpi, bases[kpi.id]) for n, kpi in enumerate(kpis)))
    tx.append("kpi_reading", (_kpi_row(reading) for reading in readings))
    return readings


def _definition(ordinal: int, kpi: catalogue.Kpi, basis: Basis) -> dict[str, Any]:
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
        "digest": basis.digest,
        "inputs": basis.inputs,
        "measured_at": basis.at,
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


def _rows_digest(result: ControlResult) -> str:
    """Return the SHA-256 over what a control said of every resource."""
    state = sha256()
    for row in result.rows:
        line = json.dumps([row.resource, row.status.value, row.reason])
        state.update(f"{line}\n".encode())
    return state.hexdigest()


def _digest(standings: Iterable[Standing]) -> str:
    """Return the SHA-256 over the verdicts of all controls and what they rest on."""
    lines = (f"{each.control_id} {each.verdict.value} {each.rows_digest}\n" for each in standings)
    return sha256("".join(sorted(lines)).encode()).hexdigest()
