"""Scan results of Soda (version 3) into readings of data sets. Pure.

An outcome of null is a check that was not evaluated: told, never passed. SQL is never looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from riskcockpit.connectors.own_readings import Measured, told
from riskcockpit.connectors.verdicts import Bound, at_least, at_most, judged, once
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.domain.untrusted import clean_line

_LONGEST_NAME = 120


class Check(msgspec.Struct, frozen=True):
    """One check and its outcome."""

    name: str = ""
    table: str | None = None
    column: str | None = None
    outcome: str | None = None
    diagnostics: dict[str, Any] | None = None


class ScanResults(msgspec.Struct, frozen=True):
    """A scan."""

    checks: list[Check]
    hasErrors: bool  # noqa: N815 - the name in the file
    scanEndTimestamp: str = ""  # noqa: N815 - as above
    dataTimestamp: str = ""  # noqa: N815 - as above


def readings(scan: ScanResults, subject: str, fallback: datetime) -> Measured:
    """Return a reading for each check that was evaluated; `subject` where it names no table.

    A warning is a breach: somebody set the limit it is beyond.
    """
    at = _moment(scan.scanEndTimestamp) or _moment(scan.dataTimestamp) or fallback
    found: list[Reading] = []
    faults = ["the scan had errors"] if scan.hasErrors else []
    for check in scan.checks:
        name = clean_line(check.name)[:_LONGEST_NAME] or "check"
        if check.outcome not in ("pass", "warn", "fail"):
            faults.append(f"{name} was not evaluated")
            continue
        diagnostics = check.diagnostics or {}
        value = _number(diagnostics.get("value"))
        failed = check.outcome != "pass"
        bounds = [b for key in ("fail", "warn") for b in _bounds(diagnostics.get(key))]
        reading = Reading(
            subject_kind=SubjectKind.DATASET,
            subject=clean_line(check.table or "") or subject,
            metric=name,
            metric_class=_class(name),
            value=float(failed) if value is None else value,
            at=at,
            unit="count" if value is None else "value",
            segment=clean_line(check.column or ""),
            direction=Direction.AT_MOST,
        )
        found.extend(
            judged(reading, tuple(at_most(0.0)) if value is None else bounds, failed=failed)
        )
    return Measured(once(found), told(faults), is_partial=bool(faults))


def _bounds(given: Any) -> Iterator[Bound]:
    """Yield the bounds behind what a check calls a failure: the good side is the other one."""
    if not isinstance(given, Mapping):
        return
    for key, value in given.items():
        if key in ("lessThan", "lessThanOrEqual"):
            yield from at_least(_number(value))
        elif key in ("greaterThan", "greaterThanOrEqual"):
            yield from at_most(_number(value))


def _class(name: str) -> MetricClass:
    if name.startswith("row_count"):
        return MetricClass.VOLUME
    return MetricClass.FRESHNESS if name.startswith("freshness") else MetricClass.QUALITY


def _moment(text: str) -> datetime | None:
    try:
        return parse_utc(text) if text else None
    except (ValueError, OverflowError):
        return None


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
