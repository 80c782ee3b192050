"""First frame of the cockpit against that of a bare Textual app: CPU seconds, in one run.

    python -m bench.first_frame [--runs 7] [--limit 1.6]

The cockpit's first frame is drawn before any data is there, so its gateway never answers here.
The whole command, settings and command line included, is printed beside it. Each program is
started in a pseudo-terminal and killed when its first frame with text is there; its own CPU time
up to then counts. Exit code 1 when the ratio is above the limit.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src"), str(ROOT / "tests")]

from bench.cpu import cpu_seconds  # noqa: E402 - after the path is set
from support.pty import Screen  # noqa: E402 - as above

BARE = """
from textual.app import App
from textual.widgets import Static
class Bare(App):
    def compose(self):
        yield Static("hello")
Bare().run()
"""
STUCK = """
import threading
from riskcockpit.tui.api import About
from riskcockpit.tui.launch import run_gateway
class Stuck:
    about = About("bench", False, "eng", "host")
    ended = threading.Event()
    def now(self):
        from datetime import UTC, datetime
        return datetime.now(UTC)
    def pulse(self):
        from riskcockpit.tui.api import Pulse
        return Pulse(0, 0)
    def posture(self):
        self.ended.wait()
    def interrupt(self):
        self.ended.set()
    def close(self):
        pass
run_gateway(Stuck())
"""


def first_frame(command: list[str], text: str) -> float:
    env = {
        "RISKCOCKPIT_HOME": "/nonexistent",
        "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests"))),
    }
    with Screen(command, columns=160, rows=48, env=env) as screen:
        screen.wait_for(text)
        return cpu_seconds(screen.process.pid)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--limit", type=float, default=1.6)
    options = parser.parse_args()
    bare, cockpit, command = [], [], []
    for _ in range(options.runs):
        bare.append(first_frame([sys.executable, "-c", BARE], "hello"))
        program = [sys.executable, "-c", STUCK]
        cockpit.append(first_frame(program, "Loading the overview"))
        whole = [sys.executable, "-m", "riskcockpit"]
        command.append(first_frame(whole, "overview"))
    ratio = median(cockpit) / median(bare)
    print(f"bare Textual app  {median(bare):.3f} s CPU (median of {options.runs})")
    print(f"cockpit           {median(cockpit):.3f} s CPU, first frame")
    print(f"whole command     {median(command):.3f} s CPU")
    print(f"ratio             {ratio:.2f} (limit {options.limit})")
    return 0 if ratio <= options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
