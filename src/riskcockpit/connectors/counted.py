"""Lists whose rows the server counts: when some are missing they are read once more.

Rows move between pages while others come and go, so that one reading may lack some.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from riskcockpit.connectors.passes import Pass

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")
Pages = Iterable[tuple[Sequence[T], int]]
"""Rows of each page, and how many rows the list has."""


@dataclass(frozen=True, slots=True)
class Counted(Generic[K, T]):
    """A list as it was read."""

    rows: dict[K, T]
    total: int
    """How many rows the server counts."""

    @property
    def is_whole(self) -> bool:
        """Whether no row is missing."""
        return len(self.rows) >= self.total


def read_counted(
    ask: Callable[[], Pages[T]], key: Callable[[T], K], done: Pass, what: str
) -> Counted[K, T]:
    """Read a list by the key of its rows; one that stays short is noted as `what`."""
    found = _once(ask, key, done)
    if not found.is_whole:
        found = _once(ask, key, done)
    if not found.is_whole:
        done.leave_out(f"only {len(found.rows)} of {found.total} {what} were listed")
    return found


def _once(ask: Callable[[], Pages[T]], key: Callable[[T], K], done: Pass) -> Counted[K, T]:
    rows: dict[K, T] = {}
    total = 0
    for page, counted in ask():
        done.pages += 1
        total = counted
        rows |= {key(row): row for row in page}
    return Counted(rows, total)
