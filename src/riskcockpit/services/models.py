"""Questions about models: how they stand, what serves, what could serve instead, what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from riskcockpit.domain.ids import short
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.model import CHAMPION, ModelVersion, RegisteredModel, rollback_target
from riskcockpit.domain.money import Money
from riskcockpit.domain.reading import Direction, MetricClass
from riskcockpit.errors import UnknownNameError
from riskcockpit.present.text import stamp
from riskcockpit.services.context import Context
from riskcockpit.store.sql import sql
from riskcockpit.views.models import MetricView, ModelDetail, ModelRow, TimelineEvent, VersionView

if TYPE_CHECKING:
    from riskcockpit.store.database import Reader

MAX_AGE = timedelta(hours=1)
"""A reading older than this says nothing about now: the metric is stale."""
FORMER_AGE = timedelta(days=1)
"""How long the readings of what served before are told of, where what serves now has none."""
POINTS = 240
"""Readings of one metric in a trend, at most."""
MAX_EVENTS = 500
"""Events of a timeline, at most."""
_CLASS_ORDER = (MetricClass.ACCURACY, MetricClass.BIAS, MetricClass.DRIFT)
_URGENCY = (KpiState.ALARM, KpiState.WARN, KpiState.STALE, KpiState.NO_DATA, KpiState.OK)
_EXPLAINERS = ("shap", "explain")


def models(ctx: Context) -> tuple[ModelRow, ...]:
    """Return all models, those in alarm first, then by tier and name; none without a cache."""
    if not ctx.store.exists():
        return ()
    with ctx.store.reader() as reader:
        rows = _rows(reader, None, ctx.settings.currency, ctx.clock.now())
    return tuple(sorted(rows, key=lambda row: (_URGENCY.index(row.state), row.tier, row.name)))


def model(ctx: Context, name: str) -> ModelDetail:
    """Return all that is known of the model `name`.

    Raises:
        UnknownNameError: there is no such model; the hint names the nearest.
    """
    if not ctx.store.exists():
        raise UnknownNameError(
            f"there is no model {name!r}", hint="fill the cache: `riskcockpit sync`"
        )
    with ctx.store.reader() as reader:
        rows = _rows(reader, name, ctx.settings.currency, ctx.clock.now())
        if not rows:
            raise _unknown(reader, name)
        described = reader.records(sql("services", "models_list"), model=name)[0]
        versions = versions_of(reader, name)
        happened = reader.rows(sql("services", "models_timeline"), model=name, most=MAX_EVENTS)
    return ModelDetail(
        row=rows[0],
        purpose=described["purpose"],
        versions=versions,
        timeline=tuple(map(_event, happened)),
    )


def versions_of(reader: Reader, name: str) -> tuple[VersionView, ...]:
    """Return the versions of a model with their lineage, the newest first."""
    return tuple(map(_version, reader.records(sql("services", "models_versions"), model=name)))


def registered(reader: Reader, name: str | None = None) -> dict[str, RegisteredModel]:
    """Return what decides over rollbacks, by model name: versions, status, tags, champion."""
    versions: dict[str, list[ModelVersion]] = defaultdict(list)
    for model_, version, status, created_at, tags in reader.rows(
        sql("services", "models_candidates"), model=name
    ):
        versions[model_].append(ModelVersion(model_, version, status, created_at, tags=tags))
    return {
        row["name"]: RegisteredModel(
            row["name"],
            tuple(versions[row["name"]]),
            {} if row["champion"] is None else {CHAMPION: row["champion"]},
        )
        for row in reader.records(sql("services", "models_list"), model=name)
    }


def _rows(reader: Reader, name: str | None, currency: str, now: datetime) -> list[ModelRow]:
    metrics: dict[str, list[MetricView]] = defaultdict(list)
    for subject, metric, segment, latest, moments, amounts in reader.rows(
        sql("services", "models_readings"), model=name, points=POINTS
    ):
        trend = tuple(zip(moments, amounts, strict=True))
        metrics[subject].append(_metric(metric, segment, latest, trend, now))
    known = registered(reader, name)
    return [
        _row(record, metrics[record["name"]], known[record["name"]], currency, now)
        for record in reader.records(sql("services", "models_list"), model=name)
    ]


def _row(
    record: Mapping[str, Any],
    found: list[MetricView],
    known: RegisteredModel,
    currency: str,
    now: datetime,
) -> ModelRow:
    in_order = sorted(found, key=_metric_order)
    metrics = tuple(each for each in in_order if each.state is not KpiState.NO_DATA)
    former = tuple(
        each
        for each in in_order
        if each.state is KpiState.NO_DATA and now - each.as_of <= FORMER_AGE
    )
    state, reason = _judge(metrics, record["champion"])
    if former and not metrics:
        since = f" since {stamp(record['since'])}" if record["since"] else ""
        reason = f"version {record['champion']} serves{since}; its first reading is awaited"
    target = rollback_target(known)
    return ModelRow(
        name=record["name"],
        tier=record["tier"],
        owner=record["owner"],
        domain=record["domain"],
        state=state,
        reason=reason,
        champion=record["champion"],
        champion_since=record["since"],
        rollback_target=target.version if target else None,
        exposure=Money(record["exposure"], currency),
        metrics=metrics,
        former=former,
    )


def _metric(
    metric: str,
    segment: str,
    latest: Mapping[str, Any],
    trend: tuple[tuple[datetime, float], ...],
    now: datetime,
) -> MetricView:
    state = KpiState.STALE if now - latest["at"] > MAX_AGE else KpiState.OK
    if latest["is_breach"]:
        state = KpiState.ALARM
    return MetricView(
        metric=metric,
        metric_class=MetricClass(latest["metric_class"]),
        segment=segment,
        version=latest["version"],
        value=latest["value"],
        unit=latest["unit"],
        threshold=latest["threshold"],
        direction=Direction(latest["direction"]),
        state=state if latest["is_current"] else KpiState.NO_DATA,
        as_of=latest["at"],
        trend=trend,
    )


def _metric_order(metric: MetricView) -> tuple[int, str, str]:
    known = metric.metric_class in _CLASS_ORDER
    rank = _CLASS_ORDER.index(metric.metric_class) if known else len(_CLASS_ORDER)
    return (rank, metric.metric, metric.segment)


def _judge(metrics: tuple[MetricView, ...], champion: int | None) -> tuple[KpiState, str]:
    """Return the state of a model and the sentence that says why; empty when it is well."""
    if not metrics:
        return KpiState.NO_DATA, "no reading yet"
    breaches = [metric for metric in metrics if metric.state is KpiState.ALARM]
    if breaches:
        more = f" and {len(breaches) - 1} more" if len(breaches) > 1 else ""
        return KpiState.ALARM, f"{_breach(breaches[0])}{more}"
    newest = max(metric.as_of for metric in metrics)
    stale = [metric for metric in metrics if metric.state is KpiState.STALE]
    if len(stale) == len(metrics):
        return KpiState.STALE, f"the newest reading is of {stamp(newest)}"
    if champion is None:
        return KpiState.WARN, "no version serves as champion"
    if stale:
        return KpiState.WARN, f"{_name(stale[0])} has no reading since {stamp(stale[0].as_of)}"
    return KpiState.OK, ""


def _breach(metric: MetricView) -> str:
    side = "below" if metric.direction is Direction.AT_LEAST else "above"
    limit = f" {metric.threshold:.4g}" if metric.threshold is not None else " its threshold"
    return f"{_name(metric)} {metric.value:.4g} is {side}{limit}"


def _name(metric: MetricView) -> str:
    return f"{metric.metric} of {metric.segment}" if metric.segment else metric.metric


def _version(record: Mapping[str, Any]) -> VersionView:
    return VersionView(
        version=record["version"],
        status=record["status"],
        aliases=tuple(record["aliases"]),
        created_at=record["created_at"],
        is_approved=record["is_approved"],
        is_rolled_back=record["is_rolled_back"],
        validated_by=record["validated_by"],
        run_id=record["run_id"],
        run_user=record["run_user"],
        datasets=tuple((found["name"], found["digest"]) for found in record["datasets"]),
        params=record["params"],
        metrics=record["metrics"],
        explanation=_explanation(record["artifacts"]),
    )


def _explanation(artifacts: Iterable[str]) -> str:
    found = (path for path in artifacts if any(word in path.lower() for word in _EXPLAINERS))
    return next(found, "")


def _event(happened: tuple[Any, ...]) -> TimelineEvent:
    at, kind, subject, detail, before, after = happened
    match kind:
        case "alias":
            return TimelineEvent(at, kind, _move(subject, before, after, detail))
        case "version":
            by = f" by {detail}" if detail else ""
            validated = f", validated by {before}" if before else ""
            return TimelineEvent(at, kind, f"version {subject} registered{by}{validated} ({after})")
        case "finding":
            more = f": {before}" if before else ""
            return TimelineEvent(at, kind, f"{detail} {subject.replace('_', ' ')}{more}")
        case _:
            by = f", signed by {subject}" if subject else ""
            return TimelineEvent(at, kind, f"{detail or kind}{by} ({short(after or '')})")


def _move(alias: str, before: str | None, after: str | None, decision: str) -> str:
    why = f"decision {short(decision)}" if decision else "no decision here explains it"
    if after is None:
        return f"{alias} removed from version {before}: {why}"
    origin = f" from version {before}" if before else ""
    return f"{alias} moved{origin} to version {after}: {why}"


def _unknown(reader: Reader, name: str) -> UnknownNameError:
    known = [row["name"] for row in reader.records(sql("services", "models_list"), model=None)]
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "list them: `riskcockpit models list`"
    return UnknownNameError(f"there is no model {name!r}", hint=hint)
