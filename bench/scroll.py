"""Key to paint in the findings table at 1,000,000 rows: p95 in ms, and bytes per scroll step.

    python -m bench.scroll [--rows 1000000] [--pages 300] [--limit-ms 50] [--limit-bytes 20000]

The real cockpit over a real cache of generated findings, in a pseudo-terminal of 160x48. Key to
paint is the time from the key to the end of the first frame, and the CPU time the whole process
took in it; `step` is the CPU time until it is quiet again, pages fetched ahead and the preview
beside the table included, and so are the bytes.

Then the way of somebody who looks for the end: the key of a page is held, 30 times a second, from
the top down, then the last row, and the same way up again from there. At the end the cockpit must
stay silent, and must not have grown beyond its limit. With `--pages 0` the way down is all pages
there are: some minutes. Exit code 1 when a limit is passed, by either time; wall time is only
worth quoting from an idle machine.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "tests")]

from bench.cpu import cpu_seconds, resident_megabytes  # noqa: E402 - as above
from bench.world import AS_OF, make_world  # noqa: E402 - as above
from support.pty import Screen  # noqa: E402 - after the path is set

QUIET_SECONDS = 0.15
ANSWER_SECONDS = 2.0
"""The longest wait for the first byte: on a loaded machine no frame counts for the next key."""
RESTING_CPU_SECONDS = 0.005
"""What who does nothing more may use in a while of quiet: his pulse."""
FRAME_SECONDS = 0.015
HELD_SECONDS = 1 / 30
"""Between the keys of one that is held, as keyboards do it."""
MOST_MEGABYTES = 150
PAGE_ROWS = 43
IDLE_SECONDS = 5.0
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


@dataclass(frozen=True, slots=True)
class Step:
    """What one key cost."""

    wall_ms: float
    """To the end of the first frame."""
    cpu_ms: float
    """Of the whole process, to the end of the first frame."""
    step_ms: float
    """CPU of the whole process until it was quiet again."""
    size: int
    """Bytes of everything it painted."""


def press(screen: Screen, key: bytes) -> Step:
    """Press a key and wait until nothing is painted any more, and nobody works on it."""
    process = screen.process.pid
    before, started = cpu_seconds(process), time.perf_counter()
    os.write(screen.master, key)
    painted, spent, size = started, before, 0
    is_first, rested = True, before
    while True:
        if not select.select([screen.master], [], [], QUIET_SECONDS if size else ANSWER_SECONDS)[0]:
            since, rested = rested, cpu_seconds(process)
            if rested - since < RESTING_CPU_SECONDS:
                break
            continue  # the rest of it would count for the next key
        now = time.perf_counter()
        is_first = is_first and (size == 0 or now - painted < FRAME_SECONDS)
        if is_first:
            painted, spent = now, cpu_seconds(process)
        size += len(os.read(screen.master, 65_536))  # drawing it here would take longer
    whole = cpu_seconds(process) - before
    return Step((painted - started) * 1000, (spent - before) * 1000, whole * 1000, size)


@dataclass(frozen=True, slots=True)
class Held:
    """What a key cost that was held, for each time it was sent."""

    cpu_ms: float
    size: float
    """Bytes, those painted after the last one included."""


def hold(screen: Screen, key: bytes, count: int) -> Held:
    """Send a key again and again, as a keyboard does, and wait until nothing is painted."""
    process = screen.process.pid
    before, size, sent = cpu_seconds(process), 0, 0
    due = time.perf_counter()
    while sent < count:
        wait = max(0.0, due - time.perf_counter())
        if select.select([screen.master], [], [], wait)[0]:
            size += len(os.read(screen.master, 65_536))
        if time.perf_counter() >= due:
            os.write(screen.master, key)
            sent, due = sent + 1, due + HELD_SECONDS
    while select.select([screen.master], [], [], ANSWER_SECONDS)[0]:
        size += len(os.read(screen.master, 65_536))
    return Held((cpu_seconds(process) - before) * 1000 / count, size / count)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=300, help="of the way; 0: all")
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
        screen.wait_for("exposure ↓", 60)
        screen.read(1.0)  # the preview and the neighbour page
        failures = 0
        for name, key, count in (
            ("cursor down", b"j", 200),
            ("half page", b"\x04", 60),
            ("page down", b"\x1b[6~", 60),
        ):
            failures += report(name, [press(screen, key) for _ in range(count)], options)
        last = press(screen, b"G")
        print(f"last row     {last.wall_ms:.1f} ms, {last.cpu_ms:.1f} ms CPU, {last.size:,} bytes")
        screen.read(1.0)  # its page
        failures += way(screen, options.pages or options.rows // PAGE_ROWS)
        idle = len(screen.read(IDLE_SECONDS))
        print(f"idle         {idle:,} bytes in {IDLE_SECONDS:.0f} s")
        failures += idle > 0
        screen.press("q")
        screen.press("q")
        screen.end()
    return 1 if failures else 0


def way(screen: Screen, pages: int) -> bool:
    """Print what the way to the end and back costs; return whether memory passes its limit."""
    screen.press("g", 1.0)
    for name, key in (("down, held", b"\x1b[6~"), ("up, held", b"\x1b[5~")):
        taken = hold(screen, key, pages)
        print(
            f"{name:<12} {pages:,} pages, each {taken.cpu_ms:.1f} ms CPU, {taken.size:,.0f} bytes; "
            f"{resident_megabytes(screen.process.pid):.0f} MB resident"
        )
        last = press(screen, b"G")
        print(f"end          {last.cpu_ms:.1f} ms CPU, {last.size:,} bytes")
        screen.read(1.0)
    screen.read(3.0)  # what was freed is given back within a second
    megabytes = resident_megabytes(screen.process.pid)
    print(f"memory       {megabytes:.0f} MB resident (limit {MOST_MEGABYTES})")
    return megabytes > MOST_MEGABYTES


def report(name: str, taken: list[Step], options: argparse.Namespace) -> bool:
    """Print what a key costs and return whether it passes a limit."""
    wall, cpu = p95(step.wall_ms for step in taken), p95(step.cpu_ms for step in taken)
    most = max(step.size for step in taken)
    print(
        f"{name:<12} p95 {wall:6.1f} ms wall {cpu:6.1f} ms CPU   "
        f"median {median(step.wall_ms for step in taken):6.1f} wall "
        f"{median(step.cpu_ms for step in taken):6.1f} CPU "
        f"{median(step.step_ms for step in taken):6.1f} step   "
        f"bytes median {median(step.size for step in taken):>7,.0f}   most {most:>7,}"
    )
    return bool(max(wall, cpu) > options.limit_ms or most > options.limit_bytes)


def p95(values: Iterable[float]) -> float:
    """Return the value that nineteen of twenty do not exceed."""
    return quantiles(values, n=20)[-1]


if __name__ == "__main__":
    sys.exit(main())
