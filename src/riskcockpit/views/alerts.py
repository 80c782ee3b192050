"""Read models of alerting: alerts with what became of them, messages, the digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert."""

    id: str
    """Ten hexadecimal digits; commands take any unique beginning of at least 4, or the key."""
    key: str
    kind: str
    severity: str
    title: str
    detail: str
    owner: str
    since: datetime
    """When it began, as far as upstream says."""
    fate: str
    """What became of it in the last cycle: `sent`, or why it was not told; `ended`."""
    told_at: datetime | None
    """When a message about it last arrived, or may have."""
    times: int
    """How often it was told: in messages that arrived, or may have."""
    recipient: str
    """The channel that was told last, or would be first; empty without a route."""
    acked_at: datetime | None
    acked_by: str
    ended_at: datetime | None
    held: Mapping[str, int]
    """Why it was held back → in how many cycles."""
    at_risk: Decimal | None
    """In the currency of the settings."""
    subject: str
    unsent: str = ""
    """`waiting` when the newest message about it was refused and is tried again, `failed` when it
    was given up; else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One message to one channel."""

    id: str
    channel: str
    state: str
    """`waiting`, `sending`, `done`, `unknown`, `failed` or `superseded`."""
    severity: str
    owner: str
    headline: str
    alerts: tuple[str, ...]
    """Keys of what it tells."""
    created_at: datetime
    at: datetime
    attempts: int
    message: str
    """Why it is not done; empty when it is."""


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """One alert with the messages that told it."""

    row: AlertRow
    deliveries: tuple[DeliveryRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendReport:
    """What one cycle of alerting came to."""

    at: datetime
    is_dry_run: bool
    deliveries: tuple[DeliveryRow, ...]
    """What was sent, or would be."""
    waiting: int
    """Messages that are held: until quiet hours end, or until their next attempt."""
    fates: Mapping[str, int]
    """What became of the facts → how many."""
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> int:
        """Messages that were tried and not delivered for sure."""
        return sum(row.state in ("waiting", "unknown", "failed") for row in self.deliveries)


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView:
    """What there is, what was told and what was held back, over a period."""

    since: datetime
    until: datetime
    context: str
    open: tuple[AlertRow, ...]
    """The worst first."""
    ended: tuple[AlertRow, ...]
    """That ended in the period and are remembered."""
    fates: Mapping[str, int] = field(default_factory=dict)
    """What became of facts, summed over the cycles of the period, by the hour."""
    deliveries: tuple[DeliveryRow, ...] = ()
    """Made in the period, the oldest first."""
