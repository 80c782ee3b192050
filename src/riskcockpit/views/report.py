"""Read models of the governance report: what a board reads, as of one generation of the cache."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from riskcockpit.domain.money import Money
from riskcockpit.domain.severity import Severity
from riskcockpit.views.posture import ExposureView, PillarView, SourceView


@dataclass(frozen=True, slots=True)
class ExposureDay:
    """Money at risk at the end of one day, over all pillars."""

    day: date
    expected: Decimal
    """In the currency of the report."""


@dataclass(frozen=True, slots=True)
class Driver:
    """What contributes most to the money at risk."""

    name: str
    """A model, else an asset."""
    pillar: str
    owner: str
    findings: int
    """Open ones."""
    expected: Money


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the requirements of one framework stand; the states are those of `compliance`."""

    framework: str
    title: str
    certainty: str
    """Of the references: `checked`, `secondary` or `unchecked`."""
    requirements: int
    present: int
    failing: int
    """Of the present ones, those of which a control says that something is wrong."""
    stale: int
    absent: int
    not_automated: int


@dataclass(frozen=True, slots=True)
class FailingControl:
    """A control that is not ok."""

    id: str
    title: str
    pillar: str
    severity: Severity
    verdict: str
    failed: int
    message: str


@dataclass(frozen=True, slots=True)
class ReportedWaiver:
    """A waiver in force, asked for, or ended within the period."""

    id: str
    state: str
    reason: str
    requester: str
    approver: str
    expires_at: datetime
    findings: int
    exposure: Money
    is_expiring: bool
    """It ends within the notice of the settings."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A breach of a model or data monitor that was open within the period."""

    subject: str
    title: str
    severity: Severity
    onset_at: datetime | None
    detected_at: datetime
    acknowledged_at: datetime | None
    contained_at: datetime | None
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bridge:
    """Findings of one severity from the start of the period to its end: the sums must agree."""

    severity: Severity
    opening: int
    new: int
    fixed: int
    closing: int
    waived: int
    """Of the closing ones; and false positives."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Records that no reader could use, of the scans in force."""

    tool: str
    asset: str
    records: int


@dataclass(frozen=True, slots=True)
class Attestation:
    """What the figures rest on, and how to check it."""

    generation: int
    policy_digest: str
    """SHA-256 over the controls and KPIs in force; empty when the evaluation was not signed."""
    results_digest: str
    """SHA-256 over all verdicts and rows; empty as above."""
    evaluated_by: str
    """Who signed the evaluation; empty as above."""
    heads: tuple[tuple[str, str], ...]
    """(chain, hash of its last entry) when the evaluation was signed."""
    entries: int
    is_verified: bool
    problem: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """The whole report. The same generation, ledger and period give the same report."""

    organisation: str
    """The name of the context."""
    is_production: bool
    is_draft: bool
    since: datetime
    until: datetime
    """The moment the generation was judged for; all figures are as of it. Aware UTC."""
    exposure: ExposureView
    is_inside: bool
    """Whether the mean annual loss is within the appetite."""
    history: tuple[ExposureDay, ...]
    drivers: tuple[Driver, ...]
    pillars: tuple[PillarView, ...]
    coverage: tuple[Coverage, ...]
    failing: tuple[FailingControl, ...]
    controls: tuple[tuple[str, int], ...]
    """(verdict, controls), in a fixed order; those without any too."""
    waivers: tuple[ReportedWaiver, ...]
    approvers: tuple[tuple[str, int, Money], ...]
    """(who, waivers in force, exposure they carry)."""
    incidents: tuple[Incident, ...]
    bridge: tuple[Bridge, ...]
    sources: tuple[SourceView, ...]
    unreadable: tuple[Unreadable, ...]
    waiting: tuple[tuple[str, str, Money | None], ...]
    """Decisions asked for: (title, detail, money at risk), by consequence."""
    scenarios: str
    """Where the prior of each loss comes from, in words."""
    attestation: Attestation
