"""What automation thinks, and how its process does: read models."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.automation import Check, Verdict


@dataclass(frozen=True, slots=True)
class RuleView:
    """What one rule says of one series of a model."""

    rule: str
    metric: str
    segment: str
    verdict: Verdict
    reason: str
    value: float | None
    """Of the newest reading; None without one."""
    at: datetime | None
    conditions: tuple[Check, ...]
    guards: tuple[Check, ...]
    target: int | None
    """Where a rollback would go."""


@dataclass(frozen=True, slots=True)
class AutomationView:
    """What the rules of automation say of one model now."""

    model: str
    champion: int | None
    is_enforced: bool
    why: str
    """Why it is enforced, or only proposed."""
    stopped: str
    """Why automation is stopped; empty when it is not."""
    origin: str
    """Where the rules in force come from."""
    at: datetime
    rules: tuple[RuleView, ...]


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """Something that the watch did or saw."""

    at: datetime
    kind: str
    """`started`, `standing by`, `quiet`, `alarm`, `stale`, `held`, `proposed`, `rolled back`,
    `refused`, `recovered`, `not recovered`, `trouble`, `stopping` …"""
    subject: str
    """A model or a source; empty: the watch itself."""
    detail: str
    decision: str = ""
    """Hash of the entry that was signed."""


@dataclass(frozen=True, slots=True)
class WatchHealth:
    """How the watch does."""

    state: str
    """`leading`, `late`, `stopped`."""
    pid: int
    """0 when none runs."""
    host: str
    started_at: datetime | None
    looked_at: datetime | None
    """When the last cycle ended."""
    published_at: datetime | None
    cycle_seconds: float
    stopped: str
    """Why automation is stopped; empty when it is not."""
    trouble: str
    """What went wrong in the last cycle; empty when nothing did."""
    models: int
    """How many are watched."""

    @property
    def is_well(self) -> bool:
        """Whether it looks as often as it should."""
        return self.state == "leading"
