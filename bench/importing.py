"""`riskcockpit import` of 100,000 SARIF results against other ways to read the same file.

    python -m bench.importing

Counted is the CPU of a whole process from its start until the findings are published, so that they
can be queried; what it does afterwards is in the second number. Peers are whole processes, too:

- a typed msgspec decode of all that our reader reads of a log, rules and results, into the same
  structs, as anybody would write it. It does not keep the records. Python's cycle collector, which
  our reader stops, is a quarter of it.
- `sarif csv` of sarif-tools as its users call it, when a program `sarif` is on the path.

Then the same file is imported again, which changes nothing. ADR 11 says what the import must do
beside a decode, and what each of these steps costs at least.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.sarif import RESULTS, make_log
from bench.world import environment

RUNS = 3
CPU_LIMIT = 2.0
"""CPU seconds until the findings are published."""
DECODE_LIMIT = 2.5
"""How many times the bare decode an import may cost."""
SARIF_TOOLS_LIMIT = 0.25
"""How much of what sarif-tools takes to write CSV."""
AGAIN_LIMIT = 0.6
"""How much of the first import the second may cost."""
MEMORY_LIMIT_MB = 400
DECODE = """
import sys, msgspec
from riskcockpit.formats.sarif.model import Component, Result, Rule, Run, Struct, Tool
class TypedComponent(Component, kw_only=True):
    rules: list[Rule] | None = None
class TypedTool(Tool, kw_only=True):
    driver: TypedComponent | None = None
    extensions: list[TypedComponent] | None = None
class TypedRun(Run, kw_only=True):
    tool: TypedTool | None = None
    results: list[Result] | None = None
class TypedLog(Struct):
    runs: list[TypedRun]
    version: str | None = None
log = msgspec.json.decode(open(sys.argv[1], "rb").read(), type=TypedLog)
print(len(log.runs[0].results))
"""
IMPORT = """
import contextlib, resource, sys, time
from riskcockpit.cli.app import run
from riskcockpit.store.snapshots import Store
published, open_writer = [], Store.writer
@contextlib.contextmanager
def writer(self, **options):
    with open_writer(self, **options) as tx:
        yield tx
    published.append(time.process_time())
Store.writer = writer
sys.argv = ["riskcockpit", "import", sys.argv[1], "--asset", "bench", "--json"]
try:
    run()
finally:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print("MARKS", (published or [0.0])[0], peak, file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class Import:
    """What one import took."""

    whole: float
    """CPU seconds of the process."""
    published: float
    """Those of them until the first generation was published; 0 when none was."""
    peak: float
    """MB."""


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


def imported(log: Path, home: Path) -> Import:
    """Return what one import of `log` takes."""
    whole, said = cpu_seconds([sys.executable, "-c", IMPORT, str(log)], home)
    published, peak = said.rpartition("MARKS ")[2].split()
    scale = 1 if sys.platform == "darwin" else 1024
    return Import(whole, float(published), int(peak) * scale / 1e6)


def main() -> int:
    """Measure all in turn and compare medians; 1 when a limit is missed."""
    program = shutil.which("sarif")
    decodes: list[float] = []
    tools: list[float] = []
    firsts: list[Import] = []
    agains: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.sarif"
        make_log(log)
        imported(log, Path(folder) / "warm")  # makes the bytecode
        for number in range(RUNS):
            home = Path(folder) / f"home{number}"
            decodes.append(cpu_seconds([sys.executable, "-c", DECODE, str(log)], home)[0])
            firsts.append(imported(log, home))
            agains.append(imported(log, home).whole)
            if program:
                out = str(Path(folder) / "out.csv")
                tools.append(cpu_seconds([program, "csv", "--output", out, str(log)], home)[0])
    decode, again = statistics.median(decodes), statistics.median(agains)
    whole = statistics.median(one.whole for one in firsts)
    first = statistics.median(one.published for one in firsts)
    peak = max(one.peak for one in firsts)
    print(f"import of {RESULTS:,} results published after {first:.2f} CPU s, done {whole:.2f}")
    kept = [
        told("CPU s, of the limit", first / CPU_LIMIT, 1.0, first),
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
