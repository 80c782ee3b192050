"""A first and an unchanged sync of 100,000 alerts of a simulated GitHub at 20 ms latency.

    python -m bench.github

The simulator is a process of its own. The peer is a bare httpx loop over the same pages, which
decodes nothing; ours is the whole sync: pulled, read, recognised, judged, published. One goes after
the other, in turn. Wall time is what the limit is about here: the question is whether we or GitHub
decide how long it takes. CPU seconds stand beside it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import RateSettings, Settings, SourceSettings
from riskcockpit.connectors.github.client import PAGE
from riskcockpit.connectors.links import parse_links
from riskcockpit.domain.clock import FrozenClock, parse_utc
from riskcockpit.services.context import Context
from riskcockpit.services.sync import sync
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import Sql

RUNS = 2
ALERTS = {"code-scanning": 60_000, "dependabot": 30_000, "secret-scanning": 10_000}
REPOSITORIES = 200
LATENCY_SECONDS = 0.02
EFFICIENCY = 0.85
"""Of the wall time of the bare loop over ours, at least."""
AGAIN_LIMIT = 0.05
"""How much of the first sync an unchanged one may take."""
UNTIL = parse_utc("2026-11-25T00:00:00Z")
_TESTS = Path(__file__).resolve().parent.parent / "tests"
SERVER = """
import sys, time
sys.path[:0] = [sys.argv[1], sys.argv[2]]
from bench.github_world import Vast
from support.sim_server import serving
from support.github_sim import GithubSim
sim = GithubSim(Vast())
sim.keeps = False
sim.remaining = 10**9
with serving(sim, float(sys.argv[3])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def measured(work: Callable[[], int]) -> tuple[float, float, int]:
    """Return wall and CPU seconds of `work`, and what it returns."""
    wall, cpu = time.perf_counter(), time.process_time()
    count = work()
    return time.perf_counter() - wall, time.process_time() - cpu, count


def bare(url: str) -> int:
    """Read all pages and look at nothing but the link to the next."""
    pages = 0
    with httpx.Client(trust_env=False) as client:
        for kind in ALERTS:
            query = f"per_page={PAGE}&sort=created&direction=asc&hide_secret=true"
            after = "&after=" if kind == "secret-scanning" else ""
            link = f"{url}/orgs/bank/{kind}/alerts?{query}{after}"
            while link:
                reply = client.get(link).raise_for_status()
                pages += 1
                link = parse_links(reply.headers.get("link", "")).get("next", "")
    return pages


def context(home: Path, url: str) -> Context:
    """Return a home with the simulator as its one source, without limits of requests."""
    rates = {"read": RateSettings(at_once=64, burst=1_000_000, per_second=1e6)}
    source = SourceSettings("github", "github", url, options={"organization": "bank"}, rates=rates)
    paths, clock = Paths.under(home), FrozenClock(UNTIL)
    return Context(Settings(sources=(source,)), paths, clock, Store(paths.cache, clock), "")


def synced(ctx: Context) -> int:
    """Sync, and return how many pages that took."""
    outcome = sync(ctx).sources[0]
    if outcome.state != "ok":
        raise SystemExit(f"the sync is {outcome.state}: {outcome.message}")
    return outcome.pages


def rows(ctx: Context) -> list[tuple[Any, ...]]:
    """Return which publish wrote each finding last."""
    with ctx.store.reader() as reader:
        return reader.rows(Sql("bench", "SELECT id, rev FROM finding ORDER BY id"))


def main() -> int:
    """Measure all in turn and compare medians; 1 when a limit is missed."""
    root = str(Path(__file__).resolve().parent.parent)
    command = [sys.executable, "-c", SERVER, root, str(_TESTS), str(LATENCY_SECONDS)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip() if server.stdout else ""
        return compared(url)
    finally:
        server.communicate()


def compared(url: str) -> int:
    """Measure against the simulator at `url`."""
    peers, firsts, agains = [], [], []
    for _ in range(RUNS):
        peers.append(measured(lambda: bare(url)))
        with tempfile.TemporaryDirectory() as home:
            ctx = context(Path(home), url)
            firsts.append(measured(partial(synced, ctx)))
            synced(ctx)  # learns the ETags of the order by change
            before = rows(ctx)
            agains.append(measured(partial(synced, ctx)))
            if len(before) != sum(ALERTS.values()) or rows(ctx) != before:
                print(f"wrong: {len(before)} findings, or an unchanged sync rewrote some")
                return 1
    peer, first, again = (
        statistics.median(run[0] for run in kind) for kind in (peers, firsts, agains)
    )
    print(f"{peers[0][2]} pages, {sum(ALERTS.values()):,} alerts, {LATENCY_SECONDS * 1000:.0f} ms")
    print(f"bare loop      {peer:6.2f} s, {statistics.median(r[1] for r in peers):5.2f} CPU s")
    print(f"first sync     {first:6.2f} s, {statistics.median(r[1] for r in firsts):5.2f} CPU s")
    print(f"unchanged sync {again:6.2f} s, {agains[0][2]} pages")
    kept = [
        told("of the wall time is the simulator's", peer / first, peer / first >= EFFICIENCY),
        told("of the first for the unchanged one", again / first, again / first <= AGAIN_LIMIT),
    ]
    return int(not all(kept))


def told(what: str, ratio: float, is_kept: bool) -> bool:
    """Print a ratio and return whether it is kept."""
    print(f"{ratio:6.1%} {what}: {'kept' if is_kept else 'MISSED'}", flush=True)
    return is_kept


if __name__ == "__main__":
    sys.exit(main())
