"""The demo's time: set to moments of the past while history is replayed, then the real time."""

from __future__ import annotations

from datetime import datetime

from riskcockpit.domain.clock import Clock, as_utc


class ReplayClock:
    """A clock that can be set; `release` hands over to the clock it was built on.

    Set and read by one thread while history is replayed; after `release` it may be read by any.
    """

    def __init__(self, real: Clock) -> None:
        self._real = real
        self._at: datetime | None = None

    def move_to(self, moment: datetime) -> None:
        """Stand still at `moment`.

        Raises:
            ValueError: `moment` has no time zone.
        """
        self._at = as_utc(moment)

    def release(self) -> None:
        """Go with the real time from now on."""
        self._at = None

    def now(self) -> datetime:
        """Return the moment that was set, or the real present."""
        return self._at or self._real.now()
