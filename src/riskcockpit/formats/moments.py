"""When something happened, in the ways tools write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from riskcockpit.domain.clock import parse_utc

MIN_SECONDS = 10**8
"""Smaller numbers are no moments of our time (1973)."""
MILLISECONDS_FROM = 10**11
"""Larger numbers count milliseconds."""
_TAIL = re.compile(r"(?P<fraction>\.\d+)?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)
_MICROSECONDS = 7  # the point and six digits


def moment(value: Any) -> datetime | None:
    """Return the moment `value` stands for, in UTC; without a zone it is taken as UTC.

    Reads RFC 3339 with any fraction and zones like `+0000`, and seconds or milliseconds since
    1970. None for anything else.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _since_1970(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    tail = _TAIL.search(text)
    if tail is not None:
        fraction = (tail["fraction"] or "")[:_MICROSECONDS]
        zone = (tail["zone"] or "").upper().replace("UTC", "Z")
        text = text[: tail.start()] + fraction + zone
    try:
        return parse_utc(text)
    except (ValueError, OverflowError):
        return None


def _since_1970(value: float) -> datetime | None:
    if not value >= MIN_SECONDS:  # also false for NaN
        return None
    seconds = value / 1000 if value >= MILLISECONDS_FROM else value
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
