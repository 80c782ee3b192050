"""The cockpit at 1,000,000 findings, idle, and while 100,000 findings come in.

    python -m bench.cockpit [--rows 1000000] [--alerts 100000] [--idle 60]

In a pseudo-terminal of 160x48 in true colour: bytes of a step of the cursor, alone, and with the
preview beside it while the key is held (30 times a second, with what is painted when it rests);
a filter from Enter to its first rows; memory, all that is resident, three seconds after
the last key. Then the demo, frozen: bytes and CPU while nobody does anything. Then the
event loop of a cockpit whose cache another process fills: the longest it was busy between two beats
of a heart, in CPU time of its thread, because on a loaded machine a late beat says nothing of us;
the latest beat is printed beside it. Exit code 1 when a limit is passed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "tests")]

from bench.cpu import (  # noqa: E402 - after the path is set
    cpu_seconds,
    private_megabytes,
    resident_megabytes,
)
from bench.scroll import OPEN, hold, p95, press  # noqa: E402 - as above
from bench.world import make_world  # noqa: E402 - as above
from riskcockpit.config.paths import Paths  # noqa: E402 - as above
from riskcockpit.services.context import Context  # noqa: E402 - as above
from riskcockpit.tui.app import Cockpit  # noqa: E402 - as above
from riskcockpit.tui.gateway import Gateway  # noqa: E402 - as above
from support.pty import Screen  # noqa: E402 - as above

MOST_CURSOR_BYTES = 1_000
MOST_FILTER_MS = 150
MOST_MEGABYTES = 150
MOST_BUSY_MS = 50
MOST_IDLE_SHARE = 0.005
BEAT_SECONDS = 0.005
SETTLE_SECONDS = 3.0
QUERIES = (
    "severity:high", "severity:low", "severity>=high", "state:triage", "age>30d", "age<20d",
    "title:a", "severity:critical age>10d", "kev", "severity:medium",
)  # fmt: skip
SYNC = """
import sys, contextlib
from pathlib import Path
from bench.syncing import context, upstream
from riskcockpit.connectors import registry
from riskcockpit.services.sync import sync
from support import paged
registry.load = paged.load
with upstream(int(sys.argv[2]), 0.0) as url:
    print(sync(context(Path(sys.argv[1]), url)).sources[0].state)
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--idle", type=float, default=60)
    options = parser.parse_args()
    missed = 0
    if options.rows:
        with tempfile.TemporaryDirectory() as home:
            make_world(Path(home) / "cache", options.rows)
            missed += large(home)
    if options.idle:
        missed += idle(options.idle)
    if options.alerts:
        with tempfile.TemporaryDirectory() as home:
            missed += busy(home, options.alerts)
    return int(missed > 0)


def large(home: str) -> int:
    env = {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", OPEN, home]
    with Screen(command, columns=160, rows=48, env=env) as screen:
        screen.wait_for("Sources", 60)
        screen.press("f")
        screen.wait_for("exposure ↓", 60)
        screen.read(1.0)
        held = hold(screen, b"j", 20).size
        beside = cursor_bytes(screen)
        screen.press("p", 1.0)
        alone = cursor_bytes(screen)
        screen.press("p", SETTLE_SECONDS)
        opened = memory(screen)
        filters = [filtered(screen, query) for query in QUERIES]
        screen.read(SETTLE_SECONDS)
        after = memory(screen)
        screen.press("\x11")
        screen.end()
    wall, cpu = p95(wall for wall, _ in filters), p95(cpu for _, cpu in filters)
    print(
        f"cursor step  {alone:,} bytes, {held:,.0f} with the preview beside a key that is held "
        f"(limit {MOST_CURSOR_BYTES:,}), {beside:,} with the preview at each"
    )
    print(f"filter       p95 {wall:.0f} ms wall, {cpu:.0f} ms CPU (limit {MOST_FILTER_MS})")
    for name, (whole, private) in (("memory", opened), ("filtered", after)):
        print(
            f"{name:<12} {whole:.0f} MB resident (limit {MOST_MEGABYTES}), {private:.0f} MB of it "
            f"its own"
        )
    return (
        (max(alone, held) > MOST_CURSOR_BYTES)
        + (min(wall, cpu) > MOST_FILTER_MS)
        + (max(opened[0], after[0]) > MOST_MEGABYTES)
    )


def cursor_bytes(screen: Screen) -> int:
    """Return the most bytes of a step of the cursor that does not move the page."""
    steps = sorted(press(screen, b"j").size for _ in range(30))
    return steps[len(steps) * 9 // 10 - 1]


def filtered(screen: Screen, query: str) -> tuple[float, float]:
    """Return milliseconds from Enter to the first rows of `query`: of the wall, of CPU."""
    screen.press("/", 0.3)
    screen.press("\x01\x0b" + query, 0.5)  # the line is emptied first
    process = screen.process.pid
    started, before, seen = time.perf_counter(), cpu_seconds(process), len(screen.raw)
    os.write(screen.master, b"\r")
    while len(screen.raw) - seen < 2_000:  # rows, not only the line they were asked on
        screen.read_some()
    took = (time.perf_counter() - started) * 1000, (cpu_seconds(process) - before) * 1000
    screen.read(0.5)
    return took


def memory(screen: Screen) -> tuple[float, float]:
    """Return the memory of a program in MB: all that is resident, and what nobody shares."""
    process = screen.process.pid
    return resident_megabytes(process), private_megabytes(process)


def idle(seconds: float) -> int:
    with tempfile.TemporaryDirectory() as home:
        env = {"PYTHONPATH": str(ROOT / "src"), "RISKCOCKPIT_HOME": home, "TMPDIR": home}
        command = [sys.executable, "-m", "riskcockpit", "demo", "--still"]
        with Screen(command, columns=160, rows=48, env=env) as screen:
            screen.wait_for("Tour", 120)
            screen.press("n")
            screen.wait_for("fraud-scoring v7", 60)
            screen.read(3.0)
            before = cpu_seconds(screen.process.pid)
            started, size = time.monotonic(), len(screen.raw)
            while time.monotonic() - started < seconds:
                screen.read(seconds, seconds - (time.monotonic() - started))
            spent = cpu_seconds(screen.process.pid) - before
            written = len(screen.raw) - size
            screen.press("\x11")
            screen.end(30)
    share = spent / seconds
    print(
        f"idle         {written:,} bytes, {share:.1%} CPU in {seconds:.0f} s "
        f"(limit {MOST_IDLE_SHARE:.1%})"
    )
    return (written > 0) + (share > MOST_IDLE_SHARE)


def busy(home: str, alerts: int) -> int:
    make_world(Path(home) / "cache", 1)
    busiest = latest = 0.0

    async def watch() -> str:
        nonlocal busiest, latest
        app = Cockpit(Gateway(Context.open(Paths.under(Path(home)))))
        async with app.run_test(size=(160, 48)) as pilot:
            await pilot.press("f")
            await pilot.pause(1.0)
            path = os.pathsep.join((str(ROOT), str(ROOT / "src"), str(ROOT / "tests")))
            filling = subprocess.Popen(
                [sys.executable, "-c", SYNC, home, str(alerts)],
                env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            settled = 0.0
            while settled < 3.0:  # after the end the new rows are drawn
                used, at = time.thread_time(), time.monotonic()
                await asyncio.sleep(BEAT_SECONDS)
                busiest = max(busiest, time.thread_time() - used)
                latest = max(latest, time.monotonic() - at - BEAT_SECONDS)
                settled += BEAT_SECONDS if filling.poll() is not None else 0.0
            assert filling.stdout is not None
            return filling.stdout.read().split()[-1]

    state = asyncio.run(watch())
    print(
        f"heartbeat    busy {busiest * 1000:.0f} ms at most (limit {MOST_BUSY_MS}), latest beat "
        f"{latest * 1000:.0f} ms, while a sync of {alerts:,} ended {state or 'in failure'}"
    )
    return (busiest * 1000 > MOST_BUSY_MS) + (state != "ok")


if __name__ == "__main__":
    sys.exit(main())
