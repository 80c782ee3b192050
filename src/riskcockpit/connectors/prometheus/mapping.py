"""Series of Prometheus into readings, as the options say. Pure: labels are cleaned here."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from riskcockpit.config.durations import parse_duration
from riskcockpit.connectors.prometheus.wire import QueryOptions, Series
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line

MAX_POINTS = 11_000
"""Points per series the server gives in one answer; one more is 400 `bad_data`."""
LOOKBACK_SECONDS = 300
"""Read again before the cursor: samples may arrive late."""

Key = tuple[str, int | None]
"""A subject and its version."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """The readings of one query and what could not be made one."""

    readings: tuple[Reading, ...]
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    """Counts what was left out, so that nothing disappears silently."""

    counts: Counter[str] = field(default_factory=Counter)

    def notes(self, metric: str) -> tuple[str, ...]:
        return tuple(f"{metric}: {what} ({count})" for what, count in sorted(self.counts.items()))


def spans(start: int, end: int, step: int) -> tuple[tuple[int, int], ...]:
    """Cut `start` to `end` (seconds, both included, on the grid of `step`) for the server's limit.

    No point is in two spans. A range that ends before it starts has none.
    """
    first, last = start // step * step, end // step * step
    length = step * (MAX_POINTS - 1)
    return tuple((at, min(at + length, last)) for at in range(first, last + 1, length + step))


def thresholds(series: Iterable[Series], options: QueryOptions) -> dict[Key, float]:
    """Return the newest finite threshold by subject and version, as `threshold_query` gave it."""
    found: dict[Key, float] = {}
    for one in series:
        subject = _subject(one.metric, options)
        values = [value for _, text in one.points if (value := _number(text)) is not None]
        if subject and values:
            found[subject, _version(one.metric, options)] = values[-1]
    return found


def readings(
    series: Iterable[Series],
    options: QueryOptions,
    limits: Mapping[Key, float],
    sizes: Mapping[Key, float] | None = None,
) -> Mapped:
    """Return a reading for each finite point; `limits` and `sizes` come from `thresholds`.

    A reading is the same whatever order the series come in; of two points with one identity the
    first in the answer stays.
    """
    tally = _Tally()
    found: dict[tuple[object, ...], Reading] = {}
    for one in series:
        for reading in _of_series(one, options, (limits, sizes or {}), tally):
            key = (reading.subject, reading.version, reading.segment, reading.at)
            if key in found:
                tally.counts["points of several series with the same labels left out"] += 1
            found.setdefault(key, reading)
    if not found and not tally.counts:
        tally.counts["the query found nothing"] += 1
    return Mapped(tuple(found.values()), tally.notes(options.metric))


def _of_series(
    series: Series,
    options: QueryOptions,
    known: tuple[Mapping[Key, float], Mapping[Key, float]],
    tally: _Tally,
) -> Iterable[Reading]:
    subject = _subject(series.metric, options)
    if not subject:
        tally.counts[f'series without the label "{_subject_label(options)}" left out'] += 1
        return
    version = _version(series.metric, options)
    if version is None and series.metric.get(options.version_label):
        tally.counts[f'values of the label "{options.version_label}" are no version number'] += 1
    limits, sizes = known
    limit = limits.get((subject, version), limits.get((subject, None), options.threshold))
    size = sizes.get((subject, version), sizes.get((subject, None)))
    if limit is None and options.threshold_query:
        tally.counts["series without a threshold"] += 1
    for at, text in series.points:
        value, moment = _number(text), _moment(at)
        if value is None or moment is None:
            tally.counts["values that are not finite numbers left out"] += 1
            continue
        yield Reading(
            subject_kind=options.subject_kind,
            subject=subject,
            metric=options.metric,
            metric_class=options.metric_class,
            value=value,
            at=moment,
            unit=options.unit,
            version=version,
            segment=clean_line(series.metric.get(options.segment_label, "")),
            threshold=limit,
            direction=options.direction,
            window_seconds=_window_seconds(options),
            sample_size=int(size) if size is not None and size >= 0 else None,
        )


def _subject_label(options: QueryOptions) -> str:
    return options.subject_label or options.subject_kind.value


def _subject(labels: Mapping[str, str], options: QueryOptions) -> str:
    return clean_line(labels.get(_subject_label(options), "")) or options.subject


def _version(labels: Mapping[str, str], options: QueryOptions) -> int | None:
    text = labels.get(options.version_label, "").removeprefix("v")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004 - fits INTEGER


def _window_seconds(options: QueryOptions) -> int | None:
    return int(parse_duration(options.window).total_seconds()) if options.window else None


def _number(text: str) -> float | None:
    """Read a value as Prometheus writes it; None for `NaN`, `+Inf`, `-Inf` and nonsense."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
