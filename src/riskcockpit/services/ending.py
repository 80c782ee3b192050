"""How a process ends when it is told to: as an exit does, so that it cleans up behind itself."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_SIGNAL_EXIT = 128
"""A process that a signal ended exits with this and the signal's number."""


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end what runs inside as an exit does; in the main thread only.

    A signal that is ignored, as SIGHUP under `nohup`, stays ignored.
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
        yield
    except (KeyboardInterrupt, SystemExit) as error:
        if told:  # duckdb hides what a handler raises, and the store tells of a Ctrl+C then
            raise SystemExit(_SIGNAL_EXIT + told[0]) from error
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
