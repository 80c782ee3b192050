"""First frame of the cockpit against that of a bare Textual app: CPU seconds, in one run.

    python -m bench.first_frame [--runs 7] [--limit 1.6] [--peer harlequin=/elsewhere/bin/harlequin]

The cockpit's first frame is drawn before any data is there, so its gateway never answers here.
The whole command, settings and command line included, is printed beside it. Each program is
started in a pseudo-terminal and killed when its first frame with text is there; its own CPU time
up to then counts. So do harlequin and posting, where they are found: as the option says, else on
the path. They are no dependencies of ours; each wants a virtual environment of its own. Their homes
are empty ones, harlequin's database is in memory. Exit code 1 when the ratio is above the limit,
or when the whole command is not quicker than a peer that was found.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Peer:
    """Another full-screen program, and what its first frame with text says."""

    name: str
    text: str

    def command(self, given: dict[str, str]) -> tuple[str] | None:
        """Return how to start it; None when it is not found."""
        program = given.get(self.name) or shutil.which(self.name)
        return (program,) if program else None


PEERS = (
    Peer("harlequin", "Data Catalog"),
    Peer("posting", "Collection"),
)
Program = tuple[Sequence[str], str, dict[str, str]]
"""How to start a program, the text of its first frame, and its environment."""
OURS = {
    "RISKCOCKPIT_HOME": "/nonexistent",
    "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests"))),
}
VERSION = "from importlib.metadata import version; print(version({name!r}), version('textual'))"


def first_frame(command: Sequence[str], text: str, env: dict[str, str]) -> float:
    """Return the CPU seconds of a program until `text` is on its screen."""
    with Screen(command, columns=160, rows=48, env=env) as screen:
        screen.wait_for(text)
        return cpu_seconds(screen.process.pid)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--limit", type=float, default=1.6)
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PROGRAM")
    options = parser.parse_args()
    given = dict(each.split("=", 1) for each in options.peer)
    programs: dict[str, Program] = {
        "bare": ((sys.executable, "-c", BARE), "hello", OURS),
        "cockpit": ((sys.executable, "-c", STUCK), "Loading the overview", OURS),
        "command": ((sys.executable, "-m", "riskcockpit"), "overview", OURS),
    }
    peers = {peer: command for peer in PEERS if (command := peer.command(given))}
    taken: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as home:
        for peer, command in peers.items():
            programs[peer.name] = (command, peer.text, {"HOME": home})
        for _ in range(options.runs):  # one after the other, so that load meets all alike
            for name, program in programs.items():
                try:
                    taken.setdefault(name, []).append(first_frame(*program))
                except AssertionError:
                    if program[2] is OURS:
                        raise
                    taken[name] = [math.nan] * options.runs
    spent = {name: median(seconds) for name, seconds in taken.items()}
    ratio = spent["cockpit"] / spent["bare"]
    print(f"bare Textual app  {spent['bare']:.3f} s CPU (median of {options.runs})")
    print(f"cockpit           {spent['cockpit']:.3f} s CPU, first frame")
    print(f"whole command     {spent['command']:.3f} s CPU")
    print(f"ratio             {ratio:.2f} (limit {options.limit})")
    is_slower = [compare(peer, peers.get(peer), spent) for peer in PEERS]
    return int(ratio > options.limit or any(is_slower))


def compare(peer: Peer, command: Sequence[str] | None, spent: dict[str, float]) -> bool:
    """Print how a peer does; return whether the whole command is not quicker than it."""
    if command is None:
        print(f"{peer.name:<17} not found, not compared")
        return False
    if math.isnan(spent[peer.name]):
        print(f"{peer.name:<17} drew no frame, not compared: {version(peer, command[0])}")
        return False
    share = spent["command"] / spent[peer.name]
    print(
        f"{peer.name:<17} {spent[peer.name]:.3f} s CPU, {version(peer, command[0])}; "
        f"the whole command takes {share:.2f} of it (limit 1)"
    )
    return share >= 1


def version(peer: Peer, program: str) -> str:
    """Return the versions of a peer and of its Textual, as its own environment says."""
    python = Path(program).resolve().with_name("python")
    if not python.exists():
        return "version unknown"
    asked = [str(python), "-c", VERSION.format(name=peer.name)]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    return f"version {said[0]} on Textual {said[1]}" if len(said) == 2 else "version unknown"


if __name__ == "__main__":
    sys.exit(main())
