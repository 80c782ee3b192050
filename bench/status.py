"""`riskcockpit status` over 100,000 findings against a bare `import duckdb`: at most 2x the CPU."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.world import make_world

FINDINGS = 100_000
RUNS = 7
LIMIT = 2.0


def cpu_seconds(command: list[str], home: Path) -> float:
    """CPU seconds of one run of `command`, user and system, children included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        env={**os.environ, "RISKCOCKPIT_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


def main() -> int:
    """Measure both in turn and compare the medians."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        make_world(home / "cache", FINDINGS)
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
