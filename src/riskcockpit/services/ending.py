"""How a process ends when it is told to: as an exit does, so that it cleans up behind itself."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

from riskcockpit.store.stopping import at_first_question, stop_all

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_END = 0
"""No signal has this number."""
_SIGNAL_EXIT = 128
"""A process that a signal ended exits with this and the signal's number."""
_answering: list[object] = []
"""Handlers that end the process."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end what runs inside as an exit does; in the main thread only.

    A signal that is ignored, as SIGHUP under `nohup`, stays ignored. These and Ctrl+C stop the
    statement that runs, too.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        told.append(number)
        raise SystemExit(_SIGNAL_EXIT + number)

    heeded = [n for n in _SIGNALS if signal.getsignal(n) not in (signal.SIG_IGN, None)]
    before = {number: signal.signal(number, end) for number in heeded}
    try:
        with _heard_by_statements(end):
            yield
    except (KeyboardInterrupt, SystemExit) as error:
        if told:  # duckdb hides what a handler raises, and the store tells of a Ctrl+C then
            raise SystemExit(_SIGNAL_EXIT + told[0]) from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _heard_by_statements(handler: object) -> Iterator[None]:
    """Stop what duckdb does when a signal comes that `handler` will answer, or Ctrl+C.

    Nothing listens before something is asked: a cockpit forks, and threads do not survive that. In
    blocks within each other the outermost listens.
    """
    is_outermost = not _answering
    _answering.append(handler)
    listener = _Listener()
    try:
        with at_first_question(listener.start) if is_outermost else nullcontext():
            yield
    finally:
        _answering.remove(handler)
        listener.close()


class _Listener:
    """A thread that hears signals while the main one is in the middle of a statement."""

    def __init__(self) -> None:
        self._hearing, self._telling, self._before = -1, -1, -1
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Hear signals from now on; in the main thread."""
        self._hearing, self._telling = os.pipe()
        os.set_blocking(self._telling, False)
        self._before = signal.set_wakeup_fd(self._telling, warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._listen, name="signals", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hear no more, if `start` was called."""
        if self._thread is None:
            return
        signal.set_wakeup_fd(self._before)
        os.write(self._telling, bytes([_END]))  # a child may hold it open
        self._thread.join()
        os.close(self._telling)
        os.close(self._hearing)

    def _listen(self) -> None:
        while _END not in (numbers := os.read(self._hearing, 16)):
            ending = (signal.default_int_handler, *_answering)
            if any(signal.getsignal(number) in ending for number in numbers):
                stop_all()
