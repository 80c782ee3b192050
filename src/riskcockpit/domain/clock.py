"""Time: the clock everything is given, aware-UTC parsing, windows. Never reads the time itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Gives the present; passed in wherever time matters, so that tests and the demo own it."""

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class FrozenClock:
    """A clock that stands still."""

    at: datetime

    def now(self) -> datetime:
        """Return the fixed moment."""
        return self.at


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of time: `start <= t < end`, both aware UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end < self.start:
            message = f"window ends before it starts: {self.start} > {self.end}"
            raise ValueError(message)

    @property
    def length(self) -> timedelta:
        """The length of the window, never negative."""
        return self.end - self.start

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


def start_of_period(start: datetime | timedelta, end: datetime) -> datetime:
    """Return when a period that ends at `end` begins: at a moment, or so long before its end."""
    return end - start if isinstance(start, timedelta) else start


def as_utc(moment: datetime) -> datetime:
    """Return `moment` as aware UTC. A naive moment raises ValueError: nobody knows its zone."""
    if moment.tzinfo is None:
        message = f"a moment without a time zone: {moment.isoformat()}"
        raise ValueError(message)
    return moment.astimezone(UTC)


def parse_utc(text: str) -> datetime:
    """Read an RFC 3339 moment. A text without a zone is taken as UTC.

    Raises:
        ValueError: `text` is not a moment.
    """
    moment = datetime.fromisoformat(text.strip())
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def rfc3339(moment: datetime) -> str:
    """Write `moment` as RFC 3339 in UTC with `Z`, microseconds only when there are any."""
    text = as_utc(moment).isoformat()
    return text.replace("+00:00", "Z")
