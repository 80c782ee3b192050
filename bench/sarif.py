"""Reading 100,000 SARIF results against `json.load` of the same file: at most 1x CPU, 450 MB."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

RESULTS = 100_000
RUNS = 3
RATIO_LIMIT = 1.0
MEMORY_LIMIT_MB = 450
GENERATOR = Path(__file__).resolve().parents[2] / "shared" / "tools" / "gen_sarif.py"
WORDS = [
    "account",
    "balance",
    "transfer",
    "customer",
    "request",
    "response",
    "handler",
    "queue",
    "report",
    "ledger",
]

READ = """
import resource, sys
from riskcockpit.domain.redaction import Redactor
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.registry import read_report
content = open(sys.argv[1], "rb").read()
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
redactor = Redactor(b"bench")
before = cpu()
report = read_report(content, ReadOptions(redact=redactor, secret_digest=redactor.digest))
scale = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6
print(cpu() - before, peak, len(report.scans[0].observations))
"""
PEER = """
import json, resource, sys
def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
before = cpu()
document = json.load(open(sys.argv[1], "rb"))
scale = 1 if sys.platform == "darwin" else 1024
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6
print(cpu() - before, peak, len(document["runs"][0]["results"]))
"""


def make_log(path: Path) -> None:
    """Write a log with the shared load generator, or a plainer one of our own without it."""
    if GENERATOR.is_file():
        command = [sys.executable, str(GENERATOR), "--results", str(RESULTS), "--out", str(path)]
        subprocess.run(command, check=True)
        return
    rules = [
        {"id": f"rule-{n}", "properties": {"security-severity": str(n % 10)}} for n in range(400)
    ]
    results = [one_result(number) for number in range(RESULTS)]
    run = {"tool": {"driver": {"name": "Bench", "rules": rules}}, "results": results}
    path.write_text(json.dumps({"version": "2.1.0", "runs": [run]}), encoding="utf-8")


def one_result(number: int) -> dict[str, object]:
    """Return one result of about 800 bytes."""
    words = " ".join(WORDS[(number + step) % len(WORDS)] for step in range(40))
    place = {
        "artifactLocation": {"uri": f"services/{WORDS[number % 10]}/src/File{number // 25}.java"},
        "region": {"startLine": number % 2400 + 1, "startColumn": 4, "snippet": {"text": words}},
    }
    return {
        "ruleId": f"rule-{number % 400}",
        "ruleIndex": number % 400,
        "level": "warning",
        "message": {"text": f"Value from {WORDS[number % 10]} flows to {WORDS[number % 7]}"},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"primaryLocationLineHash": f"{number * 2654435761:016x}:1"},
        "codeFlows": [{"threadFlows": [{"locations": [{"location": {"physicalLocation": place}}]}]}]
        if number % 8 == 0
        else [],
    }


def measure(program: str, path: Path) -> tuple[float, float, int]:
    """Return CPU seconds, peak memory in MB and results of `program` in a fresh process."""
    command = [sys.executable, "-c", program, str(path)]
    cpu, peak, count = subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout.split()
    return float(cpu), float(peak), int(count)


def main() -> int:
    """Measure both in turn, print medians and the ratio; 1 when a limit is missed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.sarif"
        make_log(path)
        pairs = [(measure(READ, path), measure(PEER, path)) for _ in range(RUNS)]
        size = path.stat().st_size / 1e6
    ours = statistics.median(mine[0] for mine, _ in pairs)
    peer = statistics.median(other[0] for _, other in pairs)
    peak = max(mine[1] for mine, _ in pairs)
    print(f"read   {RESULTS:,} results, {size:.0f} MB: {ours:.2f} CPU s, peak {peak:.0f} MB")
    print(f"json   {peer:.2f} CPU s, peak {max(other[1] for _, other in pairs):.0f} MB")
    kept = ours <= RATIO_LIMIT * peer and peak <= MEMORY_LIMIT_MB
    print(f"ratio  {ours / peer:.2f} (limit {RATIO_LIMIT}) {'kept' if kept else 'MISSED'}")
    return int(not kept)


if __name__ == "__main__":
    sys.exit(main())
