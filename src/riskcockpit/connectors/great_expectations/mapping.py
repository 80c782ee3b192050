"""Validation results of Great Expectations into readings of the data set. Pure.

A crashed expectation is no failed one: it is told and makes no reading. Rows that were found, and
traces, are never looked at: they are personal, or name paths.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from riskcockpit.connectors.own_readings import Measured, told
from riskcockpit.connectors.verdicts import Bound, at_least, at_most, judged, once
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.domain.untrusted import clean_line

_WHOLE_PERCENT = 100.0
_FRESH = ("row_count", "column_count")


class Expectation(msgspec.Struct, frozen=True):
    """What was expected; `expectation_type` is how versions before 1 call its type."""

    type: str = ""
    expectation_type: str = ""
    kwargs: dict[str, Any] = {}


class Result(msgspec.Struct, frozen=True):
    """One expectation and what came of it."""

    success: bool | None = None
    expectation_config: Expectation = Expectation()
    result: dict[str, Any] = {}
    exception_info: dict[str, Any] = {}


class Validation(msgspec.Struct, frozen=True):
    """The validation result of one batch of data."""

    results: list[Result]
    meta: dict[str, Any] = {}
    suite_name: str = ""


class Checkpoint(msgspec.Struct, frozen=True):
    """The result of a checkpoint: the validation results by their names."""

    run_results: dict[str, Any]


def validations(checkpoint: Checkpoint) -> Iterator[Validation]:
    """Yield the validation results in the result of a checkpoint.

    Raises:
        msgspec.ValidationError: one is none.
    """
    for value in checkpoint.run_results.values():
        inner = value.get("validation_result", value) if isinstance(value, dict) else value
        yield msgspec.convert(inner, Validation)


def dataset_of(validation: Validation) -> str:
    """Return the name of the data asset that was checked; empty when it is not said."""
    for outer in ("active_batch_definition", "batch_spec", "batch_kwargs"):
        inner = validation.meta.get(outer)
        for name in ("data_asset_name", "table_name", "table"):
            if isinstance(inner, dict) and isinstance(found := inner.get(name), str) and found:
                return found
    return ""


def readings(validation: Validation, subject: str, fallback: datetime) -> Measured:
    """Return a reading for each expectation that was checked."""
    at = _moment(validation.meta) or fallback
    found: list[Reading] = []
    crashed: list[str] = []
    for result in validation.results:
        base = _base(result, subject, at)
        if _has_crashed(result):
            crashed.append(f"{subject}: {base.metric} [{base.segment}] could not be checked")
        else:
            found.extend(_of_result(result, base))
    return Measured(once(found), told(crashed), is_partial=bool(crashed))


def _of_result(result: Result, base: Reading) -> tuple[Reading, ...]:
    failed = not result.success
    kwargs = result.expectation_config.kwargs
    percent = _number(result.result.get("unexpected_percent"))
    if percent is not None:
        mostly = _number(kwargs.get("mostly"))
        most = round(_WHOLE_PERCENT * (1.0 - (1.0 if mostly is None else mostly)), 9)
        return judged(_with(base, percent, "percent"), tuple(at_most(most)), failed=failed)
    observed = _number(result.result.get("observed_value"))
    bounds: Sequence[Bound] = (
        *at_least(_number(kwargs.get("min_value"))),
        *at_most(_number(kwargs.get("max_value"))),
    )
    if observed is not None:
        return judged(_with(base, observed, _unit(base.metric)), bounds, failed=failed)
    # What was found is no number, as a list of columns: only the verdict can be told.
    reading = _with(base, float(failed), "count")
    return judged(reading, tuple(at_most(0.0)), failed=failed)


def _base(result: Result, subject: str, at: datetime) -> Reading:
    config = result.expectation_config
    name = clean_line(config.type or config.expectation_type).removeprefix("expect_")
    kwargs = config.kwargs
    columns = [kwargs.get("column"), kwargs.get("column_A"), kwargs.get("column_B")]
    listed = kwargs.get("column_list")
    columns += listed if isinstance(listed, list) else []
    is_volume = any(word in name for word in _FRESH)
    count = _number(result.result.get("element_count"))
    return Reading(
        subject_kind=SubjectKind.DATASET,
        subject=subject,
        metric=name or "expectation",
        metric_class=MetricClass.VOLUME if is_volume else MetricClass.QUALITY,
        value=0.0,
        at=at,
        segment=clean_line(",".join(c for c in columns if isinstance(c, str))),
        direction=Direction.AT_MOST,
        sample_size=int(count) if count is not None and 0 <= count < 2**53 else None,
    )


def _has_crashed(result: Result) -> bool:
    """Whether the expectation raised: its details are keyed by metric, or stand there plainly."""
    info: Mapping[str, Any] = result.exception_info
    inner = (value for value in info.values() if isinstance(value, dict))
    is_raised = info.get("raised_exception") is True
    return result.success is None or is_raised or any(i.get("raised_exception") for i in inner)


def _with(base: Reading, value: float, unit: str) -> Reading:
    return replace(base, value=value, unit=unit)


def _moment(meta: Mapping[str, Any]) -> datetime | None:
    run = meta.get("run_id")
    texts = [meta.get("validation_time"), run.get("run_time") if isinstance(run, dict) else None]
    for text in texts:
        if isinstance(text, str) and text:
            try:
                return parse_utc(text)
            except (ValueError, OverflowError):
                continue
    return None


def _unit(metric: str) -> str:
    return "count" if any(word in metric for word in _FRESH) else "value"


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
