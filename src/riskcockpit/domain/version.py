"""Versions that can be compared by their numbers, whatever the ecosystem; others are not known.

Pre-releases, epochs and distribution revisions order differently in every ecosystem. A version
with any of them is not compared at all, so that nothing is concluded from a wrong order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

Version = tuple[int, ...]
"""The numbers of a version without zeros at the end: 1.0 and 1.0.0 are the same."""

_NUMBERS = re.compile(
    r"[vV=]?\s*(\d{1,9}(?:\.\d{1,9}){0,7})(?:\+[\w.-]*|\.?Final|\.?RELEASE)?", re.ASCII
)
_COMPARATOR = re.compile(r"(?P<sign>>=|<=|>|<|==?|)\s*(?P<version>.+)")


def version_of(text: str) -> Version | None:
    """Return the numbers of a plain version (`1.2.3`, `v1.2`, `1.2+build`), or None."""
    match = _NUMBERS.fullmatch(text.strip())
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


@dataclass(frozen=True, slots=True)
class Interval:
    """Versions from `low` to `high`; None is no bound on that side."""

    low: Version | None = None
    high: Version | None = None
    has_low: bool = True
    """Whether `low` itself is inside."""
    has_high: bool = True
    """Whether `high` itself is inside."""


def intervals(text: str) -> tuple[Interval, ...] | None:
    """Return what a range in the `vers` notation covers; None when that cannot be told.

    Read are `vers:npm/>=1.0|<2.0`, the same without its prefix, single versions and `*`. A range
    with a version that cannot be compared, or an exclusion, covers nobody knows what.
    """
    body = text.partition("/")[2] if text.startswith("vers:") else text
    found: list[Interval] = []
    low: tuple[Version, bool] | None = None
    for part in filter(None, (each.strip() for each in body.replace(",", "|").split("|"))):
        if part == "*":
            return (Interval(),)
        match = _COMPARATOR.fullmatch(part)
        version = version_of(match["version"]) if match else None
        if match is None or version is None:
            return None
        sign = match["sign"]
        if sign in (">", ">="):
            low = (version, sign == ">=")
        elif sign in ("<", "<="):
            bottom, has_low = low or (None, True)
            found.append(Interval(bottom, version, has_low, sign == "<="))
            low = None
        else:
            found.append(Interval(version, version))
    if low is not None:
        found.append(Interval(low[0], None, low[1]))
    return tuple(found) or None
