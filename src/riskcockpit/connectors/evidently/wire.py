"""The three forms in which Evidently writes a run, and the one shape they are read into. Pure.

A report (`.json()`), a snapshot (what a workspace keeps), and the report a UI server gives out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

_SHAPES = ("count", "share", "mean", "std")
"""Names of the parts of a metric that has several values."""


class Test(msgspec.Struct, frozen=True):
    """One test and its verdict."""

    status: str = ""
    test_config: dict[str, Any] = {}
    metric_config: dict[str, Any] = {}
    bound_test: dict[str, Any] = {}


class ReportMetric(msgspec.Struct, frozen=True):
    """A metric of a report."""

    id: str = ""
    config: dict[str, Any] = {}
    value: Any = None


class ReportForm(msgspec.Struct, frozen=True):
    """What `.json()` gives: no time and no metadata."""

    metrics: list[ReportMetric]
    tests: list[Test] = []


class SnapshotForm(msgspec.Struct, frozen=True):
    """What a workspace keeps."""

    metric_results: dict[str, dict[str, Any]]
    timestamp: str = ""
    metadata: dict[str, Any] = {}


class ProjectForm(msgspec.Struct, frozen=True):
    """A project of a UI server."""

    id: str
    name: str = ""


class SnapshotInfo(msgspec.Struct, frozen=True):
    """A snapshot in the list of a project."""

    id: str
    timestamp: str = ""
    metadata: dict[str, Any] = {}


class VersionForm(msgspec.Struct, frozen=True):
    """What the UI server is."""

    version: str
    application: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a run, whatever form it came in."""

    type: str
    """As `ValueDrift`."""
    params: Mapping[str, Any]
    value: Any
    """A number, numbers by the name of a part, or numbers by label."""
    tests: tuple[Test, ...] = ()


def of_report(form: ReportForm) -> Iterator[Metric]:
    """Yield the metrics of a report with their tests."""
    for metric in form.metrics:
        tests = tuple(t for t in form.tests if t.metric_config.get("metric_id") == metric.id)
        yield Metric(_type(metric.config), metric.config, metric.value, tests)


def of_snapshot(form: SnapshotForm) -> Iterator[Metric]:
    """Yield the metrics of a snapshot with their tests; parts that are no mapping are left out."""
    for result in form.metric_results.values():
        params = _inner(_inner(_inner(result, "metric_value_location"), "metric"), "params")
        listed = result.get("tests")
        tests = msgspec.convert(listed, tuple[Test, ...]) if isinstance(listed, list) else ()
        yield Metric(_type(params), params, _value(result), tests)


def _value(result: Mapping[str, Any]) -> Any:
    if "value" in result:
        return result["value"]
    parts = {n: _inner(result, n).get("value") for n in _SHAPES if _inner(result, n)}
    if parts:
        return parts
    by_label = _inner(result, "values")
    return {
        label: part.get("value") if isinstance(part, dict) else part
        for label, part in by_label.items()
    }


def _inner(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _type(config: Mapping[str, Any]) -> str:
    return str(config.get("type", "")).rpartition(":")[2]
