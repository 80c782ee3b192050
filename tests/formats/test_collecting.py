"""Whoever pauses the garbage collector leaves it as it was, and nothing out of its sight."""

from __future__ import annotations

import gc
import weakref

from riskcockpit.formats.collecting import without_collection


class Ring:
    """What only the collector frees."""

    def __init__(self) -> None:
        self.me = self


def test_rubbish_of_a_pause_is_young_when_the_pause_is_over() -> None:
    with without_collection():
        ring = weakref.ref(Ring())
    gc.collect(0)
    assert ring() is None


def test_what_somebody_froze_stays_frozen() -> None:
    gc.freeze()
    frozen = gc.get_freeze_count()
    with without_collection():
        pass
    assert gc.get_freeze_count() == frozen > 0


def test_the_last_to_leave_switches_the_collector_on() -> None:
    first, second = without_collection(), without_collection()
    for pause in (first, second):
        pause.__enter__()
        assert not gc.isenabled()
    first.__exit__(None, None, None)
    was_on_too_early = gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()
    assert not was_on_too_early


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with without_collection(), without_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
