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


def written(span: timedelta) -> str:
    """Write a duration as `parse_duration` reads it, in days and less, without part seconds."""
    left, parts = int(span.total_seconds()), []
    for unit in "dhms":
        count, left = divmod(left, int(_UNITS[unit].total_seconds()))
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"
