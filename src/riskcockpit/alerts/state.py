"""What alerting remembers from cycle to cycle: what was told, what waits to be sent, and counts.

It is kept outside the cache: a cache that is built anew must not tell everything again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from riskcockpit.domain.alert import Fact, Fate, Notice
from riskcockpit.domain.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing over its life, from when it was first there until it is forgotten."""

    fact: Fact
    """As it was last seen."""
    began_at: datetime
    """When a cycle first saw it."""
    seen_at: datetime
    raised_at: datetime
    """When it began, or last got worse: an acknowledgement before this moment says nothing."""
    told_at: datetime | None = None
    told_severity: Severity = Severity.INFO
    step: int = 0
    """Which recipient of its route is told; 0 is the first."""
    step_at: datetime | None = None
    """When that recipient was first told."""
    times: int = 0
    """How often it was told."""
    told_parts: tuple[str, ...] | None = None
    """What was told of its parts, in order; None: nobody knows any more."""
    ended_at: datetime | None = None
    """Since when it is not there any more."""
    acked_at: datetime | None = None
    acked_by: str = ""
    fate: Fate = Fate.SENT
    """What became of it in the last cycle that saw it."""
    held: Mapping[str, int] = field(default_factory=dict)
    """Fate → in how many cycles, of those that held it back."""


class DeliveryState(StrEnum):
    """How far a message has come."""

    WAITING = "waiting"
    """Not sent, or refused before anything was delivered; sent in the next cycle."""
    SENDING = "sending"
    """Being sent; found at the start of a cycle: nobody knows what came of it."""
    DONE = "done"
    UNKNOWN = "unknown"
    """It may have been delivered; never repeated blindly."""
    FAILED = "failed"
    """Given up after the last attempt."""
    SUPERSEDED = "superseded"
    """What it tells ended, or was acknowledged, before it could be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message on its way to one channel."""

    notice: Notice
    channel: str
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    at: datetime
    """When its state last changed."""
    message: str = ""
    """Why it is not done."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything that is remembered."""

    at: datetime | None = None
    """Of the last cycle."""
    alerts: tuple[Alert, ...] = ()
    """By key."""
    deliveries: tuple[Delivery, ...] = ()
    """The oldest first."""
    spent: Mapping[str, int] = field(default_factory=dict)
    """Messages to each owner on `spent_day`."""
    spent_day: str = ""
    digest_day: str = ""
    """The local day of the last digest that was sent by itself."""
    tally: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Hour in UTC, as `2026-01-31T06` → fate → how many facts; of the last 31 days."""

    def alert(self, key: str) -> Alert | None:
        """Return the alert of that key, or None."""
        return next((alert for alert in self.alerts if alert.fact.key == key), None)
