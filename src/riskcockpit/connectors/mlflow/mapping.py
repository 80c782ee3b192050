"""MLflow's words into ours. Pure: all foreign text is cleaned here."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from riskcockpit.connectors.mlflow.wire import (
    Artifact,
    DatasetInput,
    Metric,
    Model,
    Pair,
    Point,
    Run,
)
from riskcockpit.connectors.mlflow.wire import Version as UpstreamVersion
from riskcockpit.domain.model import DatasetRef, ModelVersion, RegisteredModel
from riskcockpit.domain.reading import MetricClass, Reading, SubjectKind
from riskcockpit.domain.untrusted import clean_line, clean_text

_CONTEXT = "mlflow.data.context"
_USER = "mlflow.user"
_VALIDATED_BY = "validated_by"
_USERINFO = re.compile(r"://[^/?#\s]*@")


@dataclass(frozen=True, slots=True)
class RunDetail:
    """What we read of the training run of a version."""

    run: Run
    artifacts: Sequence[Artifact] = ()


def version_number(text: str) -> int | None:
    """Return MLflow's version, which is text, as a number: `"10"` is newer than `"9"`."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None  # noqa: PLR2004 - fits INTEGER


def detailed_versions(
    model: Model, versions: Iterable[UpstreamVersion], newest: int
) -> frozenset[str]:
    """Return the versions whose runs are worth reading: the aliased ones and the `newest`."""
    numbers = sorted(
        (n for n in (version_number(v.version) for v in versions) if n is not None), reverse=True
    )
    return frozenset([*map(str, numbers[:newest]), *(alias.version for alias in model.aliases)])


def registered_model(
    model: Model, versions: Iterable[UpstreamVersion], runs: Mapping[str, RunDetail]
) -> RegisteredModel:
    """Return a model with its versions, newest first; `runs` by run id, as far as read."""
    mapped = [_version(version, runs.get(version.run_id)) for version in versions]
    aliases = {
        clean_line(alias.alias): number
        for alias in model.aliases
        if (number := version_number(alias.version)) is not None
    }
    return RegisteredModel(
        name=clean_line(model.name),
        versions=tuple(
            sorted((v for v in mapped if v), key=lambda version: version.version, reverse=True)
        ),
        aliases=aliases,
        tags=_pairs(model.tags),
        description=clean_text(model.description),
    )


def _version(version: UpstreamVersion, detail: RunDetail | None) -> ModelVersion | None:
    number = version_number(version.version)
    if number is None:
        return None
    tags = _pairs(version.tags)
    run = detail.run if detail else Run()
    run_tags = _pairs(run.data.tags)
    # Pipelines record the validator on the run. Nothing else of a run may speak for the version:
    # whoever trains could approve.
    if _VALIDATED_BY in run_tags:
        tags.setdefault(_VALIDATED_BY, run_tags[_VALIDATED_BY])
    return ModelVersion(
        model=clean_line(version.name),
        version=number,
        status=clean_line(version.status),
        created_at=_moment(version.creation_timestamp),
        run_id=clean_line(version.run_id),
        run_user=run_tags.get(_USER) or clean_line(run.info.user_id),
        description=clean_text(version.description),
        tags=tags,
        metrics=_metrics(run.data.metrics),
        params=_pairs(run.data.params),
        datasets=tuple(_dataset(given) for given in run.inputs.dataset_inputs),
        artifacts=tuple(clean_line(a.path) for a in (detail.artifacts if detail else ())),
    )


def history(
    model: str, version: int, metric: str, class_: MetricClass, points: Iterable[Point]
) -> Iterator[Reading]:
    """Yield what the run of a version logged for a metric over time; not-a-number is left out."""
    for point in points:
        if isinstance(point.value, float) and math.isfinite(point.value):
            yield Reading(
                subject_kind=SubjectKind.MODEL,
                subject=clean_line(model),
                metric=clean_line(metric),
                metric_class=class_,
                value=point.value,
                at=_moment(point.timestamp),
                version=version,
            )


def _metrics(metrics: Iterable[Metric]) -> dict[str, float]:
    """Keep the finite values; MLflow writes the others as text."""
    return {
        clean_line(metric.key): metric.value
        for metric in metrics
        if isinstance(metric.value, float) and math.isfinite(metric.value)
    }


def _dataset(given: DatasetInput) -> DatasetRef:
    context = next((tag.value for tag in given.tags if tag.key == _CONTEXT), "")
    return DatasetRef(
        name=clean_line(given.dataset.name),
        digest=clean_line(given.dataset.digest),
        context=clean_line(context),
        source=clean_line(_source(given.dataset.source)),
    )


class _Source(msgspec.Struct, frozen=True):
    uri: str = ""
    url: str = ""
    path: str = ""


def _source(text: str) -> str:
    """Return where a data set lies, out of the JSON that MLflow keeps as text.

    A user name and password in a URL are left out.
    """
    try:
        source = msgspec.json.decode(text, type=_Source)
    except (msgspec.DecodeError, UnicodeError):
        source = _Source()
    return _USERINFO.sub("://", source.uri or source.url or source.path or text)


def _pairs(pairs: Iterable[Pair]) -> dict[str, str]:
    return {clean_line(pair.key): clean_line(pair.value) for pair in pairs}


def _moment(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(0, UTC)
