"""Durations as people write them: `90s`, `15m`, `48h`, `7d`, `2w`, and sums as `1d12h`."""

from __future__ import annotations

import re
from datetime import timedelta

_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PART = re.compile(r"(\d{1,9})([smhdw])")


def parse_duration(text: str) -> timedelta:
    """Read a duration.

    Raises:
        ValueError: `text` is not one, or is longer than time itself.
    """
    if not re.fullmatch(r"(?:\d{1,9}[smhdw])+", text):
        message = f'"{text}" is not a duration'
        raise ValueError(message)
    try:
        return sum((int(count) * _UNITS[unit] for count, unit in _PART.findall(text)), timedelta())
    except OverflowError as error:
        message = f'"{text}" is too long a duration'
        raise ValueError(message) from error
