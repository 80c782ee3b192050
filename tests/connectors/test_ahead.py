"""Reading ahead: the same items in the same order, and no thread that outlives its reader."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from riskcockpit.connectors.ahead import DEPTH, ahead


def test_items_come_source_by_source_whoever_is_quicker() -> None:
    """The second one ends before the first has begun to give."""
    second_ended = threading.Event()

    def slow() -> Iterator[int]:
        assert second_ended.wait(10)
        yield from (1, 2)

    def quick() -> Iterator[int]:
        yield 3
        second_ended.set()

    assert list(ahead([slow(), quick()], at_once=2)) == [1, 2, 3]


def test_more_sources_than_threads_all_have_their_turn() -> None:
    """And a long one in front does not keep later ones from being read."""
    long = DEPTH * 3
    sources: list[Iterator[int]] = [iter(range(long)), *(iter([n]) for n in range(20))]
    assert list(ahead(sources, at_once=3)) == [*range(long), *range(20)]


def test_a_fault_is_raised_in_its_turn_after_what_came_before() -> None:
    """What the sources before it gave is not lost."""

    def broken() -> Iterator[int]:
        yield 2
        raise ValueError("no more")

    reader = ahead([iter([1]), broken(), iter([3])], at_once=3)
    assert [next(reader), next(reader)] == [1, 2]
    with pytest.raises(ValueError, match="no more"):
        next(reader)


def test_a_source_is_closed_in_its_own_thread_when_nobody_reads_on() -> None:
    """Nor does it read the whole of an endless upstream meanwhile."""
    closed = threading.Event()
    threads: list[str] = []
    count = 0

    def endless() -> Iterator[int]:
        nonlocal count
        threads.append(threading.current_thread().name)
        try:
            while True:
                count += 1
                yield count
        finally:
            threads.append(threading.current_thread().name)
            closed.set()

    reader = ahead([endless()])
    assert next(reader) == 1
    reader.close()  # type: ignore[attr-defined]  # a generator, declared by what it yields
    assert closed.wait(10)
    assert threads[0] == threads[1] != threading.current_thread().name
    assert count <= DEPTH + 3


def test_who_waits_may_lose_patience_and_is_not_held_by_a_source_that_never_comes_back() -> None:
    never = threading.Event()

    def stuck() -> Iterator[int]:
        yield 1
        never.wait()

    def bear(seconds: float) -> None:
        if seconds > 0.1:
            raise TimeoutError

    reader = ahead([stuck()], waiting=bear)
    assert next(reader) == 1
    with pytest.raises(TimeoutError):
        next(reader)
    never.set()
