"""Readings: one measured number about a model, a data set or a service at one moment."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SubjectKind(StrEnum):
    """What a reading is about."""

    MODEL = "model"
    DATASET = "dataset"
    SERVICE = "service"


class MetricClass(StrEnum):
    """What a metric says; decides what may follow from a breach."""

    ACCURACY = "accuracy"
    """How right the model is: may roll back."""
    BIAS = "bias"
    """How unequal groups are treated: may roll back."""
    DRIFT = "drift"
    """How far the data moved: raises an alarm, never rolls back by itself."""
    QUALITY = "quality"
    """Data checks."""
    FRESHNESS = "freshness"
    """Age of data or telemetry."""
    VOLUME = "volume"
    OTHER = "other"


ROLLS_BACK = frozenset({MetricClass.ACCURACY, MetricClass.BIAS})
"""Only these readings are a reason to roll back; under drift the old version sees the same data."""


class Direction(StrEnum):
    """On which side of the threshold or target a value is good."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"

    def holds(self, value: float, limit: float) -> bool:
        """Whether `value` is on the good side of `limit`; the limit itself is good, NaN never."""
        return value >= limit if self is Direction.AT_LEAST else value <= limit

    @property
    def sign(self) -> str:
        """The sign shown before a target."""
        return "≥" if self is Direction.AT_LEAST else "≤"


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured number."""

    subject_kind: SubjectKind
    subject: str
    """Model, data set or service name."""
    metric: str
    metric_class: MetricClass
    value: float
    """In `unit`; NaN and infinities are kept out by the connector."""
    at: datetime
    """When it was measured, aware UTC."""
    unit: str = "ratio"
    """`ratio` (0 to 1), `percent`, `seconds`, `count` or the metric's own word."""
    version: int | None = None
    segment: str = ""
    """Feature or group; empty for the whole population."""
    threshold: float | None = None
    direction: Direction = Direction.AT_LEAST
    window_seconds: int | None = None
    """The span the value was computed over; None when unknown."""
    sample_size: int | None = None

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            message = f"{self.subject} {self.metric}: a reading needs a finite value"
            raise ValueError(message)

    @property
    def is_breach(self) -> bool:
        """Whether the value lies beyond its threshold; without a threshold never."""
        return self.threshold is not None and not self.direction.holds(self.value, self.threshold)
