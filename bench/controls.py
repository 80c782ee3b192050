"""All controls and KPIs over a bank's worth of rows: what judging costs, and what of it is ours.

    python -m bench.controls [FINDINGS]

1,000,000 findings, 2,000 models with 90 days of readings. In CPU seconds of all threads: judging
everything; judging again after a publish that touched one source (a monitor); and the same SQL run
bare on a read-only connection of DuckDB, for the ratio.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb

from bench.world import AS_OF, make_world, statement
from riskcockpit.config.paths import shipped
from riskcockpit.controls.incremental import Standing, due, inputs_of, standing, states
from riskcockpit.controls.pack import AS_OF as MOMENT
from riskcockpit.controls.pack import Control, load
from riskcockpit.controls.run import evaluate, newest
from riskcockpit.kpis import catalogue
from riskcockpit.kpis.compute import measure
from riskcockpit.store.database import Reader
from riskcockpit.store.snapshots import Store

FINDINGS = 1_000_000
MODELS, DAYS = 2_000, 90
RUNS = 3
FULL_LIMIT, AGAIN_LIMIT, RATIO_LIMIT = 3.0, 0.5, 1.3
LATER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Policy:
    """What is judged."""

    controls: tuple[Control, ...]
    kpis: tuple[catalogue.Kpi, ...]


def main(count: int = FINDINGS) -> int:
    """Measure a world of `count` findings; 1 when a limit is missed."""
    policy = Policy(load(shipped("config", "controls")), catalogue.load())
    with tempfile.TemporaryDirectory() as directory:
        store = bank(Path(directory), count)
        with store.reader() as reader:
            results = evaluate(reader, policy.controls, AS_OF)
            faults = [f"{r.control_id}: {r.message}" for r in results if r.verdict == "error"]
            full = best(lambda: whole(reader, policy))
            before = stand(reader, policy)
            past = {kpi.id: inputs_of(kpi.inputs, states(reader)) for kpi in policy.kpis}
        with duckdb.connect(str(newest_file(Path(directory))), read_only=True) as connection:
            bare = best(lambda: plain(connection, policy))
        with store.writer() as tx:
            tx.execute(statement("world_readings"), days=1, as_of=AS_OF + LATER, rev=tx.generation)
        with store.reader() as reader:
            ran = len(chosen(reader, policy, before))
            again = best(lambda: changed(reader, policy, before, past))
    for fault in faults:
        print(fault)
    print(f"{len(policy.controls)} controls, {len(policy.kpis)} KPIs, {count:,} findings")
    kept = [
        told("full", full, FULL_LIMIT, "CPU s"),
        told(f"after one source ({ran} controls ran)", again, AGAIN_LIMIT, "CPU s"),
        told("full against the bare SQL", full / bare, RATIO_LIMIT, "times"),
    ]
    return int(bool(faults) or not all(kept))


def bank(directory: Path, count: int) -> Store:
    """Publish the world and return its store."""
    store = make_world(directory, count)
    with store.writer() as tx:
        now = {"as_of": AS_OF, "rev": tx.generation}
        for name in ("world_scans", "world_assets"):
            tx.execute(statement(name), **now)
        tx.execute(statement("world_models"), count=MODELS, **now)
        for name in ("world_versions", "world_champions"):
            tx.execute(statement(name), **now)
        tx.execute(statement("world_readings"), days=DAYS, **now)
    return store


def newest_file(directory: Path) -> Path:
    """Return the file of the published generation."""
    return max(directory.glob("*.duckdb"))


def whole(reader: Reader, policy: Policy) -> None:
    """Judge everything."""
    evaluate(reader, policy.controls, AS_OF)
    measure(reader, policy.kpis, AS_OF)


def stand(reader: Reader, policy: Policy) -> dict[str, Standing]:
    """Return what every control came to, as a publish keeps it."""
    known = states(reader)
    results = evaluate(reader, policy.controls, AS_OF)
    pairs = zip(policy.controls, results, strict=True)
    return {control.id: standing(control, result, known) for control, result in pairs}


def chosen(reader: Reader, policy: Policy, before: dict[str, Standing]) -> list[Control]:
    """Return the controls that run again."""
    later = AS_OF + LATER
    wanted = due(policy.controls, before, states(reader), newest(reader, later), later)
    return [control for control in policy.controls if control.id in wanted]


def changed(
    reader: Reader, policy: Policy, before: dict[str, Standing], past: dict[str, str]
) -> None:
    """Judge what a publish judges after one source was read."""
    known, ages = states(reader), newest(reader, AS_OF + LATER)
    evaluate(reader, chosen(reader, policy, before), AS_OF + LATER, ages)
    wanted = [
        kpi
        for kpi in policy.kpis
        if inputs_of(kpi.inputs, known) != past[kpi.id] or not past[kpi.id]
    ]
    measure(reader, wanted, AS_OF + LATER)


def plain(connection: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Run the same SELECTs with nothing around them."""
    at = AS_OF.replace(tzinfo=None)
    for control in policy.controls:
        values = {n: v for n, v in control.params.items() if f"${n}" in control.sql}
        if f"${MOMENT}" in control.sql:
            values[MOMENT] = at  # type: ignore[assignment] # a moment is no scalar of YAML
        connection.execute(control.sql, values or None).fetchall()
    for kpi in policy.kpis:
        both = {"as_of": at, "since": at - kpi.window}
        connection.execute(
            kpi.sql, {n: v for n, v in both.items() if f"${n}" in kpi.sql} or None
        ).fetchall()


def best(work: Callable[[], None]) -> float:
    """Return the least CPU seconds of some runs."""
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def told(what: str, value: float, limit: float, unit: str) -> bool:
    """Print a number with its limit and return whether it is kept."""
    word = "kept" if value <= limit else "MISSED"
    print(f"{what}: {value:.2f} {unit}; limit {limit} {word}", flush=True)
    return value <= limit


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
