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
