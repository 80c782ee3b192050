"""A whole import of 100,000 SARIF results, as a ratio to `json.load` of the same file.

Measured in fresh processes: reading, ingest and publish, without judging. What a whole command
costs, and the same file again, is in `bench.importing`.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.sarif import PEER, make_log

RUNS = 3
INGEST_LIMIT = 1.2
"""Ingest and publish may cost so many times `json.load`."""
MEMORY_LIMIT_MB = 650
IMPORT = """
import json, resource, sys, time, types
from pathlib import Path
judging = types.ModuleType("riskcockpit.services.judging")
judging.judge = lambda *_: None
judging.record_evaluation = lambda *_: ""
sys.modules["riskcockpit.services.judging"] = judging
from riskcockpit.config.paths import Paths
from riskcockpit.services.context import Context
from riskcockpit.services.importing import ImportOptions, import_reports
marks = []
tell = lambda text: marks.append((text.split()[0], time.process_time()))
context = Context.open(Paths.under(Path(sys.argv[2])))
report = import_reports(context, [Path(sys.argv[1])], ImportOptions(asset="bench"), tell)
done = time.process_time()
at = dict(reversed(marks))
scale = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6
print(json.dumps({
    "read": at["importing"] - at["reading"], "ingest": done - at["importing"], "total": done,
    "peak": peak, "new": report.totals.new, "unchanged": report.totals.unchanged,
}))
"""


def run(code: str, *arguments: str) -> str:
    """Run `code` in a fresh interpreter and return what it prints."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> int:
    """Measure, print and judge."""
    peers, firsts = [], []
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log.sarif"
        make_log(log)
        for number in range(RUNS):
            home = str(Path(directory) / f"home{number}")
            peers.append(float(run(PEER, str(log)).split()[0]))
            firsts.append(json.loads(run(IMPORT, str(log), home)))
    peer = statistics.median(peers)
    ingest = statistics.median(one["ingest"] for one in firsts)
    peak = statistics.median(one["peak"] for one in firsts)
    for row in firsts:
        print({key: round(value, 2) for key, value in row.items()})
    print(f"json.load {peer:.2f} s CPU, peak {peak:.0f} MB")
    print(f"ingest    {ingest:.2f} s CPU ({ingest / peer:.2f}x, limit {INGEST_LIMIT})")
    return int(ingest > INGEST_LIMIT * peer or peak > MEMORY_LIMIT_MB)


if __name__ == "__main__":
    raise SystemExit(main())
