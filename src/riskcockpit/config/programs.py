"""Running a program: no shell, no terminal, no waiting for ever, and nothing left behind.

A program gets a session of its own and, unless it is given some, no standard input; whatever it
started is ended with it, also when this process ends first.
"""

from __future__ import annotations

import atexit
import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from riskcockpit.errors import ConfigError

ALWAYS_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "USER", "LOGNAME")
"""What every program may see of our environment; no secret belongs there."""
TIMEOUT_SECONDS = 10.0
ERROR_BYTES = 8192
"""How much of the end of its error output is kept."""
_PIECE = 65_536
_GLANCE_SECONDS = 0.05
"""How often a program that closed its output is asked whether it has ended."""

_lock = threading.Lock()
_running: set[int] = set()


class NotStartedError(Exception):
    """The program cannot be started; the message is the system's reason."""


class NotEndedError(Exception):
    """The program was ended because its time was over."""

    def __init__(self, errors: bytes) -> None:
        super().__init__("its time was over")
        self.errors = errors
        """The end of its error output."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program did."""

    status: int
    """Its exit status; negative when a signal ended it."""
    output: bytes
    """At most one byte more than was asked for; then it was ended before it was done."""
    errors: bytes
    """The end of its error output."""


def run(
    argv: Sequence[str],
    *,
    max_bytes: int,
    timeout_seconds: float,
    env: Mapping[str, str] | None = None,
    directory: Path | None = None,
    given: bytes = b"",
) -> Ended:
    """Run `argv` to its end, or until it printed more than `max_bytes`.

    `env` is its whole environment; None is ours. `given` is its standard input.

    Raises:
        NotStartedError: it cannot be started. NotEndedError: `timeout_seconds` passed.
    """
    try:
        with tempfile.TemporaryFile() as source:  # a pipe would make us wait for who reads it
            source.write(given)
            source.seek(0)
            process = subprocess.Popen(  # noqa: S603 - the user's own settings name the program
                [str(Path(argv[0]).expanduser()), *argv[1:]],
                stdin=source if given else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=None if env is None else dict(env),
                cwd=directory,
                start_new_session=True,
            )
    except (OSError, ValueError) as error:
        raise NotStartedError(getattr(error, "strerror", None) or "bad arguments") from None
    with _lock:
        _running.add(process.pid)
    reader = _Reader(process, time.monotonic() + timeout_seconds, max_bytes)
    try:
        reader.read()
        status = -signal.SIGKILL if reader.is_too_long else process.wait(reader.seconds_left())
    except (TimeoutError, subprocess.TimeoutExpired):
        raise NotEndedError(bytes(reader.errors)) from None
    finally:
        _end(process)
    return Ended(status, bytes(reader.output), bytes(reader.errors))


def run_for_output(
    argv: Sequence[str], *, max_bytes: int, timeout_seconds: float = TIMEOUT_SECONDS
) -> bytes:
    """Return what `argv` prints, at most `max_bytes + 1` bytes; its errors are thrown away.

    Messages name the program only: its arguments and its output may be secret.

    Raises:
        ConfigError: it cannot be started, fails, or takes longer than `timeout_seconds`.
    """
    if not argv:
        raise ConfigError("cannot resolve a credential: exec names no program")
    name = Path(argv[0]).name
    try:
        ended = run(argv, max_bytes=max_bytes, timeout_seconds=timeout_seconds)
    except NotStartedError as error:
        raise ConfigError(
            f"cannot resolve a credential: cannot start {name}: {error}",
            hint="the program must be on the PATH, or be given with its full path",
        ) from None
    except NotEndedError:
        raise ConfigError(
            f"cannot resolve a credential: {name} gave no answer within {timeout_seconds:g} s",
            hint=f"run {name} by hand: it may be waiting for a log-in",
        ) from None
    if ended.status != 0 and len(ended.output) <= max_bytes:
        raise ConfigError(
            f"cannot resolve a credential: {name} ended with status {ended.status}",
            hint=f"run {name} by hand: you may have to log in again",
        )
    return ended.output


class _Reader:
    """Reads both outputs of a program side by side, so that neither makes it wait."""

    def __init__(self, process: subprocess.Popen[bytes], deadline: float, max_bytes: int) -> None:
        self._process = process
        self._deadline = deadline
        self._max_bytes = max_bytes
        self.output = bytearray()
        self.errors = bytearray()

    @property
    def is_too_long(self) -> bool:
        """Whether the program printed more than it may."""
        return len(self.output) > self._max_bytes

    def seconds_left(self) -> float:
        """Return how long the program may still take."""
        return max(0.0, self._deadline - time.monotonic())

    def read(self) -> None:
        """Read until the program has closed its output, or printed too much.

        Raises:
            TimeoutError: its time was over.
        """
        with selectors.DefaultSelector() as selector:
            for pipe in (self._process.stdout, self._process.stderr):
                if pipe is not None:
                    selector.register(pipe, selectors.EVENT_READ)
            is_open = True
            while is_open or (selector.get_map() and self._process.poll() is None):
                wait = self.seconds_left() if is_open else min(_GLANCE_SECONDS, self.seconds_left())
                ready = selector.select(wait)
                if not ready and self.seconds_left() == 0.0:
                    raise TimeoutError
                for key, _ in ready:
                    is_open &= self._take(selector, key)
                if self.is_too_long:
                    return

    def _take(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> bool:
        """Read a piece; False when it was the end of the output."""
        is_output = key.fileobj is self._process.stdout
        most = min(_PIECE, self._max_bytes + 1 - len(self.output)) if is_output else _PIECE
        piece = os.read(key.fd, most)
        if not piece:
            selector.unregister(key.fileobj)
            return not is_output
        if is_output:
            self.output += piece
        else:
            self.errors = (self.errors + piece)[-ERROR_BYTES:]
        return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program and whatever it started, and give back its pipes."""
    _kill(process.pid)
    process.wait()
    with _lock:
        _running.discard(process.pid)
    pipes: tuple[IO[bytes] | None, ...] = (process.stdout, process.stderr)
    for pipe in pipes:
        if pipe is not None:
            pipe.close()


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


@atexit.register
def _end_all() -> None:
    """End what still runs in other threads when this process ends."""
    with _lock:
        groups = tuple(_running)
    for group in groups:
        _kill(group)
