"""Running a program that prints a credential: no shell, no terminal, no waiting for ever."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from riskcockpit.errors import ConfigError

TIMEOUT_SECONDS = 10.0


def run_for_output(
    argv: Sequence[str], *, max_bytes: int, timeout_seconds: float = TIMEOUT_SECONDS
) -> bytes:
    """Return what `argv` prints, at most `max_bytes + 1` bytes; its errors are thrown away.

    The program gets no standard input and a session of its own, which is ended with it. Messages
    name the program only: its arguments and its output may be secret.

    Raises:
        ConfigError: it cannot be started, fails, or takes longer than `timeout_seconds`.
    """
    if not argv:
        raise ConfigError("cannot resolve a credential: exec names no program")
    name = Path(argv[0]).name
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own settings name the program
            [str(Path(argv[0]).expanduser()), *argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "bad arguments"
        raise ConfigError(
            f"cannot resolve a credential: cannot start {name}: {reason}",
            hint="the program must be on the PATH, or be given with its full path",
        ) from None
    deadline = time.monotonic() + timeout_seconds
    try:
        output = _read(process, deadline, max_bytes)
        status = process.wait(max(0.0, deadline - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired):
        raise ConfigError(
            f"cannot resolve a credential: {name} gave no answer within {timeout_seconds:g} s",
            hint=f"run {name} by hand: it may be waiting for a log-in",
        ) from None
    finally:
        _end(process)
    if status != 0 and len(output) <= max_bytes:
        raise ConfigError(
            f"cannot resolve a credential: {name} ended with status {status}",
            hint=f"run {name} by hand: you may have to log in again",
        )
    return output


def _read(process: subprocess.Popen[bytes], deadline: float, max_bytes: int) -> bytes:
    """Read until the program closes its output, or has printed too much.

    Raises:
        TimeoutError: `deadline` (monotonic seconds) passed.
    """
    pipe: IO[bytes] | None = process.stdout
    if pipe is None:
        return b""
    output = b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while len(output) <= max_bytes:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            chunk = os.read(pipe.fileno(), max_bytes + 1 - len(output))
            if not chunk:
                return output
            output += chunk
    _end(process)
    return output


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and whatever it started, and give back its pipe."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
