"""Read models of KPIs: the number, how it is defined, what it was and what is behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from riskcockpit.domain.kpi import KpiRow, KpiState
from riskcockpit.domain.pillar import Pillar
from riskcockpit.views.posture import KpiView


@dataclass(frozen=True, slots=True)
class KpiPast:
    """What a KPI was at one moment."""

    at: datetime
    """Aware UTC."""
    value: float | None
    sample: int
    state: KpiState


@dataclass(frozen=True, slots=True)
class KpiDetail:
    """One KPI with all that explains it."""

    summary: KpiView
    pillar: Pillar
    warning: float
    """Far edge of the band in which a missed target is a warning; in the KPI's unit."""
    window: timedelta
    minimum_sample: int
    max_age: timedelta | None
    sql: str
    history: tuple[KpiPast, ...]
    """Newest first."""
    rows: tuple[KpiRow, ...]
    """Behind the newest value, the worst first."""
