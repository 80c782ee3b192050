"""Reading on while what was read is worked on: iterators that wait for the network, in threads."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")
DEPTH = 32
"""Items that wait to be taken; then the reader waits."""
_GLANCE_SECONDS = 0.2
Waiting = Callable[[float], None]


def _patiently(_seconds: float) -> None:
    """Wait for ever."""


@dataclass(slots=True)
class _Lane(Generic[T]):
    """One iterator and what it gave that nobody has taken yet."""

    source: Iterator[T]
    given: queue.Queue[tuple[T] | BaseException | None] = field(
        default_factory=lambda: queue.Queue(DEPTH)
    )
    """Items in tuples; then None, or what was raised."""

    def run(self, stop: threading.Event) -> None:
        """Take everything from the iterator, in its own thread; close it when told to stop."""
        end: BaseException | None = None
        try:
            for item in self.source:
                self._put((item,), stop)
                if stop.is_set():
                    break
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            end = error
        finally:
            if isinstance(self.source, Generator):
                self.source.close()
        self._put(end, stop)

    def _put(self, what: tuple[T] | BaseException | None, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self.given.put(what, timeout=_GLANCE_SECONDS)
            except queue.Full:
                continue
            return

    def taken(self, waiting: Waiting) -> Iterator[T]:
        """Yield what the iterator gave, and raise what it raised."""
        while (found := self._next(waiting)) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found[0]

    def _next(self, waiting: Waiting) -> tuple[T] | BaseException | None:
        started = time.monotonic()
        while True:
            try:
                return self.given.get(timeout=_GLANCE_SECONDS)  # short, so that Ctrl+C is seen
            except queue.Empty:
                waiting(time.monotonic() - started)


def ahead(
    sources: Sequence[Iterator[T]], at_once: int = 1, waiting: Waiting = _patiently
) -> Iterator[T]:
    """Yield all items of `sources`, one source after the other, reading `at_once` of them ahead.

    Each source runs in one thread from its beginning to its end, and is closed there. What one
    raises is raised when its turn has come; then, and when the iterator is closed early, the
    others end at their next item.

    `waiting` hears, several times a second, for how many seconds the next item did not come. What
    it raises ends the wait; a source that never comes back keeps its thread, and nothing else.
    """
    lanes = [_Lane(source) for source in sources]
    untaken = iter(lanes)
    lock = threading.Lock()
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            with lock:
                lane = next(untaken, None)
            if lane is None:
                return
            lane.run(stop)

    for number in range(min(at_once, len(lanes))):
        threading.Thread(target=work, name=f"ahead-{number}", daemon=True).start()
    try:
        for lane in lanes:
            yield from lane.taken(waiting)
    finally:
        stop.set()
