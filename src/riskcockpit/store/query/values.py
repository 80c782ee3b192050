"""Values of a query: durations, moments, amounts, numbers, globs. Pure; raises ValueError."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from riskcockpit.domain.clock import parse_utc

_DURATION = re.compile(r"(?P<sign>[+-]?)(?P<count>\d{1,6})(?P<unit>[smhdwy])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "y": 31_536_000}
_AMOUNT = re.compile(r"(?P<number>\d{1,15}(?:\.\d{1,6})?)(?P<suffix>k|m|bn|)", re.IGNORECASE)
_SUFFIXES = {"": 1, "k": 1_000, "m": 1_000_000, "bn": 1_000_000_000}
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?")
_CVE = re.compile(r"CVE-\d{4}-\d{4,}", re.IGNORECASE)
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_LATEST = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open span of time, `start <= t < end`; a date is its whole day in UTC."""

    start: datetime
    end: datetime


def duration(text: str) -> timedelta:
    """Read `48h`, `7d`, `2w`, `90m`, `30s`, `1y` (365 days), with `+` or `-` before it."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a duration")
    seconds = int(match["count"]) * _SECONDS[match["unit"]]
    return timedelta(seconds=-seconds if match["sign"] == "-" else seconds)


def is_duration(text: str) -> bool:
    """Whether `text` reads as a duration."""
    return _DURATION.fullmatch(text) is not None


def is_cve(text: str) -> bool:
    """Whether `text` is a whole CVE id, in any case."""
    return _CVE.fullmatch(text) is not None


def span(text: str, now: datetime) -> Span:
    """Read a date, a moment in RFC 3339, `today`, `yesterday`, or a duration from `now` on."""
    if is_duration(text):
        return _instant(_shift(now, duration(text)))
    if text in ("today", "yesterday"):
        day = now.date() - timedelta(days=text == "yesterday")
        return _day(day)
    try:
        if len(text) == len("2026-01-31"):
            return _day(date.fromisoformat(text))
        moment = parse_utc(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date") from error
    if not _EARLIEST < moment < _LATEST:
        raise ValueError(f"{text!r} is too far away")
    return _instant(moment)


def amount(text: str) -> Decimal:
    """Read an amount in the currency of the settings: `250`, `100k`, `1.5m`, `2bn`."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an amount")
    return Decimal(match["number"]) * _SUFFIXES[match["suffix"].lower()]


def number(text: str) -> float:
    """Read a decimal number."""
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not a number")
    return float(text)


def weakness(text: str) -> int:
    """Read `79` or `CWE-79`."""
    digits = text.upper().removeprefix("CWE-")
    if not digits.isascii() or not digits.isdigit() or len(digits) > len("99999"):
        raise ValueError(f"{text!r} is not a CWE number")
    return int(digits)


def glob(text: str) -> str:
    """Return the ILIKE pattern (escape `\\`) of `text`, in which only `*` is special."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def _day(day: date) -> Span:
    start = datetime.combine(day, time(), UTC)
    if not _EARLIEST <= start < _LATEST:
        raise ValueError(f"{day.isoformat()} is too far away")
    return Span(start, start + timedelta(days=1))


def _instant(moment: datetime) -> Span:
    return Span(moment, moment + timedelta(microseconds=1))


def _shift(now: datetime, by: timedelta) -> datetime:
    try:
        return min(max(now + by, _EARLIEST), _LATEST)
    except OverflowError:
        return _EARLIEST if by < timedelta() else _LATEST
