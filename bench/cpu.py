"""CPU time of another process, in nanosecond steps, and its memory: what load hardly changes."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

_WHOLE_PROCESS = 2


def cpu_seconds(process: int) -> float:
    """Return what a process, its threads and the children it waits for have used so far (Linux)."""
    return sum(time.clock_gettime((~each << 3) | _WHOLE_PROCESS) for each in family(process))


def resident_megabytes(process: int) -> float:
    """Return the memory of the cockpit, mapped files included, and its guard's own: MB of 10^6."""
    first, *others = family(process)
    if not others:
        return _megabytes(first, "Rss:")
    own = _megabytes(first, "Private_")  # the rest of a guard is shared
    return own + sum(_megabytes(each, "Rss:") for each in others)


def private_megabytes(process: int) -> float:
    """Return the memory that nobody shares with the cockpit and its guard, in MB of 10^6 bytes."""
    return sum(_megabytes(each, "Private_") for each in family(process))


def _megabytes(process: int, name: str) -> float:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6


def family(process: int) -> list[int]:
    """Return a process and what it has started that still runs: the cockpit and its guard."""
    found = [process]
    with suppress(FileNotFoundError):
        text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
        for child in text.split():
            found += family(int(child))
    return found
