"""Signals and crashes leave the terminal in order and wait for nobody."""

from __future__ import annotations

import signal

import pytest

from support.pty import cockpit


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


def test_ctrl_q_quits_from_anywhere() -> None:
    with cockpit() as screen:
        screen.wait_for("Needs you now")
        screen.press("f")
        screen.press("/")
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


def test_after_a_kill_the_terminal_says_what_a_reset_has_to_switch_off() -> None:
    with cockpit() as screen:
        screen.wait_for("Needs you now")
        screen.signal(signal.SIGKILL)
        assert screen.end(5) == -signal.SIGKILL
        assert "alternate screen" in screen.modes_left_on()  # nobody can tidy up: `reset` does
