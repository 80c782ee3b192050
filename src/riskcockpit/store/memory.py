"""What glibc keeps of freed memory, back to the system. Other allocators do as they like."""

from __future__ import annotations

import functools
from contextlib import suppress

_MMAP_THRESHOLD = -3
"""`M_MMAP_THRESHOLD` of glibc's malloc.h."""


def give_back() -> None:
    """Return what was freed between what is still in use: a walk over all of it, 10 ms for 1 GB."""
    import ctypes  # noqa: PLC0415 - only for long reports

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


@functools.cache
def give_back_early() -> None:
    """Let blocks above 128 kB be returned when they are freed, as glibc starts out to.

    By itself it raises that limit to the largest block it has seen freed, and keeps those below:
    10 MB after a walk through a long list.
    """
    import ctypes  # noqa: PLC0415 - only for who stays open

    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, 128 * 1024)
