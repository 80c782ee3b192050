"""Filters and facets over 1,000,000 findings: what a keystroke in the list costs.

    python -m bench.querying [FINDINGS]

A filter is a query nobody asked before: how many it finds, and the first page of them in their
order. A refresh of the facets counts the values of every field in what the query finds. Both in CPU
milliseconds of all threads, on a reader that is open and warm. What is put off until somebody goes
there, the order of all the rest, is printed as well: a filter with a page in the middle.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from bench.world import AS_OF, make_world
from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings
from riskcockpit.services.context import Context
from riskcockpit.services.findings import MAX_AGE, FindingReader

FINDINGS = 1_000_000
RUNS = 20
PAGE_ROWS = 50
FILTER_LIMIT_MS = 60.0
"""For the filter at the 95th percentile of all runs of all queries."""
FACETS_LIMIT_MS = 120.0
"""For the same of the facets."""
FIELDS = (
    "severity:critical",
    "severity>=high state:open",
    "state:open tool:trivy pillar:model_validation",
    "asset:asset-17 -state:fixed",
    "overdue severity>=high",
    "cve:CVE-2020-1234",
    "kev age<90d",
    "exposure>=40000 sort:-exposure",
)
TEXTS = ("lodash", "text:module", "title:query rule:*117*")
"""They read every title and description there is; the same limits, counted apart."""


class Leaping:
    """A clock on which every answer is too old to be given again."""

    def __init__(self) -> None:
        self._at = AS_OF

    def now(self) -> datetime:
        """Return a later moment each time."""
        self._at += MAX_AGE
        return self._at


def main(count: int = FINDINGS) -> int:
    """Measure a world of `count` findings; 1 when a limit is missed."""
    with tempfile.TemporaryDirectory() as home:
        paths = Paths.under(Path(home))
        store = make_world(paths.cache, count)
        reader = FindingReader(Context(Settings(), paths, Leaping(), store, ""))
        kept = []
        for kind, queries in (("fields", FIELDS), ("text", TEXTS)):
            filters = measured("filter", queries, lambda query: first_page(reader, query))
            measured("middle", queries, lambda query: middle_page(reader, query))
            facets = measured("facets", queries, reader.facets)
            kept.append(told(f"filter by {kind}", filters, FILTER_LIMIT_MS))
            kept.append(told(f"facets by {kind}", facets, FACETS_LIMIT_MS))
        reader.close()
    return int(not all(kept))


def first_page(reader: FindingReader, query: str) -> int:
    """Open a query and draw its first page; return how many it finds."""
    found = reader.open(query)
    reader.page(found, 0, PAGE_ROWS)
    return found.total


def middle_page(reader: FindingReader, query: str) -> int:
    """Open a query and draw a page in the middle of it; return how many it finds."""
    found = reader.open(query)
    reader.page(found, 0, PAGE_ROWS)
    reader.page(found, found.total // 2, PAGE_ROWS)
    return found.total


def measured(what: str, queries: Sequence[str], ask: Callable[[str], object]) -> list[float]:
    """Return the CPU milliseconds of all runs of `ask`, and print those of each query."""
    spent: list[float] = []
    for query in queries:
        times, answer = [], ask(query)  # the first one warms up
        for _ in range(RUNS):
            start = time.process_time()
            answer = ask(query)
            times.append((time.process_time() - start) * 1000)
        total = f" {answer:>9,} found" if isinstance(answer, int) else ""
        print(f"{what} {query:<48} {statistics.median(times):7.1f} ms{total}", flush=True)
        spent += times
    return spent


def told(what: str, times: list[float], limit: float) -> bool:
    """Print the 95th percentile with its limit and return whether it is kept."""
    worst = statistics.quantiles(times, n=20)[-1]
    word = "kept" if worst <= limit else "MISSED"
    print(
        f"{what}: p95 {worst:.1f} ms, median {statistics.median(times):.1f}; limit {limit} {word}"
    )
    return worst <= limit


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
