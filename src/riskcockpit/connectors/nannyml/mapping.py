"""Rows of a NannyML export into readings. Pure.

The alert flag decides, not the threshold: some methods have none. Alerts for being better than
expected are no breach.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from riskcockpit.connectors.own_readings import Measured
from riskcockpit.connectors.verdicts import Bound, at_least, at_most, judged
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.domain.untrusted import clean_line

Row = Mapping[str, Any]
_VALUE = "_value"
_METHODS = (
    "kolmogorov_smirnov", "jensen_shannon", "wasserstein", "hellinger", "l_infinity", "chi2",
)  # fmt: skip
"""Methods of drift of one column; their names end the names of columns."""
_HIGH_IS_GOOD = frozenset(
    {
        "accuracy", "roc_auc", "f1", "precision", "recall", "specificity", "average_precision",
        "business_value", "true_positive", "true_negative",
    }
)  # fmt: skip
_LOW_IS_GOOD = frozenset(
    {"mae", "mape", "mse", "msle", "rmse", "rmsle", "false_positive", "false_negative"}
)
_DRIFT = frozenset({"reconstruction_error", "domain_classifier_auroc"})
_COUNTS = frozenset({"true_positive", "true_negative", "false_positive", "false_negative"})


@dataclass(frozen=True, slots=True)
class About:
    """What the rows of a file are about."""

    subject_kind: SubjectKind
    subject: str
    version: int | None
    column_metric: str
    """What is measured of a column where the export does not say: missing or unseen values."""
    modified_at: datetime


def readings(rows: Sequence[Row], about: About) -> Measured:
    """Return a reading for each value of each chunk of the analysis period.

    Chunks without dates have no order in time: only the last one is read, as of the file's time.
    """
    chunks = [row for row in rows if str(row.get("chunk_period")) != "reference"]
    chunks.sort(key=lambda row: _number(row.get("chunk_index")) or 0.0)
    dated = [row for row in chunks if _moment(row.get("chunk_end_date")) is not None]
    notes = []
    if not dated and len(chunks) > 1:
        notes.append(f"{about.subject}: chunks have no dates; only the last one is read")
    used = dated or chunks[-1:]
    found = [reading for row in used for reading in _of_chunk(row, about)]
    if any(_is_degenerate(row, name.removesuffix(_VALUE)) for row in used for name in row):
        notes.append(f"{about.subject}: drift is not judged: its reference was a single chunk")
    if not found:
        notes.append(f"{about.subject}: there is no value in the analysis period")
    return Measured(tuple(found), tuple(notes))


def _of_chunk(row: Row, about: About) -> Iterator[Reading]:
    frame = _frame(row, about)
    for name in row:
        stem = name.removesuffix(_VALUE)
        value = _number(row[name])
        if stem == name or stem.startswith("chunk_") or value is None:
            continue
        is_estimate = f"{stem}_realized" in row
        reading = replace(_named(stem, frame, about), value=value)
        if is_estimate:
            reading = replace(reading, metric=f"estimated_{reading.metric}")
        yield from _judged(row, stem, reading)
        realized = _number(row.get(f"{stem}_realized"))
        if realized is not None:
            yield replace(_named(stem, frame, about), value=realized)


def _judged(row: Row, stem: str, reading: Reading) -> tuple[Reading, ...]:
    lower = tuple(at_least(_number(row.get(f"{stem}_lower_threshold"))))
    upper = tuple(at_most(_number(row.get(f"{stem}_upper_threshold"))))
    failed = str(row.get(f"{stem}_alert")).lower() in ("true", "1", "1.0")
    bounds: tuple[Bound, ...]
    if stem in _HIGH_IS_GOOD:
        bounds, better = lower, upper
    elif stem in _LOW_IS_GOOD or reading.metric_class is MetricClass.DRIFT:
        bounds, better = upper, lower
    else:
        bounds, better = (*upper, *lower), ()
    if failed and any(not bound.direction.holds(reading.value, bound.value) for bound in better):
        failed = False  # an alert for being better than expected
    is_judged = f"{stem}_alert" in row and not _is_degenerate(row, stem)
    return judged(reading, bounds, failed=failed) if is_judged else (reading,)


def _is_degenerate(row: Row, stem: str) -> bool:
    """Whether the threshold of a drift is that of a reference with one chunk: all alert then."""
    is_drift = stem.endswith(_METHODS) or stem in _DRIFT
    return is_drift and _number(row.get(f"{stem}_upper_threshold")) == 0.0


def _frame(row: Row, about: About) -> Reading:
    """Return a reading with all that the values of one chunk have in common."""
    start, end = _moment(row.get("chunk_start_date")), _moment(row.get("chunk_end_date"))
    first, last = _number(row.get("chunk_start_index")), _number(row.get("chunk_end_index"))
    has_count = first is not None and last is not None and 0 <= last - first < 2**53
    # The last period of a calendar is not over yet when it is exported.
    at = min(end, about.modified_at) if end else about.modified_at
    return Reading(
        subject_kind=about.subject_kind,
        subject=about.subject,
        metric="",
        metric_class=MetricClass.OTHER,
        value=0.0,
        at=at,
        version=about.version,
        window_seconds=int((end - start).total_seconds()) if start and end else None,
        sample_size=int((last or 0) - (first or 0)) + 1 if has_count else None,
    )


def _named(stem: str, frame: Reading, about: About) -> Reading:
    for method in _METHODS:
        column = stem.removesuffix(f"_{method}")
        if column != stem:
            segment = clean_line(column)
            kind, side = MetricClass.DRIFT, Direction.AT_MOST
            return replace(frame, metric=method, metric_class=kind, segment=segment, direction=side)
    if stem in _HIGH_IS_GOOD | _LOW_IS_GOOD:
        side = Direction.AT_LEAST if stem in _HIGH_IS_GOOD else Direction.AT_MOST
        unit = "count" if stem in _COUNTS else "ratio"
        return replace(
            frame, metric=stem, metric_class=MetricClass.ACCURACY, unit=unit, direction=side
        )
    if stem in _DRIFT:
        return replace(
            frame, metric=stem, metric_class=MetricClass.DRIFT, direction=Direction.AT_MOST
        )
    return replace(
        frame,
        metric=about.column_metric,
        metric_class=MetricClass.QUALITY,
        segment=clean_line(stem),
        direction=Direction.AT_MOST,
    )


def _number(value: Any) -> float | None:
    """Return a finite number, from a number or a text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _moment(value: Any) -> datetime | None:
    """Return a moment; NannyML writes none with a zone, so that it counts as UTC."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
