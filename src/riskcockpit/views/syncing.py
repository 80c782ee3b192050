"""Read models of a sync that is under way: how far each source has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceProgress:
    """How far a sync has come with one source."""

    name: str
    step: str
    """What it is doing, in words."""
    rows: int = 0
    expected: int = 0
    """Rows the whole pass will have, as far as the source says; 0: nobody knows."""
    pages: int = 0
    seconds: float = 0.0
    """Since the source was begun."""

    @property
    def eta_seconds(self) -> float | None:
        """Seconds until the source is read, at the pace so far; None: nobody can tell."""
        if not self.rows or self.expected <= self.rows or self.seconds <= 0:
            return None
        return (self.expected - self.rows) * self.seconds / self.rows


SyncProgress = Callable[[SourceProgress], None]
"""Called at each step of a source, from any thread."""
