"""Publishing, listing and paging findings, as ratios: `python -m bench.publish [FINDINGS]`.

Publishing is measured against a plain copy and fsync of the same bytes, reading against one count
of all findings by severity and state. Absolute times depend on the machine, ratios hardly do.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from bench.world import AS_OF, make_world, statement
from riskcockpit.config.paths import Paths
from riskcockpit.config.settings import Settings
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.services.context import Context
from riskcockpit.services.findings import FindingReader
from riskcockpit.store.keys import Keys
from riskcockpit.store.query.compiler import compile_query
from riskcockpit.store.query.parser import parse_query
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import Sql

FINDINGS = 1_000_000
RUNS = 5
PUBLISH_LIMIT = 4.0
"""How many times a plain copy and fsync a publish may take."""
QUERIES = ("", "sort:-exposure", "severity>=high state:open", "lodash", 'text~"module 9[0-9]+"')
COUNTED = Sql("counted", "SELECT severity, state, count(*) FROM finding GROUP BY ALL")


def main(count: int = FINDINGS) -> int:
    """Measure a world of `count` findings and print two tables; 1 when the limit is missed."""
    with tempfile.TemporaryDirectory() as home:
        paths = Paths.under(Path(home))
        store = make_world(paths.cache, count)
        size = published(store).stat().st_size / 1e6
        print(f"DuckDB {duckdb.__version__}, {count:,} findings, {size:.0f} MB")
        copied = best(lambda: copy_and_sync(published(store), store.directory / "copy.bench"))
        changed = best(lambda: change(store))
        show("copy and fsync of the same bytes", copied, copied)
        show("publish of 100 changed findings", changed, copied)
        print()
        measure_reads(Context(Settings(), paths, FrozenClock(AS_OF), store, ""))
    ratio = changed / copied
    print(f"\npublish ratio {ratio:.2f}, limit {PUBLISH_LIMIT:.1f}: ", end="")
    print("kept" if ratio <= PUBLISH_LIMIT else "MISSED")
    return int(ratio > PUBLISH_LIMIT)


def published(store: Store) -> Path:
    """Return the file of the published generation."""
    return store.directory / f"{store.generation():06d}.duckdb"


def copy_and_sync(source: Path, target: Path) -> None:
    """Copy a file and wait until it is on the disk: what no publish of it can beat."""
    target.unlink(missing_ok=True)
    with source.open("rb") as old, target.open("wb") as new:
        os.copy_file_range(old.fileno(), new.fileno(), source.stat().st_size)
        os.fsync(new.fileno())


def change(store: Store) -> None:
    """Publish a small change."""
    with store.writer() as tx:
        tx.execute(statement("world_change"), rev=tx.generation)


def measure_reads(ctx: Context) -> None:
    """Measure key lists, pages, facets and one finding on a reader that is open and warm."""
    reader = FindingReader(ctx)
    listed = reader.open()
    middle = listed.total // 2
    id_ = reader.ids(limit=1)[0]
    with ctx.store.reader() as plain:
        counted = best(lambda: plain.rows(COUNTED))
        show("count all by severity and state", counted, counted)

        def build(query: str) -> None:
            keys = Keys(plain, compile_query(parse_query(query), AS_OF))
            keys.rows(keys.total // 2, 50)
            keys.drop()

        for query in QUERIES:
            show(f"list of {query!r} and its middle", best(lambda: build(query)), counted)  # noqa: B023 - runs now
    show("page of 50 in the middle", best(lambda: reader.page(listed, middle, 50)), counted)
    show("page of 200 in the middle", best(lambda: reader.page(listed, middle, 200)), counted)
    show("facets of all", best(reader.facets), counted)
    show("one finding in full", best(lambda: reader.show(id_)), counted)
    reader.close()
    show("open a generation", best(lambda: ctx.store.reader().close()), counted)


def best(work: Callable[[], object]) -> float:
    """Return the seconds of the fastest of some runs."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def show(name: str, seconds: float, yardstick: float) -> None:
    """Print a row of the table."""
    print(f"{name:<44} {seconds * 1000:>9.1f} ms {seconds / yardstick:>7.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
