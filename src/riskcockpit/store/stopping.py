"""Who asks duckdb something at this moment, so that a signal can stop it.

A handler of Python runs when duckdb gives the main thread back. Some of its versions compute in
that thread and do so only when the statement ends: what has to end now is stopped from another.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol
from weakref import WeakSet

_SECONDS = 2.0
_PAUSE_SECONDS = 0.02


class Asking(Protocol):
    """What can be stopped while it asks."""

    @property
    def is_asking(self) -> bool:
        """Whether a statement runs."""

    def interrupt(self) -> None:
        """Stop every statement that runs."""


_known: WeakSet[Asking] = WeakSet()
_lock = threading.Lock()
_told = threading.Event()
_awaited: list[Callable[[], None]] = []


def remember(asking: Asking) -> None:
    """Have `asking` stopped by `stop_all` as long as it lives."""
    with _lock:
        _known.add(asking)
    if _awaited and _is_main():
        _awaited.pop()()


@contextmanager
def at_first_question(call: Callable[[], None]) -> Iterator[None]:
    """Call `call` when the main thread first has something to ask inside the block."""
    with _lock:
        is_known = len(_known) > 0
    if is_known:
        call()
    else:
        _awaited.append(call)
    try:
        yield
    finally:
        if call in _awaited:
            _awaited.remove(call)
        _told.clear()


def stop_all() -> None:
    """Stop every statement of this process; called in a thread that runs none.

    An interrupt that comes before duckdb has begun is forgotten, so that it is said again.
    """
    _told.set()
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        with _lock:
            busy = [asking for asking in _known if asking.is_asking]
        if not busy:
            return
        for asking in busy:
            asking.interrupt()
        time.sleep(_PAUSE_SECONDS)


def was_stopped() -> bool:
    """Return whether `stop_all` ended what this thread asked: it is the main one, which ends."""
    return _told.is_set() and _is_main()


def _is_main() -> bool:
    return threading.current_thread() is threading.main_thread()
