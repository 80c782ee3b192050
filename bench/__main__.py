"""Run every measurement, one after the other: `python -m bench [NAME…]`.

Each prints ratios measured in one run against a peer or a limit, and says whether it keeps it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOT_MEASUREMENTS = {"__main__", "__init__", "cpu", "github_world", "world"}


def main() -> int:
    """Run the named measurements, all by default; 1 when one of them misses its limit."""
    known = sorted(p.stem for p in HERE.glob("*.py") if p.stem not in NOT_MEASUREMENTS)
    wanted = sys.argv[1:] or known
    if unknown := set(wanted) - set(known):
        print(f"error: no such measurement: {', '.join(sorted(unknown))}", file=sys.stderr)
        print(f"hint: known: {', '.join(known)}", file=sys.stderr)
        return 2
    missed = []
    for name in wanted:
        print(f"== {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=HERE.parent, check=False)
        if done.returncode:
            missed.append(name)
        print(flush=True)
    if missed:
        print(f"missed: {', '.join(missed)}")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
