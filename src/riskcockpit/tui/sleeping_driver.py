"""A driver of Textual whose reader sleeps until something is typed, or the cockpit ends.

Textual's own looks ten times a second whether it may end: that is most of what a cockpit costs
that nobody touches. Bytes that are no UTF-8 become U+FFFD here; there they would end the app.
"""

from __future__ import annotations

import os
import select
import time
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock

from textual import constants
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from riskcockpit.tui.key_parser import KeyParser

_TICK_SECONDS = 0.1
"""While what was typed may still be half a sequence, and for answers that come at the end."""
_SETTLED_SECONDS = constants.ESCAPE_DELAY + _TICK_SECONDS
"""After the last byte: then a lone escape has been told."""
_LOST_SECONDS = 2.0
"""How long the signal that the terminal has gone may take to come behind the fact."""
_MOST_BYTES = 4096


class SleepingDriver(LinuxDriver):
    """Reads keys and answers of the terminal; wakes for nothing else."""

    def __init__(
        self,
        app: App[object],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._bell = _Bell()
        self.exit_event = self._bell

    def run_input_thread(self) -> None:
        """Give what is typed to the app until the driver's `exit_event` is set.

        Raises:
            EOFError: the terminal has gone, and nobody ended the app because of it.
        """
        parser = KeyParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        settled_at = 0.0
        with self._bell.audible() as bell:
            while not self._bell.is_set():
                is_settled = time.monotonic() >= settled_at
                watched = (self.fileno, bell)
                ready, _, _ = select.select(watched, (), (), None if is_settled else _TICK_SECONDS)
                if self.fileno in ready:
                    text = decode(self._read())
                    settled_at = time.monotonic() + _SETTLED_SECONDS
                    for event in parser.feed(text) if text else ():
                        self.process_message(event)
                for event in parser.tick():
                    self.process_message(event)
        if select.select((self.fileno,), (), (), _TICK_SECONDS)[0]:
            self._read()  # answers to the questions of a start that is over: not for the shell

    def _read(self) -> bytes:
        try:
            read = os.read(self.fileno, _MOST_BYTES)
        except OSError:
            read = b""
        if not read and not self._bell.wait(_LOST_SECONDS):
            raise EOFError("the terminal has gone")
        return read


class _Bell(Event):
    """An event that `select` can wait for."""

    def __init__(self) -> None:
        super().__init__()
        self._rope: int | None = None
        self._rope_lock = Lock()

    @contextmanager
    def audible(self) -> Iterator[int]:
        """Yield what can be read from when it is set while the block runs."""
        heard, rope = os.pipe()
        self._rope = rope
        try:
            yield heard
        finally:
            with self._rope_lock:
                self._rope = None
                os.close(rope)
                os.close(heard)

    def set(self) -> None:
        super().set()
        with self._rope_lock:
            if self._rope is not None:
                os.write(self._rope, b"\0")
