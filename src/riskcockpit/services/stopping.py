"""Ending a loop on a signal: at once where it only reads or waits, else when the step is done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
Handler = Callable[[int, FrameType | None], Any] | int | None


class StopError(Exception):
    """Somebody wants the loop to end, and it does nothing now that has to be finished."""


class Stopper:
    """Hears signals while its block runs; in the main thread only."""

    def __init__(self) -> None:
        self.is_wanted = False
        """Whether the loop is to end."""
        self._may_interrupt = False

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Hear signals until the block ends; one that is ignored stays ignored."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        heeded = [n for n in _SIGNALS if signal.getsignal(n) not in (signal.SIG_IGN, None)]
        before: dict[int, Handler] = {n: signal.signal(n, self._heard) for n in heeded}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let a signal end the block.

        Raises:
            StopError: the loop is to end.
        """
        self._may_interrupt = True
        try:
            if self.is_wanted:
                raise StopError
            yield
        finally:
            self._may_interrupt = False

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self.is_wanted = True
        if self._may_interrupt:
            raise StopError
