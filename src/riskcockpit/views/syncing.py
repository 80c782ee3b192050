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
    """Answers that the source gave, or pages of its lists."""
    seconds: float = 0.0
    """Since the source was begun."""
    expected_pages: int = 0
    """What it took the last time it was read in full; 0: nobody knows."""

    @property
    def eta_seconds(self) -> float | None:
        """Seconds until the source is read, at the pace so far; None: nobody can tell."""
        if self.seconds <= 0:
            return None
        for done, whole in ((self.pages, self.expected_pages), (self.rows, self.expected)):
            if 0 < done < whole:
                return (whole - done) * self.seconds / done
        return None


SyncProgress = Callable[[SourceProgress], None]
"""Called at each step of a source, from any thread."""
