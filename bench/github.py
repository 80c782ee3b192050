"""A first and an unchanged sync of 100,000 alerts of a simulated GitHub at 20 ms latency.

    python -m bench.github

The simulator is a process of its own. The peer is a bare httpx loop over the same pages, which
decodes nothing; one reads after the other, in turn. Wall time is what the limit is about here: the
question is whether we or GitHub decide how long it takes. CPU seconds stand beside it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.gates import Rate
from riskcockpit.connectors.github.client import PAGE
from riskcockpit.connectors.github.connector import GithubConnector
from riskcockpit.connectors.links import parse_links
from riskcockpit.connectors.session import Session
from riskcockpit.connectors.validators import Validators
from riskcockpit.domain.clock import FrozenClock, parse_utc

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


class Reader:
    """Syncs as often as it is asked to, each time from where it stopped."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cursor = ""
        self.known = Validators()
        self.documents = 0

    def pull(self) -> int:
        """Pull, and return how many pages that took."""
        spec = SourceSpec(
            "bench",
            self.url,
            {"organization": "bank"},
            rates={"read": (Rate(burst=1_000_000),)},
            session=Session(validators=self.known, key=b"k" * 32),
        )
        connector = GithubConnector.build(spec, FrozenClock(UNTIL))
        pages = self.documents = 0
        for batch in connector.pull(self.cursor, UNTIL + timedelta(minutes=1)):
            self.documents += len(batch.items)
            pages += batch.coverage.pages
            self.cursor = batch.cursor
        connector.close()
        self.known = Validators(self.known.kept())
        return pages


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
        reader = Reader(url)
        firsts.append(measured(reader.pull))
        given = reader.documents
        reader.pull()  # learns the ETags of the order by change
        agains.append(measured(reader.pull))
        if reader.documents or given < REPOSITORIES * len(ALERTS):
            print(f"wrong: {given} documents at first, {reader.documents} again")
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
