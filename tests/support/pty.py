"""A program in a pseudo-terminal: what a user sees, and the bytes that brought it there."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

MODES = {1049: "alternate screen", 1000: "mouse", 1003: "mouse motion", 2004: "paste"}
_PRIVATE = re.compile(rb"\x1b\[[<=>?][0-9;$]*[a-zA-Z]")
_TEXTUAL_OWN = re.compile(
    rb"\x1b\[[0-9;?=<>$]*[a-zA-Z]|\x1b\]22;[a-z-]*\x07"  # styles and modes, pointer shape
    rb"|\x1b\]8;(?:id=[0-9-]+;https?://[!-~]+|;)\x1b\\"  # links, of which a test says where to
    rb"|\x1bP(?:=[12]s|\+q[0-9a-f]*)\x1b\\|\x1b[=>78]"
)
_COLOUR = re.compile(rb";(?:0?3[0-9]|4[0-9]|9[0-7]|10[0-7])")
_HARMFUL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)


class Screen:
    """A program that believes it has a terminal."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        columns: int = 120,
        rows: int = 30,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.raw = b""
        self._display = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._display)
        self.master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        environ = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        environ |= {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        self.process = subprocess.Popen(
            list(command),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environ | dict(env or {}),
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509 - no threads here
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    def hang_up(self) -> None:
        """Close the terminal, as a lost connection does."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self._display.display)

    def read(self, quiet_seconds: float = 0.25, most_seconds: float = 20.0) -> bytes:
        """Return what the program writes until it has been quiet for a while."""
        got = b""
        end = time.monotonic() + most_seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.master], [], [], quiet_seconds)
            if not ready:
                break
            chunk = self.read_some()
            if not chunk:
                break
            got += chunk
        return got

    def read_some(self) -> bytes:
        """Return what is there; waits for the first byte."""
        try:
            chunk = os.read(self.master, 65_536)
        except OSError as error:
            if error.errno == errno.EIO:  # the program has closed its side
                return b""
            raise
        self.raw += chunk
        self._stream.feed(_PRIVATE.sub(b"", chunk))
        return chunk

    def wait_for(self, text: str, seconds: float = 30.0) -> None:
        """Read until `text` is on the screen."""
        end = time.monotonic() + seconds
        while text not in self.text:
            if time.monotonic() > end or self.process.poll() is not None:
                self.read()
                if text in self.text:
                    return
                raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")
            self.read(0.05, 0.5)

    def colours(self) -> set[bytes]:
        """Return every sequence written so far that sets a colour."""
        styles = set(re.findall(rb"\x1b\[([0-9;]*)m", self.raw))
        return {style for style in styles if _COLOUR.search(b";" + style)}

    def press(self, keys: str | bytes, quiet_seconds: float = 0.3) -> bytes:
        """Send keys and return what the program writes."""
        os.write(self.master, keys.encode() if isinstance(keys, str) else keys)
        return self.read(quiet_seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program."""
        os.kill(self.process.pid, number)

    @property
    def guarded(self) -> int:
        """The process that the one we started waits for."""
        return children(self.process.pid)[0]

    def end(self, seconds: float = 15.0) -> int:
        """Return the exit code; what is still written is read meanwhile."""
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            if self.master >= 0:
                self.read(0.05, 0.2)
            else:
                time.sleep(0.05)
        if self.master >= 0:
            with contextlib.suppress(OSError):
                self.read(0.1, 1.0)
        return self.process.wait(timeout=1)

    def modes_left_on(self) -> list[str]:
        """Name the terminal modes that were switched on and never off."""
        left = []
        for number, name in MODES.items():
            switches = re.findall(rb"\x1b\[\?(?:\d+;)*%d(?:;\d+)*([hl])" % number, self.raw)
            if switches and switches[-1] == b"h":
                left.append(name)
        cursor = re.findall(rb"\x1b\[\?25([hl])", self.raw)
        return [*left, "hidden cursor"] if cursor and cursor[-1] == b"l" else left

    def leaks(self) -> set[str]:
        """Return what a terminal would obey, or hide, that is not Textual's own."""
        text = _TEXTUAL_OWN.sub(b"", self.raw).decode("utf-8", "surrogateescape")
        return set(_HARMFUL.findall(text)) | set(re.findall("\x1b\\]|\x1bP|\x9b", text))


def children(process: int) -> list[int]:
    """Return the processes another one has started and not yet heard the end of (Linux)."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(each) for each in text.split()]


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def cockpit(*arguments: str, env: Mapping[str, str] | None = None, **options: int) -> Screen:
    """Open the cockpit over a fixed gateway, in a process of its own."""
    tests = Path(__file__).resolve().parents[1]
    path = os.pathsep.join((str(tests.parent / "src"), str(tests)))
    program = [sys.executable, "-m", "support.fake_cockpit", *arguments]
    return Screen(program, env={"PYTHONPATH": path, **(env or {})}, **options)
