"""How deliveries went, as readings of the service they deliver. Pure."""

from __future__ import annotations

from datetime import datetime

from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.domain.untrusted import clean_line

DEPLOYMENT_SUCCESS = "deployment_success"
DEPLOYMENT_HEALTHY = "deployment_healthy"
DEPLOYMENT_WAITING = "deployment_waiting"


def outcome(  # noqa: PLR0913 - a reading is all of these
    service: str,
    metric: str,
    segment: str,
    at: datetime,
    *,
    is_good: bool,
    is_alarm: bool,
    version: int | None = None,
) -> Reading:
    """Return whether something succeeded; where `is_alarm` a failure is beyond its threshold."""
    return Reading(
        subject_kind=SubjectKind.SERVICE,
        subject=service,
        metric=metric,
        metric_class=MetricClass.OTHER,
        value=float(is_good),
        at=at,
        version=version,
        segment=clean_line(segment),
        threshold=1.0 if is_alarm else None,
    )


def waiting(service: str, environment: str, run: int, since: datetime, now: datetime) -> Reading:
    """Return for how long a deployment, number `run`, has waited for an approval."""
    return Reading(
        subject_kind=SubjectKind.SERVICE,
        subject=service,
        metric=DEPLOYMENT_WAITING,
        metric_class=MetricClass.OTHER,
        value=max((now - since).total_seconds(), 0.0),
        at=now,
        unit="seconds",
        segment=clean_line(f"{environment} run {run}"),
        direction=Direction.AT_MOST,
    )
