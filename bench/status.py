"""`riskcockpit status` over 100,000 findings against a bare `import duckdb`: at most 2x the CPU.

The home is one that is used: settings in a file, a published and judged generation. Both programs
run from bytecode, as every installed program does, wherever the environment keeps it or not.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.world import environment, statement
from riskcockpit.config.paths import Paths
from riskcockpit.services.context import Context
from riskcockpit.services.judging import judge

FINDINGS = 100_000
RUNS = 7
LIMIT = 2.0
SETTINGS = """
context: {name: bench}
sources:
  - {name: registry, kind: mlflow, url: "http://127.0.0.1:5000"}
  - {name: reports, kind: files, options: {path: reports}}
"""


def make_home(home: Path) -> None:
    """Publish a judged generation under settings of its own."""
    paths = Paths.under(home)
    paths.config.mkdir(parents=True)
    paths.settings.write_text(SETTINGS, encoding="utf-8")
    ctx = Context.open(paths)
    now = ctx.clock.now()
    with ctx.store.writer() as tx:
        tx.execute(statement("world_findings"), count=FINDINGS, as_of=now, rev=tx.generation)
        tx.execute(statement("world_descriptions"))
        judge(ctx, tx, now)


def cpu_seconds(command: list[str], home: Path) -> float:
    """CPU seconds of one run of `command`, user and system, children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        env=environment(home),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def main() -> int:
    """Measure both in turn and compare the medians."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        make_home(home)
        ours = [sys.executable, "-m", "riskcockpit", "status"]
        peer = [sys.executable, "-c", "import duckdb"]
        cpu_seconds(ours, home), cpu_seconds(peer, home)  # warm the file cache and the bytecode
        times = [(cpu_seconds(ours, home), cpu_seconds(peer, home)) for _ in range(RUNS)]
    status, bare = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = status / bare
    print(f"status at {FINDINGS:,} findings  {1000 * status:7.0f} ms CPU")
    print(f"python -c 'import duckdb'        {1000 * bare:7.0f} ms CPU")
    print(f"ratio {ratio:.2f}, limit {LIMIT:.1f}: {'kept' if ratio <= LIMIT else 'MISSED'}")
    return int(ratio > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
