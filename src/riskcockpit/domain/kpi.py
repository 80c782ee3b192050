"""Readings of KPIs: a number against its target, with a state that is never green without data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from riskcockpit.domain.reading import Direction


class KpiState(StrEnum):
    """How a KPI or a pillar stands, from best to worst."""

    OK = "ok"
    WARN = "warn"
    ALARM = "alarm"
    STALE = "stale"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True)
class KpiReading:
    """One value of one KPI at one moment."""

    kpi_id: str
    at: datetime
    """The moment the KPI was computed for, aware UTC."""
    value: float | None
    """In the unit of the KPI's definition; None without data."""
    sample: int
    """How many items the value rests on."""
    state: KpiState
    as_of: datetime | None = None
    """When the newest input was seen; None without data."""
    message: str = ""
    """Why there is no value although there may be data: the KPI itself is at fault. Else empty."""


@dataclass(frozen=True, slots=True)
class KpiRow:
    """One item behind a number."""

    item: str
    """A finding's id, a model, a data set, a waiver …"""
    value: float | None
    """In the unit of the KPI where the item has one; None when it has none."""
    at: datetime | None
    """When it was true, aware UTC."""
    note: str
    """In words."""


def judge(
    value: float | None, target: float, direction: Direction, warning: float, *, is_stale: bool
) -> KpiState:
    """Return the state of `value` against `target`.

    `warning` is the far edge of the band in which a missed target is a warning, in the KPI's
    unit: with `at_most`, `target < value <= warning` warns and beyond it alarms.
    """
    if value is None:
        return KpiState.NO_DATA
    if is_stale:
        return KpiState.STALE
    if direction.holds(value, target):
        return KpiState.OK
    return KpiState.WARN if direction.holds(value, warning) else KpiState.ALARM
