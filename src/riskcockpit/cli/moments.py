"""Moments as they are typed."""

from __future__ import annotations

from datetime import datetime, timedelta

from riskcockpit.errors import InputError

_LONGEST = timedelta(days=36_525)


def start_of(text: str) -> datetime | timedelta | None:
    """Read the start of a period: a moment (aware UTC), or how long before its end; None for nothing.

    Raises:
        InputError: it is no date, moment or duration.
    """
    from riskcockpit.config.durations import parse_duration
    from riskcockpit.domain.clock import parse_utc

    if not text:
        return None
    try:
        if not (text[0].isdigit() and text[-1] in "smhdw"):
            return parse_utc(text)
        span = parse_duration(text)
    except (ValueError, OverflowError) as error:
        raise _no_start(text) from error
    if span > _LONGEST:
        raise _no_start(text)
    return span


def _no_start(text: str) -> InputError:
    hint = "as 2026-01-31, 2026-01-31T06:00Z or 90d"
    return InputError(f'"{text}" is no start of a period', hint=hint)
