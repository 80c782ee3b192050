"""What one request may cost, and how time passes between attempts."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost."""

    connect_seconds: float = 5.0
    read_seconds: float = 30.0
    write_seconds: float = 10.0
    pool_seconds: float = 5.0
    budget_seconds: float = 90.0
    """The whole of a request: retries, waiting and a body that drips in."""
    attempts: int = 4
    max_bytes: int = 64 * 1024 * 1024
    """Of a body after decompression."""


def _chance() -> float:
    return secrets.randbelow(1_000_000) / 1_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """How time passes between attempts; tests give their own."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    chance: Callable[[], float] = _chance
    """Uniform in 0 to 1, for the jitter."""
    base_seconds: float = 0.5
    cap_seconds: float = 20.0

    def pause(self, attempt: int, asked: float | None) -> float:
        """Return the seconds to wait after the failed `attempt` (from 1).

        Full jitter below a doubling ceiling, and never less than the source asked for.
        """
        ceiling = min(self.cap_seconds, self.base_seconds * 2.0 ** (attempt - 1))
        return max(asked or 0.0, self.chance() * ceiling)
