"""Our own format of readings: how a program without any Python tells us measurements. Pure.

{"schema": "riskcockpit.readings/1",
 "readings": [{"subject": "fraud", "metric": "accuracy", "metric_class": "accuracy",
               "value": 0.91, "at": "2026-03-02T12:00:00Z", "threshold": 0.9}]}
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec

from riskcockpit.domain.batch import Batch, Coverage, Document
from riskcockpit.domain.clock import as_utc
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import FormatError

SCHEMA = "riskcockpit.readings/1"
_HEAD = 4096
"""Within so many bytes a document says that it is of this format."""
MOST_TOLD = 3
"""Faults of single readings that are told; the others are counted."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Readings, and what could not be made one."""

    readings: tuple[Reading, ...]
    notes: tuple[str, ...] = ()
    is_partial: bool = False
    """Something is missing that should have been a reading."""

    def batch(self) -> Batch:
        """Return the readings as one batch."""
        coverage = Coverage(
            rows=len(self.readings), is_truncated=self.is_partial, note="; ".join(self.notes)
        )
        return Batch(self.readings, coverage=coverage)


_Small = Annotated[int, msgspec.Meta(ge=0, lt=1_000_000_000)]
_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]


class _Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One reading as it is written."""

    subject: str
    metric: str
    value: float
    at: datetime
    subject_kind: SubjectKind = SubjectKind.MODEL
    metric_class: MetricClass = MetricClass.OTHER
    unit: str = "ratio"
    version: _Small | None = None
    segment: str = ""
    threshold: float | None = None
    direction: Direction = Direction.AT_LEAST
    window_seconds: _Small | None = None
    sample_size: _Count | None = None


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: str
    readings: list[msgspec.Raw]


def own_or_document(document: Document) -> Batch:
    """Return the readings in a document of our format, else the document, for a reader of reports.

    A document of our format that cannot be read as a whole is a document too: the import tells
    that nothing can read it.
    """
    if SCHEMA.encode() in document.content[:_HEAD]:
        try:
            return read_own(document.content, clean_line(document.name)).batch()
        except FormatError as error:
            note = f"{clean_line(document.name)}: {error.message}"
            return Batch((document,), coverage=Coverage(rows=1, is_truncated=True, note=note))
    return Batch((document,), coverage=Coverage(rows=1))


def read_own(content: bytes, name: str) -> Measured:
    """Read a document of our format; a bad reading is told and stops no other.

    Raises:
        FormatError: the document as a whole is not of this format.
    """
    try:
        found = msgspec.json.decode(content, type=_Document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FormatError(f"no document of readings: {clean_line(str(error))}") from error
    if found.schema != SCHEMA:
        raise FormatError(f'schema "{clean_line(found.schema)[:40]}" is not {SCHEMA}')
    readings: list[Reading] = []
    faults: list[str] = []
    for number, raw in enumerate(found.readings):
        try:
            readings.append(_reading(msgspec.json.decode(raw, type=_Wire)))
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            faults.append(f"{name}: readings[{number}]: {clean_line(str(error))}")
    return Measured(tuple(readings), told(faults), is_partial=bool(faults))


def told(faults: Iterable[str]) -> tuple[str, ...]:
    """Return the first faults and how many more there are."""
    listed = list(faults)
    rest = len(listed) - MOST_TOLD
    return (*listed[:MOST_TOLD], *([f"{rest} more such faults"] if rest > 0 else []))


def _reading(wire: _Wire) -> Reading:
    subject, metric = clean_line(wire.subject).strip(), clean_line(wire.metric).strip()
    if not subject or not metric:
        raise ValueError("subject and metric must not be empty")
    if wire.threshold is not None and not math.isfinite(wire.threshold):
        raise ValueError("threshold is no finite number")
    if wire.at.tzinfo is None:
        raise ValueError("`at` has no time zone, as in 2026-03-02T12:00:00Z")
    return Reading(
        subject_kind=wire.subject_kind,
        subject=subject,
        metric=metric,
        metric_class=wire.metric_class,
        value=wire.value,
        at=as_utc(wire.at),
        unit=clean_line(wire.unit) or "ratio",
        version=wire.version,
        segment=clean_line(wire.segment),
        threshold=wire.threshold,
        direction=wire.direction,
        window_seconds=wire.window_seconds,
        sample_size=wire.sample_size,
    )
