"""An engineer's morning at the demo, in the real program on two terminals, and its recording."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path

import pytest

from support.pty import Screen

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[2]
PROGRAM = [sys.executable, "-m", "riskcockpit", "demo", "--still"]
WAIT = 45.0
WIDE, NARROW = (160, 48), (80, 24)


def demo(folder: Path, size: tuple[int, int], *more: str) -> Screen:
    env = {"PYTHONPATH": str(ROOT / "src"), "RISKCOCKPIT_HOME": str(folder / "own")}
    env["TMPDIR"] = str(folder)
    return Screen([*PROGRAM, *more], columns=size[0], rows=size[1], env=env)


def plain_ends(text: bytes) -> bytes:
    return text.replace(b"\r", b"")


def say(screen: Screen, keys: str, *wanted: str) -> None:
    """Press keys and wait until all that is wanted is on the screen."""
    os.write(screen.master, keys.encode())
    for text in wanted:
        screen.wait_for(text, WAIT)


def leave(screen: Screen) -> None:
    """Press esc; what follows at once would be read as one key with it."""
    screen.press("\x1b", 0.4)


def agree(screen: Screen, came_of_it: str) -> None:
    """Say yes to the preview that is seen; it takes no key in the first moment after others."""
    screen.wait_for("y signs it", WAIT)
    screen.read(1.5, 2.0)
    say(screen, "y", came_of_it)


def work(screen: Screen) -> None:
    """Open, look, filter, drill, waive three, approve one, roll back, verify, quit."""
    screen.wait_for("A bank in a box", WAIT)
    say(screen, "n", "fraud-scoring v7", "r roll back")
    say(screen, "2", "Controls that are not ok")
    say(screen, "0", "r roll back")
    say(screen, "f", "space mark")
    say(screen, "/", "enter apply")
    say(screen, "state:open asset:kyc-service severity:critical\r", "16 findings", "space mark")
    say(screen, "\r", "What it is")
    leave(screen)
    screen.wait_for("space mark", WAIT)
    say(screen, "gvjjv", "3 marked")
    say(screen, "w", "Waive 3 findings")
    say(screen, "the service is withdrawn this week", "until 20")
    say(screen, "\r")
    agree(screen, "Requested")
    say(screen, "0", "r roll back")
    say(screen, "jjj", "a approve")  # the third row is what was just asked for
    say(screen, "a", "13 findings")
    agree(screen, "Approved")
    say(screen, "0g", "r roll back")
    say(screen, "r", "version 6")
    agree(screen, "Done")
    say(screen, "l", "V verify now")
    say(screen, "V", "verif")
    leave(screen)
    say(screen, "\x11")


def test_a_morning_on_a_wide_terminal_is_recorded_and_played_again(tmp_path: Path) -> None:
    cast = tmp_path / "morning.cast"
    with demo(tmp_path, WIDE, "--record", str(cast)) as screen:
        work(screen)
        assert screen.end(WAIT) == 0
        assert screen.modes_left_on() == []
        assert screen.leaks() == set()
        assert "asciinema play" in screen.text
    assert (tmp_path / "own" / "state" / "tour-is-over").exists()
    assert stat.S_IMODE(cast.stat().st_mode) == 0o600
    first, *events = map(json.loads, cast.read_text(encoding="utf-8").splitlines())
    assert (first["version"], first["width"], first["height"]) == (2, *WIDE)
    times = [at for at, _, _ in events]
    assert times == sorted(times)
    assert {kind for _, kind, _ in events} == {"o"}
    painted = "".join(text for _, _, text in events).encode()
    # every byte, in order, and nothing else: a terminal ends its lines in its own way
    assert plain_ends(painted) in plain_ends(screen.raw)


def test_a_morning_on_a_narrow_terminal(tmp_path: Path) -> None:
    with demo(tmp_path, NARROW) as screen:
        work(screen)
        assert screen.end(WAIT) == 0
        assert screen.modes_left_on() == []
    assert [path.name for path in tmp_path.iterdir()] == ["own"]
