"""`riskcockpit gate` beyond reading the reports: under a second of CPU.

What is subtracted is a process that starts the same interpreter and reads the same reports through
the same readers; what is left is the start, the cache in memory, the rules and the comparison.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from pathlib import Path

from bench.status import cpu_seconds

RESULTS = 5_000
RUNS = 5
LIMIT_SECONDS = 1.0
GATE = """
from riskcockpit.cli.app import run
try:
    run()
except SystemExit as ended:
    assert ended.code == 1
"""
READ = """
import sys
from pathlib import Path
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.registry import read_report
for name in sys.argv[1:]:
    read_report(Path(name).read_bytes(), ReadOptions())
"""


def report(added: int) -> bytes:
    """A SARIF report of `RESULTS` findings and some that only the change has."""
    results = [
        {
            "ruleId": f"R{n % 50}",
            "message": {"text": f"fault {n}"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": f"src/m{n % 400}.py"},
                        "region": {"startLine": n // 400 * 7 + 1},
                    }
                }
            ],
            "partialFingerprints": {"probe/v1": f"{n:032x}"},
        }
        for n in range(RESULTS + added)
    ]
    rules = [{"id": f"R{n}", "properties": {"security-severity": "7.5"}} for n in range(50)]
    run = {
        "tool": {"driver": {"name": "probe", "rules": rules}},
        "invocations": [{"executionSuccessful": True}],
        "results": results,
    }
    return json.dumps({"version": "2.1.0", "runs": [run]}).encode()


def main() -> int:
    """Measure both in turn and compare the medians."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        base, head = place / "base.sarif", place / "head.sarif"
        base.write_bytes(report(0))
        head.write_bytes(report(3))
        ours = [
            sys.executable, "-c",
            GATE,
            "gate", "--report", str(head), "--baseline", str(base),
        ]  # fmt: skip
        bare = [sys.executable, "-c", READ, str(base), str(head)]
        home = place / "home"
        cpu_seconds(ours, home), cpu_seconds(bare, home)  # warm the file cache and the bytecode
        times = [(cpu_seconds(ours, home), cpu_seconds(bare, home)) for _ in range(RUNS)]
    gate, reading = (statistics.median(column) for column in zip(*times, strict=True))
    beyond = gate - reading
    print(f"gate over 2 x {RESULTS:,} results  {1000 * gate:7.0f} ms CPU")
    print(f"reading them only            {1000 * reading:7.0f} ms CPU")
    is_kept = beyond <= LIMIT_SECONDS
    print(f"beyond: {beyond:.2f} s, limit {LIMIT_SECONDS}: {'kept' if is_kept else 'MISSED'}")
    return int(not is_kept)


if __name__ == "__main__":
    sys.exit(main())
