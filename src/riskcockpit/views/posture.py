"""Read models of the overview: pillars, KPIs, the decision queue, sources, exposure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.reading import Direction
from riskcockpit.domain.severity import Severity
from riskcockpit.views.syncing import SourceProgress


@dataclass(frozen=True, slots=True)
class KpiView:
    """One KPI with its target and trend."""

    id: str
    title: str
    definition: str
    unit: str
    """Of `value` and `target`: `percent`, `seconds`, `minutes`, `hours`, `days` or `count`."""
    value: float | None
    target: float
    direction: Direction
    state: KpiState
    as_of: datetime | None
    sample: int
    trend: tuple[float | None, ...] = ()
    """Oldest first, one value a day, at most 30."""
    message: str = ""
    """Why it could not be measured: its SELECT is at fault; empty when it could."""


@dataclass(frozen=True, slots=True)
class PillarView:
    """One pillar's card."""

    pillar: Pillar
    state: KpiState
    reason: str
    """One sentence that says what made the state; empty when ok."""
    at_risk: Money
    at_risk_change: Money | None
    """Since a day ago; None without a reading that old."""
    kpis: tuple[KpiView, ...]
    """The headline KPI first."""
    open_findings: int
    failing_controls: int
    controls: int
    as_of: datetime | None
    """When the newest input of the pillar was seen."""
    unjudged_controls: int = 0
    """Of `controls`, those whose data is missing or too old: they neither pass nor fail."""

    @property
    def judged_controls(self) -> int:
        """Of `controls`, those that pass or fail."""
        return self.controls - self.unjudged_controls


class QueueKind(StrEnum):
    """Why something waits for a person."""

    MODEL_ALARM = "model_alarm"
    DATA_ALARM = "data_alarm"
    ROLLBACK_REQUEST = "rollback_request"
    WAIVER_REQUEST = "waiver_request"
    WAIVER_EXPIRING = "waiver_expiring"
    SLA = "sla"
    ACTION_FAILED = "action_failed"
    CHAMPION_MISSING = "champion_missing"
    IMPORT_HELD = "import_held"
    GLASS_REVIEW = "glass_review"


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One row of "needs you now"."""

    id: str
    """Unique within the queue and stable over refreshes."""
    kind: QueueKind
    title: str
    detail: str
    since: datetime
    due_at: datetime | None
    at_risk: Money | None
    state: KpiState
    """`alarm` or `warn`."""
    subject: str
    """What the keys act on: a finding id, a model name, a request hash, an action id."""
    keys: tuple[str, ...]
    """Keys that act on it, the likeliest first, as `("r", "n")`."""
    query: str = ""
    """The query of all findings concerned; empty when `subject` is all there is."""
    severity: Severity = Severity.MEDIUM
    """How grave it is; what is not due yet counts a grade less than what is."""
    owner: str = ""
    """The team that answers for it; empty when none or several are named."""
    parts: tuple[str, ...] = ()
    """Of an alarm: the gravest findings, each with the version that serves; none while readings of
    that version are awaited."""


@dataclass(frozen=True, slots=True)
class SourceView:
    """Health of one configured source."""

    name: str
    kind: str
    state: str
    """`ok`, `partial`, `failed` or `never`."""
    last_success: datetime | None
    last_attempt: datetime | None
    rows: int
    message: str = ""
    hint: str = ""
    pages: int = 0
    """Read in the last pass."""
    is_truncated: bool = False
    """The last pass did not read everything: nothing was closed by what it lacked."""
    progress: SourceProgress | None = None
    """How far a sync has come that runs now, in any process."""


@dataclass(frozen=True, slots=True)
class EnrichmentView:
    """What is in force of one kind of knowledge from elsewhere."""

    kind: str
    """`epss`, `kev`, `backstage` or `codeowners`."""
    state: str
    """`ok` or `stale`; owners and services do not grow stale."""
    files: int
    rows: int
    version: str
    dated: datetime
    """The moment the oldest of its files is of."""
    imported_at: datetime
    """When the newest of them came."""


@dataclass(frozen=True, slots=True)
class ExposureView:
    """Money at risk over the next twelve months."""

    mean: Money
    p95: Money | None
    """None until the simulation exists."""
    appetite: Money
    change: Money | None
    """Of the mean since a day ago."""
    driver: str
    """What contributes most, as `fraud-scoring v7`; empty when nothing is at risk."""
    waived: Money
    """Exposure of waived findings; not part of the mean."""


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What the header says of the ledger."""

    is_ok: bool
    entries: int
    head: str
    """Hash of this writer's last entry; empty when there is none."""
    message: str = ""


@dataclass(frozen=True, slots=True)
class PostureView:
    """Everything on the overview, of one generation of the cache."""

    as_of: datetime
    """The moment it was computed for."""
    generation: int
    """0 when there is no cache yet."""
    context: str
    is_production: bool
    principal: str
    pillars: tuple[PillarView, ...]
    exposure: ExposureView
    queue: tuple[QueueItem, ...]
    sources: tuple[SourceView, ...]
    ledger: LedgerState
    enrichments: tuple[EnrichmentView, ...] = ()
