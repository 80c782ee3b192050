"""Chance for the demo: every throw is named, so no throw depends on the order of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")
_SPAN = 1 << 53


@dataclass(frozen=True, slots=True)
class Dice:
    """Throws that are the same for the same seed and names, on every computer and Python."""

    seed: int

    def share(self, *names: object) -> float:
        """Return a number in [0, 1), evenly spread over names."""
        return self._throw(names) / _SPAN

    def between(self, low: float, high: float, *names: object) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self.share(*names)

    def count(self, low: int, high: int, *names: object) -> int:
        """Return a whole number from `low` to `high`, both included."""
        return low + int(self.share(*names) * (high - low + 1))

    def pick(self, options: Sequence[T], *names: object) -> T:
        """Return one of `options`, each as likely as the others."""
        return options[int(self.share(*names) * len(options))]

    def hexes(self, length: int, *names: object) -> str:
        """Return `length` hexadecimal digits (at most 64), as a digest would look."""
        return blake2b(self._key(names), digest_size=32).hexdigest()[:length]

    def _throw(self, names: tuple[object, ...]) -> int:
        return int.from_bytes(blake2b(self._key(names), digest_size=8).digest()) >> 11

    def _key(self, names: tuple[object, ...]) -> bytes:
        return "\x1f".join((str(self.seed), *map(str, names))).encode()
