"""A second scan of 1,000,000 findings, 5 % of them replaced and 20 % moved: at most 4 CPU seconds.

    python -m bench.reconcile [FINDINGS]

That is what it takes to recognise them, to apply what is there and to close what is gone. Making
keys and staging rows, which grows with the report and not with the cache, is printed beside it.
"""

from __future__ import annotations

import gc
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.world import AS_OF
from riskcockpit.config.settings import ClosureSettings
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.finding import FindingClass, Observation, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.sheet import Columns, Sheet
from riskcockpit.ingest import pipeline
from riskcockpit.ingest.policy import IngestPolicy, ScopeSpec
from riskcockpit.store.snapshots import Store

FINDINGS = 1_000_000
LIMIT_SECONDS = 4.0
CHURN = 20
"""One of so many is replaced."""
MOVES = 5
"""One of so many is on another line."""
RULES = 400
ABOUT = [f"What rule {number} is about." for number in range(RULES)]
PIECE = 20_000
"""Rows that are made at a time."""
MEMORY_LIMIT_MB = 1_200
"""For both scans, their rows in memory included."""
STAGES = ("identify", "stage_scan", "recognise", "apply_presence", "apply_absence", "_correlate")
RECONCILING = STAGES[2:]


def kinds(sheet: Sheet) -> list[int]:
    """Return the kinds of faults there are, by the remainder of a fault's number."""
    plain = Observation(FindingClass.CODE, "bench", "", "", Severity.INFO, "")
    return [
        sheet.kind_of(replace(plain, rule=f"rule-{n % RULES}", severity=Severity(n % 5)))
        for n in range(RULES * 5)
    ]


def scan(count: int, *, is_second: bool) -> Scan:
    """Return one of two scans; the second shows other faults in the place of some.

    Its rows are columns, as a reader of a long report fills them, and forgotten once stored.
    """
    sheet = Sheet("runs[0].results")
    of_kind = kinds(sheet)
    for start in range(0, count, PIECE):
        numbers = range(start, min(start + PIECE, count))
        told = [
            number + count if is_second and number % CHURN == 0 else number for number in numbers
        ]
        moved = [7 if is_second and number % MOVES == 1 else 0 for number in numbers]
        nothing: list[None] = [None] * len(told)
        rows = Columns(
            kind=[of_kind[n % len(of_kind)] for n in told],
            titles=[f"Value {n % 2000} flows to a query" for n in told],
            descriptions=[ABOUT[n % RULES] for n in told],
            paths=[f"src/module_{n % 977}/file_{n // 25}.py" for n in told],
            lines=[n % 2000 + further + 1 for n, further in zip(numbers, moved, strict=True)],
            columns=nothing,
            end_lines=nothing,
            snippets=[""] * len(told),
            places={},
            claims=[(("primaryLocationLineHash", f"{n * 2654435761:016x}:1"),) for n in told],
            raws=[b""] * len(told),
            ordinals=numbers,
        )
        sheet.extend(rows, 0, len(told))
    sheet.is_disposable = True
    rules = frozenset(f"rule-{number}" for number in range(RULES))
    at = AS_OF + timedelta(hours=1 if is_second else 0)
    return Scan("bench", sheet, scanned_at=at, is_successful=True, rules=rules)


def timed(spent: dict[str, float], name: str) -> Callable[..., Any]:
    """Return the stage `name` of the pipeline, which adds to `spent` what it costs."""
    stage: Callable[..., Any] = getattr(pipeline, name)

    def run(*arguments: Any, **named: Any) -> Any:
        start = time.process_time()
        try:
            return stage(*arguments, **named)
        finally:
            spent[name] = spent.get(name, 0.0) + time.process_time() - start

    return run


def main(count: int = FINDINGS) -> int:
    """Ingest both scans, print what the second costs; 1 when the limit is missed."""
    gc.disable()
    spent: dict[str, float] = {}
    scope = ScopeSpec("bank", "bench", "bench", "first", "bench", "first", accepts_held=True)
    policy = IngestPolicy(closure=ClosureSettings())
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), FrozenClock(AS_OF))
        with store.writer() as tx:
            pipeline.ingest(tx, scan(count, is_second=False), scope, policy, AS_OF)
        second = scan(count, is_second=True)
        for name in STAGES:
            setattr(pipeline, name, timed(spent, name))
        now = AS_OF + timedelta(hours=2)
        start = time.process_time()
        with store.writer() as tx:
            again = replace(scope, document="second", content_hash="second")
            counts = pipeline.ingest(tx, second, again, policy, now).counts
        whole = time.process_time() - start
    for name in STAGES:
        print(f"{name.strip('_'):<16} {spent[name]:6.2f} CPU s")
    reconciled = sum(spent[name] for name in RECONCILING)
    scale = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6
    print(f"whole change     {whole:6.2f} CPU s with its publish, peak {peak:.0f} MB")
    print(
        f"{count:,} results: {counts.new:,} new, {counts.moved:,} moved, {counts.fixed:,} fixed, "
        f"{counts.unchanged:,} unchanged"
    )
    is_kept = reconciled <= LIMIT_SECONDS
    print(f"reconciled {reconciled:.2f} CPU s, limit {LIMIT_SECONDS}: ", end="")
    print("kept" if is_kept else "MISSED")
    is_small = peak <= MEMORY_LIMIT_MB
    print(f"peak {peak:.0f} MB, limit {MEMORY_LIMIT_MB}: {'kept' if is_small else 'MISSED'}")
    return int(not (is_kept and is_small))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
