"""CPU time of another process, in nanosecond steps: what a loaded machine hardly changes."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

_WHOLE_PROCESS = 2


def cpu_seconds(process: int) -> float:
    """Return what a process, its threads and the children it waits for have used so far (Linux)."""
    return sum(time.clock_gettime((~each << 3) | _WHOLE_PROCESS) for each in family(process))


def family(process: int) -> list[int]:
    """Return a process and what it has started that still runs: the cockpit and its guard."""
    found = [process]
    with suppress(FileNotFoundError):
        text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
        for child in text.split():
            found += family(int(child))
    return found
