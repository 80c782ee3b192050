"""What is remembered between two syncs: per list how far it was read, per run what is open."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

import msgspec

from riskcockpit.domain.clock import parse_utc, rfc3339

LOOKBACK = timedelta(minutes=10)
"""Changes may show this much later than they say."""
MOST_RECENT = 2_000
"""Alerts remembered from within the lookback; with more, they are read again."""


class ListPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far one list of alerts was read."""

    watermark: str
    """The newest change seen, in GitHub's writing."""
    pages: int = 0
    """Of the last whole pass."""
    recent: tuple[str, ...] = ()
    """Digests of the alerts within the lookback: seen, and not to be told again."""

    @property
    def floor(self) -> str:
        """What changed before this was seen; sorts as GitHub's times do."""
        return _written(parse_utc(self.watermark) - LOOKBACK)


class DeliveryPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far runs and deployments of one repository were read."""

    runs_since: str
    """Runs made before this were seen, but for the open ones."""
    deployments_since: str
    """Deployments made before this were seen and have ended."""
    open_runs: tuple[int, ...] = ()
    """Runs that had not ended."""


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The whole cursor of a source."""

    asked: str
    """Digest of the options it belongs to; another one means from the start."""
    reconciled_at: str
    """When everything was read last."""
    lists: dict[str, ListPlace] = {}
    deliveries: dict[str, DeliveryPlace] = {}

    @classmethod
    def read(cls, text: str, asked: str) -> Self | None:
        """Return the cursor in `text`, or None when it is none, or belongs to other options."""
        try:
            found = msgspec.json.decode(text, type=cls) if text else None
            if found is None or found.asked != asked:
                return None
            for place in found.lists.values():
                parse_utc(place.watermark)
            for delivery in found.deliveries.values():
                parse_utc(delivery.runs_since)
                parse_utc(delivery.deployments_since)
            parse_utc(found.reconciled_at)
        except (msgspec.DecodeError, UnicodeError, ValueError):
            return None
        return found

    def is_due(self, now: datetime, after: timedelta) -> bool:
        """Whether everything has to be read again."""
        return now - parse_utc(self.reconciled_at) >= after

    def written(self) -> str:
        """Return the cursor as text."""
        return msgspec.json.encode(self, order="deterministic").decode()


def watermark(newest: str, until: datetime) -> str:
    """Return the watermark after a pass: never beyond the moment it began."""
    return min(newest or _written(until), _written(until))


def _written(moment: datetime) -> str:
    """Write a time as GitHub does, in whole seconds."""
    return rfc3339(moment.replace(microsecond=0))
