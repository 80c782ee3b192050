"""What goes to stderr, and with which code the process ends. The only writer of stderr."""

from __future__ import annotations

import errno
import os
import sys
import traceback
from contextlib import suppress
from dataclasses import astuple
from datetime import datetime
from enum import IntEnum
from pathlib import Path

from riskcockpit.cli.speech import folded, in_words, room, speech_now
from riskcockpit.config.paths import HOME_VARIABLE, Paths, make_private
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import (
    FatalError,
    InputError,
    LedgerError,
    QueryError,
    RefusedError,
    RetryableError,
    RiskcockpitError,
    SigningKeyError,
    SourceError,
    UnavailableStoreError,
    UnwritableError,
)


class ExitCode(IntEnum):
    """How the process ends; scripts depend on these numbers."""

    OK = 0
    """All went well."""
    GATE_FAILED = 1
    """A gate matched something: a result, not a fault."""
    USAGE = 2
    """The command, the settings or an input file is wrong, there is no cache yet, or the cache or
    the ledger cannot be written: nothing was changed."""
    SOURCE_FAILED = 3
    """A source or a file failed; the report is partial, the rest was done."""
    LEDGER = 4
    """The ledger does not verify."""
    REFUSED = 5
    """An action was refused, here or upstream."""
    BUG = 70
    """A fault of ours; the traceback is in a file whose path is printed."""
    INTERRUPTED = 130
    """Ctrl+C."""


_CODES: tuple[tuple[type[RiskcockpitError], ExitCode], ...] = (
    (InputError, ExitCode.USAGE),
    (RefusedError, ExitCode.REFUSED),
    (SigningKeyError, ExitCode.USAGE),
    (UnwritableError, ExitCode.USAGE),
    (UnavailableStoreError, ExitCode.USAGE),
    (LedgerError, ExitCode.LEDGER),
    (RetryableError, ExitCode.SOURCE_FAILED),
    (SourceError, ExitCode.SOURCE_FAILED),
    (FatalError, ExitCode.BUG),
)


def exit_code(error: RiskcockpitError) -> ExitCode:
    """Return the code an error ends the process with."""
    return next((code for family, code in _CODES if isinstance(error, family)), ExitCode.BUG)


def say(text: str) -> None:
    """Narrate one line on stderr; foreign text in it is made harmless."""
    for part in _as_said(text):
        print(part, file=sys.stderr)


def _as_said(text: str) -> list[str]:
    """Return a line for stderr; several short ones for who listens."""
    if speech_now() is None:
        return [clean_line(text)]
    return folded(in_words(clean_line(text)), room())


def warn(text: str, hint: str | None = None) -> None:
    """Say what is not as it should be, without ending."""
    say(f"warning: {text}")
    if hint:
        say(f"hint: {hint}")


def about(name: str, what: str) -> str:
    """Return `what` with the name it is about before it, unless it begins with it already."""
    return what if what.startswith(f"{name} ") else f"{name}: {what}"


def ask(question: str) -> str:
    """Ask on stderr and return the line that is typed, without the spaces around it.

    Raises:
        InputError: nothing can be typed any more.
    """
    *before, last = _as_said(question)
    for part in before:
        print(part, file=sys.stderr)
    end = " " if question.endswith(" ") and not last.endswith(" ") else ""
    print(last, end=end, file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        say("")
        raise InputError("the input ended before all was answered; nothing was changed")
    return line.strip()


def report(error: RiskcockpitError, *, is_verbose: bool = False) -> None:
    """Print an error: the message, the place in a query, the hint on its own line."""
    say(f"error: {error.message}")
    if isinstance(error, QueryError) and error.text:
        _point_at(error)
    if isinstance(error, RefusedError):
        say(f"rule: {error.rule}")
    if error.hint:
        say(f"hint: {error.hint}")
    if is_verbose and error.detail:
        for line in error.detail.splitlines():
            say(f"  {line}")


def _point_at(error: QueryError) -> None:
    if speech_now() is not None:
        say(f"it is at character {error.position + 1} of {error.text}")
        return
    say(f"  {error.text}")
    say(f"  {' ' * error.position}^")


def report_unusable(error: OSError) -> ExitCode | None:
    """Say that the home cannot be used, or that there is no room; None when it is neither.

    After a full device nothing more is written to stdout, so that Python does not try again.
    """
    place = Path(str(error.filename)) if error.filename else None
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        say(f"error: cannot write {place or 'the output'}: {error.strerror}")
        say("hint: what was said before this line is done; make room and run it again")
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.SOURCE_FAILED
    home = [Path(each) for each in astuple(Paths.from_environment())]
    if place is None or not any(
        place.is_relative_to(each) or each.is_relative_to(place) for each in home
    ):
        return None
    say(f"error: cannot use {place}: {error.strerror}")
    say(f"hint: mend it, or set {HOME_VARIABLE} to another place")
    return ExitCode.USAGE


def report_bug(error: BaseException, at: datetime) -> None:
    """Write the traceback to a file only its owner can read, and say where it is."""
    from riskcockpit.config.credentials import redact

    text = redact("".join(traceback.format_exception(error)))
    say(redact(f"error: riskcockpit failed: {type(error).__name__}: {error}"))
    try:
        folder = make_private(Paths.from_environment().state)
        path = folder / f"crash-{at:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
        _write_private(path, text)
    except OSError:
        for line in text.splitlines():
            say(line)
    else:
        say(f"hint: this is a bug; the traceback is in {path}")


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)


class Progress:
    """A line on stderr that says how far long work is; nothing unless stderr is a terminal."""

    def __init__(self) -> None:
        is_seen = sys.stderr.isatty() and os.environ.get("TERM") not in (None, "", "dumb")
        self._is_on = is_seen and speech_now() is None
        self._width = 0

    def __call__(self, text: str) -> None:
        """Replace the line by `text`, cut to the terminal's width."""
        if not self._is_on:
            return
        columns = _columns()
        line = clean_line(text)[: columns - 1]
        sys.stderr.write("\r" + line + " " * max(0, self._width - len(line)))
        sys.stderr.flush()
        self._width = len(line)

    def done(self) -> None:
        """Wipe the line."""
        if self._is_on and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 80
