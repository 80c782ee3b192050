"""Results of `dbt test` and `dbt build` into readings of data sets. Pure.

Tables and columns stand in the manifest only; without it a test is known by its name. Local paths
and SQL are never looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from riskcockpit.connectors.own_readings import Measured, told
from riskcockpit.connectors.verdicts import at_most, judged, once
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.domain.untrusted import clean_line

_JUDGED = frozenset({"pass", "fail", "warn"})
_NAMED = 2
"""`test.PROJECT.NAME.HASH`: where the name stands."""


class RunMetadata(msgspec.Struct, frozen=True):
    """When and what ran."""

    dbt_schema_version: str
    generated_at: str = ""


class RunResult(msgspec.Struct, frozen=True):
    """One node that ran."""

    unique_id: str
    status: str = ""
    failures: int | None = None


class RunResults(msgspec.Struct, frozen=True):
    """A `run_results.json`."""

    metadata: RunMetadata
    results: list[RunResult]


class TestMetadata(msgspec.Struct, frozen=True):
    """Of which generic test a test is made."""

    name: str = ""


class DependsOn(msgspec.Struct, frozen=True):
    """What a node reads."""

    nodes: list[str] = []


class Node(msgspec.Struct, frozen=True):
    """A node of the manifest, as far as a test needs it."""

    name: str = ""
    column_name: str | None = None
    attached_node: str | None = None
    test_metadata: TestMetadata | None = None
    depends_on: DependsOn = DependsOn()


class Manifest(msgspec.Struct, frozen=True):
    """A `manifest.json`."""

    nodes: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test is about."""

    dataset: str
    metric: str
    column: str = ""


def tested(unique_id: str, nodes: Mapping[str, Any]) -> Tested:
    """Return what a test is about, by the manifest, else by its name."""
    parts = unique_id.split(".")
    name = clean_line(parts[_NAMED]) if len(parts) > _NAMED else clean_line(unique_id)
    raw = nodes.get(unique_id)
    if raw is None:
        return Tested("", name)
    try:
        node = msgspec.convert(raw, Node)
    except msgspec.ValidationError:
        return Tested("", name)
    read = node.attached_node or next(reversed(node.depends_on.nodes), "")
    metric = node.test_metadata.name if node.test_metadata else node.name
    return Tested(_last(read), clean_line(metric) or name, clean_line(node.column_name or ""))


def readings(
    results: RunResults, nodes: Mapping[str, Any], subject: str, fallback: datetime
) -> Measured:
    """Return the failures of each test that ran; `subject` is what unknown tests are about.

    A warning is a breach: somebody set the limit it is beyond.
    """
    at = _moment(results.metadata.generated_at) or fallback
    found: list[Reading] = []
    faults: list[str] = []
    for result in results.results:
        about = tested(result.unique_id, nodes)
        if result.status == "error":
            faults.append(f"{clean_line(result.unique_id)} ended with an error")
        if not result.unique_id.startswith("test.") or result.status not in _JUDGED:
            continue
        failed = result.status != "pass"
        count = max(result.failures or 0, 0)
        reading = Reading(
            subject_kind=SubjectKind.DATASET,
            subject=about.dataset or subject,
            metric=about.metric,
            metric_class=MetricClass.QUALITY,
            value=float(count),
            at=at,
            unit="count",
            segment=about.column,
            direction=Direction.AT_MOST,
        )
        # A test that passed may have been allowed some failures; how many is not said.
        found.extend(
            judged(reading, tuple(at_most(0.0 if failed else float(count))), failed=failed)
        )
    return Measured(once(found), told(faults), is_partial=bool(faults))


def _last(unique_id: str) -> str:
    return clean_line(unique_id.rpartition(".")[2])


def _moment(text: str) -> datetime | None:
    try:
        return parse_utc(text) if text else None
    except (ValueError, OverflowError):
        return None
