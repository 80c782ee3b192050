"""Signals and crashes leave the terminal in order and wait for nobody."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from support.pty import Screen, children, cockpit

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)],
)
def test_a_signal_ends_the_cockpit_and_interrupts_its_questions(
    number: signal.Signals, code: int
) -> None:
    with cockpit("stuck") as screen:
        screen.wait_for("Loading")
        screen.signal(number)
        assert screen.end(5) == code
        assert screen.modes_left_on() == []


def test_a_lost_connection_leaves_no_process_behind() -> None:
    with cockpit() as screen:
        screen.wait_for("Needs you now")
        screen.hang_up()
        assert screen.end(5) == 129


def test_quitting_leaves_nothing_switched_on() -> None:
    with cockpit() as screen:
        screen.wait_for("Needs you now")
        screen.press("f")
        screen.press("q")
        screen.press("q")
        assert screen.end() == 0
        assert screen.modes_left_on() == []


def test_ctrl_q_quits_from_anywhere_also_behind_bytes_that_are_no_text() -> None:
    with cockpit() as screen:
        screen.wait_for("Needs you now")
        screen.press("f")
        screen.press("/")
        screen.press(b"\xff\xc3(")
        assert "\ufffd\ufffd(" in screen.text
        screen.press("\x11")
        assert screen.end() == 0


def test_a_crash_in_a_worker_is_a_drawn_state_and_the_terminal_is_in_order_at_the_end() -> None:
    with cockpit("broken") as screen:
        screen.wait_for("It failed")
        screen.press("\x1b", 0.5)
        screen.press("f")  # the next screen asks as well, and fails as well
        screen.wait_for("It failed")
        assert screen.process.poll() is None
        screen.press("\x11")
        assert screen.end() == 0
        assert screen.modes_left_on() == []
        assert "Traceback" not in screen.text


def test_when_the_cockpit_is_killed_its_guard_puts_the_terminal_in_order() -> None:
    with cockpit() as screen:
        screen.wait_for("Needs you now")
        os.kill(screen.guarded, signal.SIGKILL)
        assert screen.end(5) == 128 + signal.SIGKILL
        assert screen.modes_left_on() == []
        assert b"ended by SIGKILL; the terminal is in order again" in screen.raw


def test_a_cockpit_whose_guard_is_killed_leaves_in_order() -> None:
    with cockpit() as screen:
        screen.wait_for("Needs you now")
        child = screen.guarded
        screen.signal(signal.SIGKILL)
        assert screen.end(5) == -signal.SIGKILL
        end = time.monotonic() + 5
        while is_running(child) and time.monotonic() < end:
            screen.read(0.05, 0.1)
        screen.read(0.05, 0.1)
        assert not is_running(child)
        assert screen.modes_left_on() == []


def is_running(process: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except FileNotFoundError:
        return False


@pytest.mark.skipif(shutil.which("bash") is None, reason="no shell with job control")
def test_a_shell_suspends_the_cockpit_brings_it_back_and_gets_a_sane_terminal_after_a_kill() -> (
    None
):
    with in_shell() as shell:

        def after(keys: str, wanted: str) -> None:
            start = len(shell.raw)
            os.write(shell.master, keys.encode())
            for _ in range(60):
                shell.read(0.1, 0.3)
                if wanted.encode() in shell.raw[start:]:
                    return
            raise AssertionError(f"{wanted!r} is not in {shell.raw[start:][-800:]!r}")

        after("\x1a", "Stopped")
        assert shell.modes_left_on() in ([], ["paste"]), "the prompt's own is left"
        after("fg\n", "Needs you now")
        assert "alternate screen" in shell.modes_left_on()
        after("m", "fraud-scoring")
        guard = children(shell.process.pid)[0]
        os.kill(guard, signal.SIGTSTP)  # somebody else's `kill -TSTP`
        after("", "Stopped")
        after("fg\n", "fraud-scoring")
        os.kill(children(guard)[0], signal.SIGKILL)
        after("", "in order again")
        after("echo code=$?\n", "code=137")
        assert shell.modes_left_on() in ([], ["paste"])
        after("stty -a | tr ' ' ':'\n", ":icanon")
        assert b":-echo:" not in shell.raw


def in_shell() -> Screen:
    """Open the cockpit in a shell with job control."""
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT / "tests")))
    command = ["bash", "--norc", "--noprofile", "-i"]
    screen = Screen(command, env={"PYTHONPATH": path, "PS1": "$ ", "HISTFILE": ""})
    screen.read()
    screen.press(f"{sys.executable} -m support.fake_cockpit\n")
    screen.wait_for("Needs you now")
    return screen
