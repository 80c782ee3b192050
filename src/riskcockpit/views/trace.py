"""Read models of the chain behind a deployment to production."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.traceability import Gap


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One deployment to production in the list."""

    id: str
    source: str
    asset: str
    environment: str
    status: str
    at: datetime
    """When it ended, else when it began. Aware UTC, as all times here."""
    commit: str
    """Of itself, or of a record of the same delivery; empty: nobody says."""
    actor: str
    gaps: tuple[Gap, ...]

    @property
    def is_traceable(self) -> bool:
        """Whether nothing of its chain is missing."""
        return not self.gaps


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """What one source says of the same delivery."""

    id: str
    source: str
    upstream_id: str
    asset: str
    environment: str
    is_production: bool
    status: str
    commit: str
    ref: str
    pipeline: str
    url: str
    artifacts: tuple[str, ...]
    actor: str
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class TracedScan:
    """The newest scan of one tool over one asset before the deployment."""

    tool: str
    tool_version: str
    asset: str
    scanned_at: datetime
    is_complete: bool
    incomplete_because: str
    counts: bool
    """It was complete, and young enough to speak for the deployment."""
    findings: int
    """Records it read."""
    scan: str
    content_hash: str


@dataclass(frozen=True, slots=True)
class TracedAnswer:
    """What somebody said to it, upstream or here."""

    actor: str
    answer: str
    at: datetime | None
    """None: the system does not say when."""
    source: str
    """Who recorded it; `ledger`: it was decided here."""
    reference: str
    """Its id there; of the ledger the hash of the entry."""


@dataclass(frozen=True, slots=True)
class TracedModel:
    """The version of a model that it serves."""

    name: str
    version: int | None
    status: str
    run_id: str
    run_user: str
    datasets: tuple[tuple[str, str], ...]
    """(name, digest)."""
    validated_by: str
    is_approved: bool


@dataclass(frozen=True, slots=True)
class TracedEntry:
    """A decision that touches it."""

    hash: str
    ts: datetime
    actor: str
    type: str
    summary: str


@dataclass(frozen=True, slots=True)
class TraceView:
    """The whole chain of one deployment."""

    row: TraceRow
    previous: str
    """Id of the deployment that served the place before; empty: none is known."""
    records: tuple[DeliveryRecord, ...]
    """Its own first, then those of the same delivery, the oldest first."""
    scans: tuple[TracedScan, ...]
    answers: tuple[TracedAnswer, ...]
    model: TracedModel | None
    """None: it serves none that is known."""
    entries: tuple[TracedEntry, ...]
    """Waivers in force, approvals, rollbacks and receipts, the oldest first."""
