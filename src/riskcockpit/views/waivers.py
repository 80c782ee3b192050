"""Read models of waivers and of the requests that wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from riskcockpit.domain.money import Money
from riskcockpit.views.findings import FindingRow


class WaiverStanding(StrEnum):
    """How a waiver stands, by the ledger and by what the cache knows of its findings."""

    REQUESTED = "requested"
    ACTIVE = "active"
    IN_REVIEW = "in_review"
    """It counts where nothing changed; what became worse counts again. Somebody has to look."""
    SUSPENDED = "suspended"
    ENDED = "ended"
    """Rejected, revoked, undone or renewed, or nothing that it covers is left."""
    EXPIRED = "expired"
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class WaiverScope:
    """What somebody is about to ask a waiver for, and what the bank's rules want of it."""

    first: tuple[tuple[str, str], ...]
    """The first three: title, and asset with place."""
    severity: str
    """The highest of those that can be waived."""
    days: int
    """How long a waiver over it may last."""
    latest: datetime
    """No end may be later."""
    last_day: date
    """The last day a date may name."""
    min_justification: int
    """Characters a justification has at least."""
    count: int
    """How many findings it is about."""


@dataclass(frozen=True, slots=True)
class WaiverRow:
    """A waiver with how it stands, and why."""

    id: str
    standing: WaiverStanding
    why: str
    """One sentence or several; empty when nothing is to be said."""
    kind: str
    reason: str
    justification: str
    requester: str
    approvers: tuple[str, ...]
    risk_owner: str
    requested_at: datetime
    decided_at: datetime | None
    """When it had all its keys."""
    review_at: datetime | None
    expires_at: datetime | None
    """None when its entry cannot be read."""
    is_ending: bool
    """Whether its end is announced: nearer than the notice of the settings."""
    findings: int
    """Those on its list."""
    covered: int
    """Those that it covers now."""
    severity: str
    exposure: Money
    """Annual loss expectancy of what it covers now; of what it asks for while it is a request."""
    query: str
    rule: str
    renews: str = ""
    renewed_by: str = ""
    renewals: int = 0
    waived: timedelta = timedelta()
    """For how long it covered something."""
    ended_at: datetime | None = None
    """When it was rejected, revoked, undone or renewed; None where nobody ended it."""


@dataclass(frozen=True, slots=True)
class WaiverDetail:
    """One waiver in full."""

    row: WaiverRow
    facts: tuple[tuple[str, str], ...]
    """What its record says, labelled."""
    triggers: tuple[str, ...]
    """Why somebody has to look at it again, one sentence each."""
    findings: tuple[CoveredFinding, ...]
    controls: Mapping[str, str] = field(default_factory=dict)
    """Control that compensates → its latest verdict."""
    duties: tuple[tuple[str, str], ...] = ()
    """Who added a key that counts, and what was checked of them."""
    history: tuple[WaiverEvent, ...] = ()
    """What was signed about it, the oldest first."""


@dataclass(frozen=True, slots=True)
class WaiverEvent:
    """Something that was signed about a waiver."""

    at: datetime
    actor: str
    text: str
    entry: str
    """Hash of its entry in the ledger."""


@dataclass(frozen=True, slots=True)
class CoveredFinding:
    """A finding on the list of a waiver, as it is now."""

    id: str
    title: str
    asset: str
    severity: str
    state: str
    is_covered: bool
    why_not: str
    """Why it is not covered; empty when it is."""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request that waits for somebody, or on which two disagree."""

    id: str
    kind: str
    """`waiver`, `policy`, `proposal` (of automation), or the kind of the action."""
    summary: str
    requester: str
    requested_at: datetime
    rule: str
    why: str
    """What the rule is for."""
    signed: tuple[str, ...]
    """Who signed it, the requester first."""
    needs: tuple[str, ...]
    """Whose key is missing, one sentence each."""
    review_by: datetime | None
    """Of a broken glass: until when it has to be reviewed."""
    may_approve: bool
    why_not: str
    """Why this person may not approve it; empty when they may."""
    could: tuple[str, ...] = ()
    """Who may add a key by the rules in force, by principal; empty when it waits for none."""
    conflict: str = ""
    """How two who did not know of each other disagree; empty when nobody does."""


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """One request in full, also of those that wait no longer."""

    row: RequestRow
    state: str
    facts: tuple[tuple[str, str], ...]
    """Its whole hash, its place, the head of its chain as it is known here, then its terms."""
    findings: tuple[FindingRow, ...] = ()
    """A sample, worst first, of those the cache knows."""
    finding_count: int = 0
    exposure: Money | None = None
