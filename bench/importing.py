"""`riskcockpit import` of 100,000 SARIF results against other ways to read the same file.

    python -m bench.importing

The import is published and judged. Peers are a bare typed msgspec decode of the fields we need,
and `sarif csv` of sarif-tools when a program `sarif` is on the path. All are whole processes, in
CPU seconds; then the same file is imported again, which changes nothing.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.sarif import RESULTS, make_log
from bench.world import environment

RUNS = 3
DECODE_LIMIT = 2.5
"""How many times the bare decode an import may cost."""
SARIF_TOOLS_LIMIT = 0.25
"""How much of what sarif-tools takes to write CSV."""
AGAIN_LIMIT = 0.6
"""How much of the first import the second may cost."""
MEMORY_LIMIT_MB = 400
DECODE = """
import sys, msgspec
from riskcockpit.formats.sarif.model import Result, Struct
class Run(Struct):
    results: list[Result]
class Log(Struct):
    runs: list[Run]
print(len(msgspec.json.decode(open(sys.argv[1], "rb").read(), type=Log).runs[0].results))
"""
IMPORT = """
import resource, sys
sys.argv = ["riskcockpit", "import", sys.argv[1], "--asset", "bench", "--json"]
from riskcockpit.cli.app import run
try:
    run()
finally:
    print("PEAK", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def cpu_seconds(command: list[str], home: Path) -> tuple[float, str]:
    """Return the CPU seconds of a process, user and system, and what it says on stderr."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, env=environment(home), check=True, text=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return spent, done.stderr


def imported(log: Path, home: Path) -> tuple[float, float]:
    """Return CPU seconds and peak memory in MB of one import."""
    spent, said = cpu_seconds([sys.executable, "-c", IMPORT, str(log)], home)
    scale = 1 if sys.platform == "darwin" else 1024
    return spent, int(said.rpartition("PEAK ")[2]) * scale / 1e6


def main() -> int:
    """Measure all in turn and compare medians; 1 when a limit is missed."""
    program = shutil.which("sarif")
    decodes, firsts, agains, tools, peaks = [], [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.sarif"
        make_log(log)
        imported(log, Path(folder) / "warm")  # makes the bytecode
        for number in range(RUNS):
            home = Path(folder) / f"home{number}"
            decodes.append(cpu_seconds([sys.executable, "-c", DECODE, str(log)], home)[0])
            first, peak = imported(log, home)
            firsts.append(first)
            peaks.append(peak)
            agains.append(imported(log, home)[0])
            if program:
                out = str(Path(folder) / "out.csv")
                tools.append(cpu_seconds([program, "csv", "--output", out, str(log)], home)[0])
    first, again, decode = map(statistics.median, (firsts, agains, decodes))
    peak = max(peaks)
    print(f"import of {RESULTS:,} results  {first:5.2f} CPU s, peak {peak:.0f} MB")
    kept = [
        told("of a bare typed decode", first / decode, DECODE_LIMIT, decode),
        told("of it, the same again", again / first, AGAIN_LIMIT, again),
        told("MB peak, of the limit", peak / MEMORY_LIMIT_MB, 1.0, peak),
    ]
    if tools:
        other = statistics.median(tools)
        kept.append(told("of `sarif csv`", first / other, SARIF_TOOLS_LIMIT, other))
    return int(not all(kept))


def told(what: str, ratio: float, limit: float, value: float) -> bool:
    """Print a ratio with its limit and return whether it is kept."""
    word = "kept" if ratio <= limit else "MISSED"
    print(f"{ratio:5.2f}x {what:<24} ({value:.2f}; limit {limit}) {word}", flush=True)
    return ratio <= limit


if __name__ == "__main__":
    sys.exit(main())
