"""Key to paint in the findings table at 1,000,000 rows: p95 in ms, and bytes per scroll step.

    python -m bench.scroll [--rows 1000000] [--limit-ms 50] [--limit-bytes 20000]

The real cockpit over a real cache of generated findings, in a pseudo-terminal of 160x48. Key to
paint is the time from the key to the end of the first frame; the preview beside the table follows
when the cursor rests, and counts in the bytes. Exit code 1 when a limit is passed; the time is
only worth quoting from an idle machine.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "tests")]

from bench.world import AS_OF, make_world  # noqa: E402 - as above
from support.pty import Screen  # noqa: E402 - after the path is set

QUIET_SECONDS = 0.15
FRAME_SECONDS = 0.015
OPEN = f"""
import sys
from datetime import datetime
from pathlib import Path
from riskcockpit.config.paths import Paths
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.services.context import Context
from riskcockpit.tui.launch import run
clock = FrozenClock(datetime.fromisoformat("{AS_OF.isoformat()}"))
sys.exit(run(Context.open(Paths.under(Path(sys.argv[1])), clock)))
"""


def press(screen: Screen, key: bytes) -> tuple[float, int]:
    """Return milliseconds to the end of the first frame, and the bytes of it and what follows."""
    started = time.perf_counter()
    os.write(screen.master, key)
    painted, size = started, 0
    is_first = True
    while select.select([screen.master], [], [], QUIET_SECONDS)[0]:
        now = time.perf_counter()
        is_first = is_first and (size == 0 or now - painted < FRAME_SECONDS)
        chunk = screen.read_some()
        if not chunk:
            break
        size += len(chunk)
        if is_first:
            painted = time.perf_counter()
    return (painted - started) * 1000, size


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--limit-ms", type=float, default=50)
    parser.add_argument("--limit-bytes", type=int, default=20_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        make_world(Path(home) / "cache", options.rows)
        return measure(home, options)


def measure(home: str, options: argparse.Namespace) -> int:
    env = {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", OPEN, home]
    with Screen(command, columns=160, rows=48, env=env) as screen:
        screen.wait_for("Sources", 60)
        screen.press("f")
        screen.wait_for("column severity", 60)
        screen.read(1.0)  # the preview and the neighbour page
        failures = 0
        for name, key, count in (
            ("cursor down", b"j", 200),
            ("half page", b"\x04", 60),
            ("page down", b"\x1b[6~", 60),
        ):
            taken = [press(screen, key) for _ in range(count)]
            p95 = quantiles([ms for ms, _ in taken], n=20)[-1]
            most = max(size for _, size in taken)
            failures += p95 > options.limit_ms or most > options.limit_bytes
            print(
                f"{name:<12} p95 {p95:6.1f} ms   median {median(ms for ms, _ in taken):6.1f} ms   "
                f"bytes median {median(size for _, size in taken):>7,.0f}   most {most:>7,}"
            )
        milliseconds, size = press(screen, b"G")
        print(f"{'last row':<12}     {milliseconds:6.1f} ms   bytes {size:,}")
        screen.press("q")
        screen.press("q")
        screen.end()
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
