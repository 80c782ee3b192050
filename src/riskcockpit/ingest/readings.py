"""Readings of monitors: appended once, and a breach is a finding until a good reading ends it.

A breach runs from the first reading beyond the threshold after the last good one. Of a model only
the readings of the serving version count, and those without a version: when the champion moves,
the breaches of the version before end with it. Silence ends nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from riskcockpit.domain.finding import FindingClass, ModelSignal, Observation, Scan
from riskcockpit.domain.ids import digest
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.pipeline import ingest
from riskcockpit.ingest.policy import IngestPolicy, ScopeSpec
from riskcockpit.ingest.staging import TABLES
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import sql

MONITOR = "riskcockpit.monitor"
"""The tool that judges readings: this one."""
Subject = tuple[SubjectKind, str]
_WHOLE = 1000
_SPANS = ((48 * 3600, 24 * 3600, "d"), (3600, 3600, "h"), (120, 60, "min"), (0, 1, "s"))
"""Least limit, seconds of the unit, its name."""

_CLASSES = {SubjectKind.MODEL: FindingClass.MODEL, SubjectKind.DATASET: FindingClass.DATA}
_TOP_TIER = {
    MetricClass.ACCURACY: (Severity.CRITICAL, Severity.HIGH),
    MetricClass.BIAS: (Severity.CRITICAL, Severity.HIGH),
    MetricClass.DRIFT: (Severity.HIGH, Severity.MEDIUM),
    MetricClass.QUALITY: (Severity.HIGH, Severity.MEDIUM),
}
"""Severity of a breach for the most critical subjects, and for all others; else medium."""


@dataclass(frozen=True, slots=True)
class Series:
    """How one metric of one subject stands."""

    subject_kind: SubjectKind
    subject: str
    metric: str
    segment: str
    metric_class: MetricClass
    value: float
    unit: str
    threshold: float | None
    direction: Direction
    version: int | None
    newest: datetime
    onset: datetime | None
    """When the breach that lasts until now began; None when there is none."""
    recovered_at: datetime | None
    """The first good reading after the last breach; None when there was no breach."""
    tier: int

    @property
    def severity(self) -> Severity:
        """How bad a breach is, by what the metric says and how critical the subject is."""
        top, other = _TOP_TIER.get(self.metric_class, (Severity.MEDIUM, Severity.MEDIUM))
        return top if self.tier == 1 else other


def record_readings(
    tx: Writer,
    readings: Iterable[Reading],
    source_id: str,
    now: datetime,
    *,
    policy: IngestPolicy | None = None,
) -> int:
    """Append readings that are new, judge what they are about, and return how many were new.

    Readings of services are kept, but a breach of one is no finding.
    """
    rows = [(n, *_row(reading)) for n, reading in enumerate(readings)]
    if not rows:
        return 0
    tx.stage("incoming_reading", TABLES["incoming_reading"], rows)
    added = tx.execute(
        sql("ingest", "reading_insert"), source_id=source_id, now=now, rev=tx.generation
    )
    if added:
        subjects = sorted({(row[1], row[2]) for row in rows})
        judge_subjects(
            tx, [(SubjectKind(kind), name) for kind, name in subjects], source_id, now,
            policy=policy,
        )  # fmt: skip
    return added


def judge_subjects(
    tx: Writer,
    subjects: Sequence[Subject],
    source_id: str,
    now: datetime,
    *,
    policy: IngestPolicy | None = None,
) -> None:
    """Make a finding of every breach of `subjects` and end those that are over."""
    judged = [(kind, name) for kind, name in subjects if kind in _CLASSES]
    if not judged:
        return
    tx.stage(
        "incoming_subject",
        TABLES["incoming_subject"],
        [(kind.value, name) for kind, name in judged],
    )
    standing: dict[Subject, list[Series]] = {subject: [] for subject in judged}
    for row in tx.rows(sql("ingest", "reading_series")):
        series = _series(row)
        standing[series.subject_kind, series.subject].append(series)
    live = {row[0] for row in tx.rows(sql("ingest", "monitored_live"), tool=MONITOR)}
    for (_, name), all_series in standing.items():
        if name in live or any(series.onset for series in all_series):
            _judge(
                tx, name, all_series, source_id=source_id, now=now, policy=policy or IngestPolicy()
            )


def _judge(
    tx: Writer,
    subject: str,
    all_series: Sequence[Series],
    *,
    source_id: str,
    now: datetime,
    policy: IngestPolicy,
) -> None:
    breaches = tuple(_observation(series) for series in all_series if series.onset)
    newest = max((series.newest for series in all_series), default=now)
    parts = [subject, str(newest), *(f"{seen.record} {seen.title}" for seen in breaches)]
    scope = ScopeSpec(
        asset=subject,
        tool=MONITOR,
        source_id=source_id,
        document=f"readings of {subject}",
        format="readings",
        content_hash=digest(parts),
        modified_at=newest,
        is_complete=True,
        accepts_held=True,
    )
    ingest(tx, Scan(MONITOR, breaches, is_successful=True), scope, policy, now)
    recovered = [
        (series.metric, series.segment, series.recovered_at)
        for series in all_series
        if series.onset is None and series.recovered_at is not None
    ]
    tx.stage("recovery", TABLES["recovery"], recovered)
    tx.execute(sql("ingest", "recovery_apply"), asset=subject, tool=MONITOR, rev=tx.generation)


def _observation(series: Series) -> Observation:
    served = f" v{series.version}" if series.version is not None else ""
    where = f" [{series.segment}]" if series.segment else ""
    side = "below" if series.direction is Direction.AT_LEAST else "above"
    title = (
        f"{series.subject}{served}: {series.metric}{where} {_said(series.value, series)} is {side}"
        f" {_said(series.threshold or 0, series)}"
    )
    rule = f"{series.metric}.threshold"
    return Observation(
        finding_class=_CLASSES[series.subject_kind],
        tool=MONITOR,
        rule=rule,
        title=title,
        severity=series.severity,
        record=f"{series.metric}/{series.segment}",
        severity_raw=series.metric_class.value,
        severity_source="class of the metric and tier of the subject",
        signal=ModelSignal(series.subject, rule, series.metric, series.segment),
        asset=series.subject,
        onset_at=series.onset,
    )


def _series(row: tuple[Any, ...]) -> Series:
    kind, subject, metric, segment, metric_class, value, unit, threshold, direction, *rest = row
    return Series(
        SubjectKind(kind), subject, metric, segment, MetricClass(metric_class), value, unit,
        threshold, Direction(direction), *rest,
    )  # fmt: skip


def _row(reading: Reading) -> tuple[Any, ...]:
    return (
        reading.subject_kind.value, reading.subject, reading.metric, reading.metric_class.value,
        reading.segment, reading.version, reading.at, reading.value, reading.unit,
        reading.threshold, reading.direction.value, reading.is_breach, reading.window_seconds,
        reading.sample_size,
    )  # fmt: skip


def _said(value: float, series: Series) -> str:
    """Return a value with its unit; seconds in the unit that suits the limit."""
    if series.unit == "percent":
        return f"{_number(value)} %"
    if series.unit != "seconds":
        return _number(value)
    limit = abs(series.threshold or 0)
    size, unit = next(span[1:] for span in _SPANS if limit >= span[0])
    return f"{_number(value / size)} {unit}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _WHOLE else f"{value:.4g}"
