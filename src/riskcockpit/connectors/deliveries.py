"""How deliveries went, as readings of what they deliver, and what is told beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from riskcockpit.domain.deployment import served_model
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


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody told of a deployment beside what its system asks for."""

    artifacts: tuple[str, ...] = ()
    model: str = ""
    model_version: int | None = None


_ARTIFACTS = ("image", "images", "artifact", "artifacts", "digest")


def told(given: Any) -> Told:
    """Return what a payload, or parameters, say: `image`, `artifact`, `model`, `model_version`.

    Names count in any letter case. A model may be named as models:/NAME/VERSION. Text that is no
    JSON object says nothing.
    """
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given) if given.startswith("{") else {}
        except msgspec.DecodeError:
            given = {}
    if not isinstance(given, Mapping):
        return Told()
    named = {str(key).lower().replace("-", "_"): value for key, value in given.items()}
    artifacts = [text for key in _ARTIFACTS for text in _texts(named.get(key))]
    model, version = clean_line(str(named.get("model") or named.get("model_uri") or "")), None
    if "models:/" in model:
        model, version = served_model(model)
    number = str(named.get("model_version") or "")
    if number.isascii() and number.isdigit() and len(number) < 10:  # noqa: PLR2004 - fits INTEGER
        version = int(number)
    return Told(tuple(dict.fromkeys(artifacts)), model, version if model else None)


def _texts(value: Any) -> Iterable[str]:
    values = value if isinstance(value, list) else [value]
    return [clean_line(one) for one in values if isinstance(one, str) and one]
