"""When something happened, in the ways tools write it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from riskcockpit.domain.clock import parse_utc

_PATTERNS = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y at %H:%M:%S")
_MILLISECONDS_FROM = 10**11
"""Epoch numbers from here on count milliseconds: as seconds they lie beyond the year 5000."""
_FIRST_YEAR = 1990
"""What claims to be older is a placeholder, as Go's year 1 or the epoch."""
_TAIL = re.compile(r"(?P<fraction>\.\d+)?\s*(?P<zone>Z|UTC|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)
_MICROSECONDS = 7  # the point and six digits
_ZONE_NAME = re.compile(r"\b[A-Z]{2,5}\b")
_KNOWN_ZONES = frozenset(
    ("UT", "UTC", "GMT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AST", "ADT")
)
"""Those that RFC 5322 gives an offset, and their neighbours in Python's `email.utils`."""


def moment(value: Any) -> datetime | None:
    """Return the moment `value` stands for, aware UTC; None when it is none or nobody can tell.

    Reads RFC 3339, RFC 5322 as mail has it, C's `asctime`, American dates, and seconds or
    milliseconds since the epoch. A moment without a zone is taken as UTC; one with the name of a
    zone that is not known everywhere (`WIB`) is no moment.
    """
    try:
        found = _number(value) if _is_number(value) else _text(str(value or "").strip())
    except (ValueError, OverflowError, OSError):
        return None
    return found if found is not None and found.year >= _FIRST_YEAR else None


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().isascii() and value.strip().isdigit()
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> datetime:
    seconds = float(value)
    return datetime.fromtimestamp(
        seconds / 1000 if seconds >= _MILLISECONDS_FROM else seconds, tz=UTC
    )


def _tidy(text: str) -> str:
    """Return a moment with a zone like `+0000` or ` UTC`, or too fine a fraction, as RFC 3339."""
    tail = _TAIL.search(text)
    if tail is None:
        return text
    zone = (tail["zone"] or "").upper().replace("UTC", "Z")
    return text[: tail.start()] + (tail["fraction"] or "")[:_MICROSECONDS] + zone


def _text(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return parse_utc(_tidy(text))
    except ValueError:
        pass
    for pattern in _PATTERNS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    from email.utils import parsedate_tz  # noqa: PLC0415 - it loads sockets; few reports need it

    parts = parsedate_tz(text)
    if parts is None or not _KNOWN_ZONES.issuperset(_ZONE_NAME.findall(text)):
        return None
    zone = timezone(timedelta(seconds=parts[9] or 0))
    return datetime(*parts[:6], tzinfo=zone).astimezone(UTC)
