"""Versions that can be compared by their numbers, whatever the ecosystem; others are not known.

Pre-releases, epochs and distribution revisions order differently in every ecosystem. A version
with any of them is not compared at all, so that nothing is concluded from a wrong order.
"""

from __future__ import annotations

import re

Version = tuple[int, ...]
"""The numbers of a version without zeros at the end: 1.0 and 1.0.0 are the same."""

_NUMBERS = re.compile(r"[vV=]?\s*(\d{1,9}(?:\.\d{1,9}){0,7})(?:\+[\w.-]*|\.?Final|\.?RELEASE)?")


def version_of(text: str) -> Version | None:
    """Return the numbers of a plain version (`1.2.3`, `v1.2`, `1.2+build`), or None."""
    match = _NUMBERS.fullmatch(text.strip())
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
