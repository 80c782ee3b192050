"""What is left to Python's cycle collector, which may come late or not at all."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from xml.etree.ElementTree import Element
from xml.parsers.expat import XMLParserType

from riskcockpit.domain.finding import Observation

LARGE = (Element, FrameType, Observation, XMLParserType)
"""What holds content of a report; a frame does by its variables."""


@contextmanager
def left_to_collector() -> Iterator[list[str]]:
    """Yield a list which in the end names what of a report is held by nothing but a cycle."""
    left: list[str] = []
    was_on = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield left
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        left += sorted({repr(type(item)) for item in gc.garbage if isinstance(item, LARGE)})
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        if was_on:
            gc.enable()
