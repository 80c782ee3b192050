"""What the overview needs of a generation, gathered when it is published and kept beside its file.

A generation never changes, so everything but the passing of time is known then. A summary holds
moments, never ages: who reads it judges them against the present. It is right for a day; later,
or without one, the same facts are gathered from the generation itself. Never knows duckdb.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import msgspec

DUE_SOON = timedelta(hours=24)
"""A finding that is due within this span waits in the queue."""
MOST_DEADLINES = 20
"""How many groups of findings that are due the queue shows."""
TREND_DAYS = 30
"""How many days a trend shows, today included."""
LIFETIME = timedelta(days=1)
"""How long after a publish its summary is right."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """Base of the facts; the fields are the columns of the statement in their order.

    Moments are aware UTC, amounts are in the currency of the settings.
    """


class KpiFact(Row, frozen=True):
    """A row of `posture_kpis`."""

    id: str
    pillar: str
    title: str
    definition: str
    unit: str
    target: float
    direction: str
    value: float | None
    sample: int
    state: str
    as_of: datetime | None
    max_age_seconds: int | None
    message: str = ""
    """Why it could not be measured; empty when it could, and in summaries of earlier versions."""


class TrendFact(Row, frozen=True):
    """A row of `posture_trends`."""

    kpi_id: str
    day: date
    value: float | None


class ControlFact(Row, frozen=True):
    """A row of `posture_controls`."""

    id: str
    title: str
    pillar: str
    severity: int
    verdict: str
    message: str
    failed: int
    passed: int
    at: datetime
    since: datetime | None = None


class ExposureFact(Row, frozen=True):
    """A row of `posture_exposure`."""

    pillar: str
    at: datetime
    expected: Decimal
    waived: Decimal
    driver: str
    driver_amount: Decimal


class OpenFact(Row, frozen=True):
    """A row of `posture_open_findings`."""

    pillar: str
    findings: int


class SourceFact(Row, frozen=True):
    """A row of `posture_sources`."""

    name: str
    kind: str
    state: str
    last_success: datetime | None
    last_attempt: datetime | None
    rows: int
    pages: int
    is_truncated: bool
    message: str
    hint: str


class EnrichmentFact(Row, frozen=True):
    """A row of `posture_enrichments`."""

    kind: str
    files: int
    rows: int
    version: str
    dated: datetime
    imported_at: datetime


class AlarmFact(Row, frozen=True):
    """A row of `queue_alarms`."""

    class_: str
    subject: str
    severity: int
    title: str
    findings: int
    top: str
    onset_at: datetime
    last_seen: datetime
    exposure: Decimal
    owner: str
    gravest: tuple[str, ...] = ()
    """Ids of findings as grave as the worst, 100 at most."""


class ChampionFact(Row, frozen=True):
    """A row of `queue_champions`."""

    name: str
    tier: int
    champion: int | None
    since: datetime | None
    target: int | None
    exposure: Decimal
    seen_at: datetime
    owner: str
    window_seconds: int | None


class ActionFact(Row, frozen=True):
    """A row of `queue_actions`."""

    id: str
    kind: str
    target: str
    state: str
    message: str
    updated_at: datetime


class RequestFact(Row, frozen=True):
    """A row of `queue_requests`."""

    id: str
    actor: str
    requested_at: datetime
    kind: str
    target: str
    params: str
    could_sign: tuple[str, ...] = ()
    """Who else may add a key; of what automation proposed nobody is named."""


class WaiverFact(Row, frozen=True):
    """A row of `queue_waivers`."""

    id: str
    state: str
    reason: str
    requester: str
    requested_at: datetime
    expires_at: datetime
    finding_count: int
    exposure: Decimal
    asset: str
    why: str = ""
    """Why it is suspended, or what of it is not covered any more; else empty."""
    could_sign: tuple[str, ...] = ()


class DeadlineFact(Row, frozen=True):
    """A row of `queue_deadlines`: the findings of a group that fall due at one moment."""

    kind: str
    name: str
    step_at: datetime | None
    findings: int
    assets: int
    asset: str
    owners: tuple[str, ...]
    severity: int
    is_kev: bool
    due_at: datetime
    since: datetime
    top: str
    top_exposure: Decimal
    title: str
    exposure: Decimal


class HeldFact(Row, frozen=True):
    """A row of `queue_held`."""

    id: str
    asset: str
    tool: str
    held: int
    imported_at: datetime
    created: int
    moved: int
    reopened: int
    live: int | None
    """Before the scan; None when that was not written down."""
    releasable: int
    """Closures that are remembered one by one; 0 for scans of earlier versions."""


class GlassFact(Row, frozen=True):
    """A row of `queue_glasses`."""

    id: str
    kind: str
    subject: str
    actor: str
    reason: str
    decided_at: datetime
    review_by: datetime
    could_sign: tuple[str, ...] = ()


class WaivedFact(Row, frozen=True):
    """A row of `alerts_waived`."""

    kind: str
    subject: str
    severity: int
    findings: int
    title: str
    since: datetime
    owner: str


class Summary(msgspec.Struct, frozen=True, kw_only=True, tag="summary/6"):
    """Everything on the overview that a generation knows."""

    at: datetime
    """When it was gathered."""
    due_until: datetime
    """Deadlines before this moment are in it."""
    expiring_until: datetime
    """Ends of waivers before this moment are in it."""
    kpis: tuple[KpiFact, ...]
    trends: tuple[TrendFact, ...]
    controls: tuple[ControlFact, ...]
    exposures: tuple[ExposureFact, ...]
    opened: tuple[OpenFact, ...]
    sources: tuple[SourceFact, ...]
    enrichments: tuple[EnrichmentFact, ...]
    alarms: tuple[AlarmFact, ...]
    champions: tuple[ChampionFact, ...]
    actions: tuple[ActionFact, ...]
    requests: tuple[RequestFact, ...]
    waivers: tuple[WaiverFact, ...]
    deadlines: tuple[DeadlineFact, ...]
    held: tuple[HeldFact, ...]
    glasses: tuple[GlassFact, ...]
    waived: tuple[WaivedFact, ...]
    heads: tuple[tuple[str, str], ...]
    """(chain, hash of the last entry that is known of it)."""

    def covers(self, now: datetime, notice: timedelta) -> bool:
        """Return whether it says all about `now`, with waivers announced `notice` ahead."""
        is_known = now + DUE_SOON <= self.due_until and now + notice <= self.expiring_until
        return self.at <= now and is_known

    def encoded(self) -> bytes:
        """Return it as it is kept."""
        return msgspec.json.encode(self)


def decoded(content: bytes) -> Summary | None:
    """Return the summary that is kept as `content`; None when another version wrote it."""
    try:
        return msgspec.json.decode(content, type=Summary)
    except msgspec.DecodeError:
        return None
