"""Moments as they are typed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from riskcockpit.errors import InputError

_LONGEST = timedelta(days=36_525)
_AS = "as 2026-01-31, 2026-01-31T06:00Z or 90d"


def start_of(text: str | None) -> datetime | timedelta | None:
    """Read the start of a period: a moment (aware UTC), or how long before its end.

    None for None, when nobody named one.

    Raises:
        InputError: it is no date, moment or duration, or it is empty.
    """
    from riskcockpit.config.durations import parse_duration
    from riskcockpit.domain.clock import parse_utc

    if text is None:
        return None
    if not (text := text.strip()):
        raise InputError("the start of the period is empty", hint=f"{_AS}; is a variable not set?")
    try:
        if not (text[0].isdigit() and text[-1] in "smhdw"):
            return parse_utc(text)
        span = parse_duration(text)
    except (ValueError, OverflowError) as error:
        raise _no_start(text) from error
    if not timedelta() < span <= _LONGEST:
        raise _no_start(text)
    return span


def end_of(text: str, now: datetime) -> datetime:
    """Read an end: a date (its last second in UTC), a moment, or a duration from now.

    Raises:
        InputError: it is none of them.
    """
    from riskcockpit.config.durations import parse_duration
    from riskcockpit.domain.clock import parse_utc

    try:
        return now + parse_duration(text)
    except ValueError:
        pass
    try:
        moment = parse_utc(text)
    except ValueError as error:
        raise InputError(
            f'"{text}" is not a date', hint="as 2027-01-31, 2027-01-31T18:00Z or 30d"
        ) from error
    is_date = len(text.strip()) == len("2027-01-31")
    return datetime.combine(moment.date(), time(23, 59, 59), UTC) if is_date else moment


def _no_start(text: str) -> InputError:
    return InputError(f'"{text}" is no start of a period', hint=_AS)
