"""Metrics and tests of an Evidently run into readings. Pure.

The status of a test decides, never the value: a K-S score is good when high, a PSI when low.
Values by label are read where labels are classes; where they are values of a column they are
left out, because they may be personal data.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from riskcockpit.connectors.evidently.wire import Metric, Test
from riskcockpit.connectors.own_readings import Measured
from riskcockpit.connectors.verdicts import Bound, at_least, at_most, failures, judged, once
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.domain.untrusted import clean_line

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_QUALITY = frozenset(
    {
        "MissingValueCount", "EmptyColumnsCount", "EmptyRowsCount", "ConstantColumnsCount",
        "DuplicatedRowCount", "DuplicatedColumnsCount", "AlmostConstantColumnsCount",
        "AlmostDuplicatedColumnsCount", "DatasetMissingValueCount", "ColumnsWithMissingValuesCount",
        "RowsWithMissingValuesCount", "InRangeValueCount", "OutRangeValueCount", "InListValueCount",
        "OutListValueCount", "CategoryCount",
    }
)  # fmt: skip
_VOLUME = frozenset({"RowCount", "ColumnCount"})
_HIGH_IS_GOOD = frozenset(
    {
        "Accuracy", "Precision", "Recall", "F1Score", "RocAuc", "TPR", "TNR", "R2Score",
        "PrecisionByLabel", "RecallByLabel", "F1ByLabel", "RocAucByLabel",
    }
)  # fmt: skip
_LOW_IS_GOOD = frozenset(
    {"LogLoss", "FPR", "FNR", "MAE", "MAPE", "RMSE", "MeanError", "AbsMaxError"}
)
_DRIFT = frozenset({"ValueDrift", "DriftedColumnsCount", "EmbeddingsDrift"})
_ABOVE = frozenset({"GreaterThanMetricTest", "GreaterOrEqualMetricTest"})
_BELOW = frozenset({"LessThanMetricTest", "LessOrEqualMetricTest"})
_VALUES_OF_COLUMNS = frozenset({"UniqueValueCount"})
_FAILED = "FAIL"
_JUDGED = frozenset({_FAILED, "SUCCESS", "WARNING"})


@dataclass(frozen=True, slots=True)
class About:
    """What a run is about and when it was."""

    subject_kind: SubjectKind
    subject: str
    version: int | None
    at: datetime


def version_number(value: Any) -> int | None:
    """Read a version from metadata: `3`, `v3`."""
    text = str(value).removeprefix("v")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004 - fits INTEGER


def readings(metrics: Iterable[Metric], about: About) -> Measured:
    """Return a reading for each value, with the bound its test agrees with."""
    left_out: Counter[str] = Counter()
    found = once(r for metric in metrics for r in _of_metric(metric, about, left_out))
    notes = tuple(f"{about.subject}: {what} ({n})" for what, n in sorted(left_out.items()))
    is_partial = any(what.startswith("tests") for what in left_out)
    return Measured(found, notes, is_partial)


def _of_metric(metric: Metric, about: About, left_out: Counter[str]) -> Iterator[Reading]:
    if metric.type in _VALUES_OF_COLUMNS:
        left_out["counts of single values left out: they may be personal"] += 1
        return
    base = _base(metric, about)
    parts = list(_parts(metric, base))
    if not parts:
        left_out["metrics without a finite number left out"] += 1
    errors = [test for test in metric.tests if test.status == "ERROR"]
    if errors:
        left_out["tests that could not be run"] += len(errors)
    tests = [test for test in metric.tests if test.status in _JUDGED]
    for part, reading in parts:
        own = [test for test in tests if _is_about(test, part)]
        yield from _tested(metric, reading, own)


def _tested(metric: Metric, reading: Reading, tests: list[Test]) -> Iterator[Reading]:
    """Yield a reading with the bound of its one test; of several tests, how many failed."""
    if not tests:
        yield _untested(metric, reading)
        return
    bounds = [(test, tuple(_bounds(metric, test))) for test in tests]
    told = next((pair for pair in bounds if pair[1]), None)
    if told is None:
        yield reading
    else:
        yield from judged(reading, told[1], failed=told[0].status == _FAILED)
    rest = [test for test in tests if told is None or test is not told[0]]
    if rest:
        yield failures(reading, sum(test.status == _FAILED for test in rest))


def _untested(metric: Metric, reading: Reading) -> Reading:
    """Return the reading of a drift nobody tested with the threshold of its method."""
    bound = next(iter(_drift_bounds(metric)), None)
    if bound is None:
        return reading
    return replace(reading, threshold=bound.value, direction=bound.direction)


def _bounds(metric: Metric, test: Test) -> Iterator[Bound]:
    kind = str(test.test_config.get("type", "")).rpartition(":")[2]
    threshold = _number(test.test_config.get("threshold"))
    if kind in _ABOVE:
        yield from at_least(threshold)
    elif kind in _BELOW:
        yield from at_most(threshold)
    elif not kind:
        yield from _drift_bounds(metric)


def _drift_bounds(metric: Metric) -> Iterator[Bound]:
    """Yield the threshold of a drift score: p-values are good above it, distances below."""
    if metric.type != "ValueDrift":
        return
    threshold = _number(metric.params.get("threshold"))
    is_probability = _is_p_value(str(metric.params.get("method", "")))
    yield from at_least(threshold) if is_probability else at_most(threshold)


def _is_p_value(method: str) -> bool:
    names = {
        "ks", "chisquare", "z", "anderson", "fisher_exact", "cramer_von_mises", "g_test", "mannw",
        "t_test", "empirical_mmd", "es", "tvd", "TVD",
    }  # fmt: skip
    return method in names or method.endswith("p_value")


def _is_about(test: Test, part: str) -> bool:
    """Whether a test is about this part of a metric: its count or share, or one label."""
    label = test.bound_test.get("label")
    if label is not None:
        return str(label) == part
    is_count = test.bound_test.get("is_count")
    if part in ("count", "share") and is_count is not None:
        return is_count is (part == "count")
    is_mean = test.bound_test.get("is_mean")
    if part in ("mean", "std") and is_mean is not None:
        return is_mean is (part == "mean")
    return True


def _base(metric: Metric, about: About) -> Reading:
    name = _WORD.sub("_", metric.type).lower()
    method = metric.params.get("method")
    is_good_low = metric.type in _LOW_IS_GOOD | _DRIFT | _QUALITY
    return Reading(
        subject_kind=about.subject_kind,
        subject=about.subject,
        metric=f"{name}.{clean_line(str(method))}" if method else name,
        metric_class=_class(metric.type),
        value=0.0,
        at=about.at,
        version=about.version,
        segment=clean_line(str(metric.params.get("column") or "")),
        direction=Direction.AT_MOST if is_good_low else Direction.AT_LEAST,
        unit="count" if metric.type in _VOLUME else "ratio",
    )


def _class(type_: str) -> MetricClass:
    classes: Mapping[MetricClass, frozenset[str]] = {
        MetricClass.DRIFT: _DRIFT,
        MetricClass.ACCURACY: _HIGH_IS_GOOD | _LOW_IS_GOOD,
        MetricClass.QUALITY: _QUALITY,
        MetricClass.VOLUME: _VOLUME,
    }
    return next((c for c, types in classes.items() if type_ in types), MetricClass.OTHER)


def _parts(metric: Metric, base: Reading) -> Iterator[tuple[str, Reading]]:
    """Yield each finite number of a metric with the name of its part, empty for the only one."""
    if (value := _number(metric.value)) is not None:
        yield "", replace(base, value=value)
    if not isinstance(metric.value, dict):
        return
    for name, part in metric.value.items():
        number = _number(part)
        if number is None:
            continue
        if name in ("count", "share", "mean", "std"):
            unit = "count" if name == "count" else base.unit
            yield name, replace(base, metric=f"{base.metric}.{name}", value=number, unit=unit)
        else:
            segment = "=".join(filter(None, (base.segment, clean_line(str(name)))))
            yield str(name), replace(base, segment=segment, value=number)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
