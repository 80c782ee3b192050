"""A first sync and an unchanged second one: `python -m bench.syncing [ALERTS [LATENCY_MS]]`.

Against a paged upstream of its own on loopback. What the second one costs is told as a share of
the first, in CPU seconds; it may rewrite no row. The wall time of the first is told as a share of
a bare loop over the same pages, which shows who waits for whom.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.insert(0, str(TESTS))  # the upstream is shared with the tests

from riskcockpit.config.paths import Paths  # noqa: E402
from riskcockpit.config.settings import Settings, SourceSettings  # noqa: E402
from riskcockpit.connectors import registry  # noqa: E402
from riskcockpit.connectors.api import SourceSpec  # noqa: E402
from riskcockpit.connectors.http import HttpClient  # noqa: E402
from riskcockpit.domain.clock import FrozenClock  # noqa: E402
from riskcockpit.services.context import Context  # noqa: E402
from riskcockpit.services.sync import sync  # noqa: E402
from riskcockpit.store.snapshots import Store  # noqa: E402
from support import paged  # noqa: E402
from support.caches import NOW, statement  # noqa: E402

ALERTS = 100_000
SECOND_LIMIT = 0.05
"""What an unchanged second sync may cost of the first, in CPU seconds."""


def main(alerts: int = ALERTS, latency_ms: float = 0.0) -> int:
    """Measure and print; 1 when a limit is missed."""
    registry.load = paged.load
    with upstream(alerts, latency_ms) as url, tempfile.TemporaryDirectory() as home:
        ctx = context(Path(home), url)
        first = measured(ctx)
        before = rows(ctx)
        second = measured(ctx)
        rewritten = len(set(rows(ctx)) - set(before))
        bare = bare_loop(url)
    share = second.cpu / first.cpu
    print(f"{alerts:,} alerts, {first.pages} pages, {latency_ms:g} ms latency")
    print(f"{'first sync':<32} {first.cpu:>8.2f} CPU s  {first.wall:>8.2f} s")
    print(f"{'bare loop over its pages':<32} {bare.cpu:>8.2f} CPU s  {bare.wall:>8.2f} s")
    print(f"{'second sync, nothing changed':<32} {second.cpu:>8.2f} CPU s  {second.wall:>8.2f} s")
    print(f"second of first {share:.1%} (limit {SECOND_LIMIT:.0%}), rows rewritten: {rewritten}")
    print(f"bare loop of first, wall {bare.wall / first.wall:.0%}")
    is_kept = share <= SECOND_LIMIT and rewritten == 0
    print("kept" if is_kept else "MISSED")
    return int(not is_kept)


class Cost:
    """What one run cost."""

    def __init__(self, cpu: float, wall: float, pages: int = 0) -> None:
        self.cpu = cpu
        self.wall = wall
        self.pages = pages


@contextlib.contextmanager
def upstream(alerts: int, latency_ms: float) -> Iterator[str]:
    """Run the paged upstream as a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "support.paged", str(alerts), str(latency_ms)],
        cwd=TESTS,
        env={"PYTHONPATH": ":".join([str(TESTS), *sys.path])},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate("")


def context(home: Path, url: str) -> Context:
    """Return a home with the upstream as its one source, without limits of requests."""
    paths, clock = Paths.under(home), FrozenClock(NOW)
    rates: dict[str, Any] = {}
    source = SourceSettings(name="scm", kind="paged", url=url, rates=rates)
    return Context(Settings(sources=(source,)), paths, clock, Store(paths.cache, clock), "")


def measured(ctx: Context) -> Cost:
    """Sync and say what it cost this process."""
    cpu, wall = time.process_time(), time.perf_counter()
    outcome = sync(ctx).sources[0]
    if outcome.state != "ok":
        raise SystemExit(f"the sync is {outcome.state}: {outcome.message}")
    return Cost(time.process_time() - cpu, time.perf_counter() - wall, outcome.pages)


def bare_loop(url: str) -> Cost:
    """Read all pages and do nothing with them."""
    http = HttpClient.of(SourceSpec("bare", url), FrozenClock(NOW), None)
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in http.pages("/alerts", paged.AlertPage):
        pass
    http.close()
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


def rows(ctx: Context) -> list[tuple[Any, ...]]:
    """Return which publish wrote each finding and each reading last.

    Not of models: a registry is read in full each time, and its rows say when it was seen.
    """
    findings = statement("SELECT id, rev FROM finding")
    readings = statement('SELECT "at", rev FROM reading')
    with ctx.store.reader() as reader:
        return [*reader.rows(findings), *reader.rows(readings)]


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
