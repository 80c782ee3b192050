"""A small process that waits for the cockpit and puts the terminal in order when it was killed.

The cockpit is forked off before anything heavy is imported. Both are in one process group, so
that what the terminal sends reaches the cockpit by itself; what others send to the process that
was called is passed on.
"""

from __future__ import annotations

import os
import signal
import sys
import termios
import time
from collections.abc import Callable
from typing import Any

_PASSED_ON = frozenset(
    {
        signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP,
        signal.SIGWINCH, signal.SIGUSR1, signal.SIGUSR2,
    }
)  # fmt: skip
_HEEDED = _PASSED_ON | {signal.SIGCHLD}
_MODES_OFF = (
    "\x1b[?2026l"  # end of a frame that was begun
    "\x1b[?2004l\x1b[?7h\x1b[?2048l"  # paste, wrapped lines, reports of the size
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # mouse
    "\x1b[<u"  # keys as before, while the other screen is still there
    "\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[0m"  # own screen, cursor, reports of focus, colours
)
"""Everything that the cockpit or an editor in it may have switched on, off."""
_SIGNAL_EXIT = 128
_CONTINUED_SECONDS = 0.05
"""How long the cockpit has to go on by itself when a shell brings both back."""

_lifeline: int | None = None


def lifeline() -> int | None:
    """Return what ends to be open when the guard of this process is gone; None: it has none."""
    return _lifeline


def stand_guard(killed: Callable[[signal.Signals], None]) -> None:
    """Go on in a child; the process that was called waits for it and exits as it does.

    `killed` is called when a signal killed the child and the terminal is in order again. Without
    a terminal, or on a system that does not tell who sends a signal, nothing happens: there the
    process goes on as it is. Called before threads, files and heavy imports.

    Raises:
        SystemExit: in the process that waited, with the code of its child, or 128 and the number
            of the signal that killed it.
    """
    global _lifeline  # noqa: PLW0603 - a fact of the process, as its id
    before = _terminal()
    if before is None or not hasattr(signal, "sigwaitinfo"):
        return
    end, kept = os.pipe()
    old = signal.pthread_sigmask(signal.SIG_BLOCK, _HEEDED)
    child = os.fork()
    if child == 0:
        os.close(kept)
        _lifeline = end
        signal.pthread_sigmask(signal.SIG_SETMASK, old)
        return
    os.close(end)
    status = _wait(child)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    if os.WIFSIGNALED(status):
        _put_in_order(before)
        killed(signal.Signals(os.WTERMSIG(status)))
        raise SystemExit(_SIGNAL_EXIT + os.WTERMSIG(status))
    code = os.WEXITSTATUS(status)
    if code == _SIGNAL_EXIT + signal.SIGHUP:
        os._exit(code)  # the terminal is gone: a last flush would fail and change the code
    raise SystemExit(code)


def _terminal() -> list[Any] | None:
    """Return how the terminal is set; None when there is none, or not everywhere."""
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return None
    try:
        return termios.tcgetattr(sys.stdin.fileno())
    except termios.error:
        return None


def _wait(child: int) -> int:
    """Pass on what is sent to us until the child ends; return how it ended."""
    while True:
        info = signal.sigwaitinfo(_HEEDED)
        if info.si_signo != signal.SIGCHLD:
            if _is_for_us_alone(info):
                os.kill(child, info.si_signo)
            continue
        found, status = os.waitpid(child, os.WNOHANG | os.WUNTRACED)
        if found and os.WIFSTOPPED(status):
            _rest_with(child)
        elif found:
            return status


def _is_for_us_alone(info: signal.struct_siginfo) -> bool:
    """Return whether a process sent it, and not to our whole group."""
    if info.si_code > 0:  # the terminal's: the child has it too, but for the end of a connection
        return info.si_signo == signal.SIGHUP
    try:
        return os.getpgid(info.si_pid) != os.getpgrp()
    except ProcessLookupError:  # whoever sent it has ended
        return True


def _rest_with(child: int) -> None:
    """Stop as the child has, so that the shell takes over; when we go on, so does the child."""
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(_CONTINUED_SECONDS)
    if os.waitpid(child, os.WNOHANG | os.WCONTINUED) == (0, 0):
        os.kill(child, signal.SIGCONT)


def _put_in_order(before: list[Any]) -> None:
    try:
        os.write(sys.stdout.fileno(), _MODES_OFF.encode())
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, before)
        termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)  # reports of the mouse, typed keys
    except (OSError, termios.error):
        return  # the terminal is gone
