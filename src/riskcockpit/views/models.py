"""Read models of the models screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.domain.reading import Direction, MetricClass


@dataclass(frozen=True, slots=True)
class MetricView:
    """The latest reading of one metric of a model, with its recent past."""

    metric: str
    metric_class: MetricClass
    segment: str
    version: int | None
    value: float
    unit: str
    threshold: float | None
    direction: Direction
    state: KpiState
    """`ok`, `alarm` or `stale`; `no_data`: what serves now has no reading, one before it had."""
    as_of: datetime
    trend: tuple[tuple[datetime, float], ...] = ()
    """Oldest first, at most 240 points."""


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version with its lineage."""

    version: int
    status: str
    aliases: tuple[str, ...]
    created_at: datetime
    is_approved: bool
    is_rolled_back: bool
    validated_by: str
    run_id: str
    run_user: str
    datasets: tuple[tuple[str, str], ...]
    """(name, digest)."""
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    explanation: str
    """Path of the explainability artefact; empty when there is none."""


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One production model in the list."""

    name: str
    tier: int
    owner: str
    domain: str
    state: KpiState
    reason: str
    champion: int | None
    champion_since: datetime | None
    rollback_target: int | None
    exposure: Money
    metrics: tuple[MetricView, ...]
    """Accuracy class first, then bias, drift, others."""
    former: tuple[MetricView, ...] = ()
    """Readings of what served before, of the metrics that what serves now has none of yet; of the
    last day."""


@dataclass(frozen=True, slots=True)
class TimelineEvent:
    """Something that happened to a model: a move, a decision, an alarm."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ModelDetail:
    """All that is known of one model."""

    row: ModelRow
    purpose: str
    versions: tuple[VersionView, ...]
    timeline: tuple[TimelineEvent, ...]
    """Newest first."""


@dataclass(frozen=True, slots=True)
class MoveTarget:
    """A version that a model could be rolled back to, or could not, and why."""

    version: VersionView
    why_not: str
    """What speaks against it; empty when it may serve."""
    is_default: bool
    """It is the newest that may: where a rollback leads when nobody says where to."""
    readings: tuple[tuple[str, float], ...] = ()
    """(metric, its newest reading while this version served), of those that may roll back."""
