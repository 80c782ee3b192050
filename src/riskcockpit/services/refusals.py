"""What was refused just now, and how long it is not tried again."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)

FIRST_PAUSE = timedelta(seconds=5)
"""How long what was refused is not tried again; twice as long each time the reason is the same."""
LONGEST_PAUSE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class _Refusal:
    at: datetime
    why: str
    pause: timedelta
    """How long it is not tried again."""


@dataclass(slots=True)
class Refusals(Generic[K]):
    """The last refusal of each thing that was tried."""

    _last: dict[K, _Refusal] = field(default_factory=dict)

    def __contains__(self, key: K) -> bool:
        """Whether it was refused before."""
        return key in self._last

    def add(self, key: K, why: str, now: datetime) -> bool:
        """Keep that it was refused; return whether it was so before, for the same reason."""
        before = self._last.get(key)
        is_known = before is not None and before.why == why
        pause = min(2 * before.pause, LONGEST_PAUSE) if before and is_known else FIRST_PAUSE
        self._last[key] = _Refusal(now, why, pause)
        return is_known

    def rests(self, key: K, now: datetime) -> bool:
        """Whether it is too soon to try it again."""
        last = self._last.get(key)
        return last is not None and now - last.at < last.pause
