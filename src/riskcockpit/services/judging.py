"""Judges a generation before it is published, in this order: what is known from elsewhere,
decisions, money, controls, KPIs.

Called inside every publish, so that no generation is ever seen unjudged. What it came to goes into
the ledger afterwards (`record_evaluation`), because an entry names the generation it is about.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from riskcockpit.controls.incremental import (
    Basis,
    Standing,
    due,
    inputs_of,
    standing,
    states,
)
from riskcockpit.controls.pack import Control, digest
from riskcockpit.controls.run import evaluate, newest
from riskcockpit.decisions.project import Projection, stands_otherwise
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.control import ControlResult, ControlRow, RowStatus, Verdict
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.kpi import KpiReading
from riskcockpit.errors import LedgerError
from riskcockpit.ingest.changes import judge_changes
from riskcockpit.ingest.deployments import settle_deployments
from riskcockpit.kpis import catalogue
from riskcockpit.kpis.compute import measure
from riskcockpit.services.chains import settle_chains
from riskcockpit.services.context import Context
from riskcockpit.services.enriching import enrich
from riskcockpit.services.house import policy_of
from riskcockpit.services.invalid import invalid_rows
from riskcockpit.services.policy import controls_in_force, invalid_controls, kpis_in_force
from riskcockpit.services.pricing import price
from riskcockpit.services.projection import project_ledger
from riskcockpit.services.staging import TABLES
from riskcockpit.services.verdicts import verdicts_of
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
    projection = settle(ctx, tx, now)
    controls = controls_in_force(ctx.paths, ctx.settings.context.name)
    kpis = kpis_in_force(ctx.paths)
    known = states(tx)
    broken = invalid_rows(tx, invalid_controls(ctx.paths), now)
    standings, ran, digest_ = _judge_controls(tx, controls, known, now, broken)
    if stands_otherwise(projection, verdicts_of(tx)):
        settle(ctx, tx, now)
    readings = _measure_kpis(tx, kpis, known, now)
    for name in ("judging_thin_kpis", "judging_thin_exposure"):
        tx.execute(sql("services", name), before=now - FINE_HISTORY)
    policy = sha256(f"{digest(controls)} {catalogue.digest(kpis)}".encode()).hexdigest()
    otherwise = {
        control.id: {name: control.params[name] for name in control.why_set}
        for control in controls
        if control.why_set
    }
    return Judgement(tx.generation, standings, readings, policy, digest_, ran, otherwise)


def settle(ctx: Context, tx: Writer, now: datetime) -> Projection:
    """Put on the findings what is known from elsewhere, what was decided, and what they may cost.

    Returns what the ledger means; which controls hold is taken from their latest verdicts.

    Raises:
        ConfigError: the exposure priors cannot be used.
    """
    _describe_assets(ctx, tx, now)
    enrich(tx, ctx.settings.sla, now)
    projection = project_ledger(ctx, tx, now)
    settle_deployments(tx)
    settle_chains(tx, now)
    judge_changes(tx, now, policy_of(ctx))
    price(ctx, tx, now)
    return projection


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
    tx: Writer,
    controls: tuple[Control, ...],
    table_states: Mapping[str, str],
    now: datetime,
    broken: Sequence[Mapping[str, Any]],
) -> tuple[tuple[Standing, ...], frozenset[str], str]:
    """Run the controls that are due; return how all stand, which ran, and the digest of results."""
    before = {past.control_id: past for past in _standings(tx)}
    ages = newest(tx, now)
    wanted = due(controls, before, table_states, ages, now)
    chosen = [control for control in controls if control.id in wanted]
    results = {result.control_id: result for result in evaluate(tx, chosen, now, ages)}
    standings = tuple(
        standing(control, results[control.id], table_states)
        if control.id in results
        else before[control.id]
        for control in controls
    )
    kept = [control.id for control in controls if control.id not in results]
    _write(tx, controls, standings, results.values(), kept)
    tx.append("control", broken)
    rows = _kept_rows(tx)
    spoken = [
        (
            each.control_id,
            each.verdict,
            results[each.control_id].rows
            if each.control_id in results
            else rows.get(each.control_id, ()),
        )
        for each in standings
    ]
    unread = [(str(row["id"]), Verdict.CONFIG_INVALID, ()) for row in broken]
    return standings, wanted, _digest([*spoken, *unread])


def write_controls(
    tx: Writer, controls: Iterable[Control], results: Iterable[ControlResult]
) -> None:
    """Put what the controls came to in place of what they came to before."""
    table_states = states(tx)
    by_id = {result.control_id: result for result in results}
    chosen = tuple(controls)
    standings = tuple(standing(each, by_id[each.id], table_states) for each in chosen)
    _write(tx, chosen, standings, by_id.values(), ())


def _write(
    tx: Writer,
    controls: Iterable[Control],
    standings: Iterable[Standing],
    results: Iterable[ControlResult],
    kept: Iterable[str],
) -> None:
    tx.stage("kept_control", TABLES["kept_control"], [(control_id,) for control_id in kept])
    tx.execute(sql("services", "judging_clear_controls"))
    tx.execute(sql("services", "judging_clear_control_rows"))
    pairs = zip(controls, standings, strict=True)
    tx.append("control", (_control_row(control, each) for control, each in pairs))
    tx.append("control_row", (row for result in results for row in _rows(result)))


def _kept_rows(tx: Writer) -> dict[str, list[ControlRow]]:
    """Return the rows of the controls that did not run, in their order."""
    found: dict[str, list[ControlRow]] = {}
    for control_id, resource, status, reason in tx.rows(sql("services", "judging_kept_rows")):
        row = ControlRow(resource, RowStatus(status), reason)
        found.setdefault(control_id, []).append(row)
    return found


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
        "message": reading.message or None,
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


def _digest(results: Iterable[tuple[str, Verdict, Iterable[ControlRow]]]) -> str:
    """Return the SHA-256 over the transcript, as hex."""
    state = sha256()
    for line in transcript(results):
        state.update(line)
    return state.hexdigest()
