"""CPU time of another process, in nanosecond steps: what a loaded machine hardly changes."""

from __future__ import annotations

import time

_WHOLE_PROCESS = 2


def cpu_seconds(process: int) -> float:
    """Return what a process and its threads, ended ones too, have used so far (Linux)."""
    return time.clock_gettime((~process << 3) | _WHOLE_PROCESS)
