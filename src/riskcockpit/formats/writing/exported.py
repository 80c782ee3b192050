"""A finding on its way out, in the terms of the formats: what was seen, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.finding import Observation, State


@dataclass(frozen=True, slots=True)
class Exported:
    """One finding as the writers of all formats take it."""

    seen: Observation
    """As the tool reported it last; `claimed_id` is the finding's id, `asset` is filled."""
    category: str
    branch: str
    state: State
    first_seen: datetime
    """Aware UTC."""
    last_seen: datetime
    """Aware UTC."""
    fixed_at: datetime | None
    due_at: datetime | None
    owner: str
    exposure: float
    """Annual loss expectancy in the currency of the settings."""
    waiver_reason: str = ""
    """Of the waiver, else the justification of the VEX statement that suppresses the finding."""
    waiver_text: str = ""
    """What somebody signed, else what the VEX statement says; empty without either."""

    @property
    def id(self) -> str:
        """The finding's id, 32 hex digits."""
        return self.seen.claimed_id
