"""The shapes of the Prometheus HTTP API that we read, and of our own options. No behaviour."""

from __future__ import annotations

import msgspec

from riskcockpit.domain.reading import Direction, MetricClass, SubjectKind

Point = tuple[float, str]
"""Seconds since 1970 and the value, which Prometheus writes as text."""


class Series(msgspec.Struct, frozen=True):
    """One series of an answer: one point (`value`) or several (`values`)."""

    metric: dict[str, str] = {}
    value: Point | None = None
    values: tuple[Point, ...] = ()

    @property
    def points(self) -> tuple[Point, ...]:
        """All points, oldest first."""
        return self.values if self.value is None else (self.value,)


class Data(msgspec.Struct, frozen=True):
    """The payload; the shape of `result` follows from `resultType`."""

    resultType: str  # noqa: N815 - the name in the API
    result: msgspec.Raw


class QueryReply(msgspec.Struct, frozen=True):
    """The envelope of every answer."""

    status: str
    data: Data
    warnings: tuple[str, ...] = ()
    infos: tuple[str, ...] = ()


class BuildInfo(msgspec.Struct, frozen=True):
    """What the server is."""

    version: str = ""


class BuildInfoReply(msgspec.Struct, frozen=True):
    """`BuildInfo` in its envelope."""

    data: BuildInfo


class Target(msgspec.Struct, frozen=True):
    """Something that is scraped. `health` is `up`, `down` or `unknown`."""

    labels: dict[str, str] = {}
    health: str = ""
    lastError: str = ""  # noqa: N815 - the name in the API
    lastScrape: str = ""  # noqa: N815 - as above


class Targets(msgspec.Struct, frozen=True):
    """What is scraped at this time."""

    activeTargets: tuple[Target, ...] = ()  # noqa: N815 - as above


class TargetsReply(msgspec.Struct, frozen=True):
    """`Targets` in their envelope."""

    data: Targets


class Answer(msgspec.Struct, frozen=True):
    """What a query found."""

    series: tuple[Series, ...] = ()
    notes: tuple[str, ...] = ()
    """Warnings of the server, as it wrote them."""


class QueryOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One query and what its series mean."""

    query: str
    metric: str
    metric_class: MetricClass = MetricClass.OTHER
    subject_kind: SubjectKind = SubjectKind.MODEL
    subject_label: str = ""
    """Label that names the subject; empty: `model`, `dataset` or `service`, after the kind."""
    subject: str = ""
    """The subject when series have no such label."""
    version_label: str = "version"
    segment_label: str = ""
    """Label that names the feature or group; empty: the whole population."""
    threshold: float | None = None
    threshold_query: str = ""
    """Gives one threshold per subject, or per subject and version; `threshold` where it does not.
    """
    sample_query: str = ""
    """Gives how many cases the values rest on now, per subject, or per subject and version; for
    rules that want a minimum sample."""
    direction: Direction = Direction.AT_LEAST
    unit: str = "ratio"
    window: str = ""
    """The span the values are computed over, as `1h`; for people, and for `window_seconds`."""
    range_step: str = ""
    """Set, a range is read from where the last sync ended, one point every so often; empty, only
    the present value is read."""
    first_range: str = "24h"
    """How far back the first sync goes, with `range_step`."""


class PrometheusOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `prometheus`."""

    queries: tuple[QueryOptions, ...] = ()
    """At least one, unless `targets` is given."""
    targets: str = ""
    """Every active target must have been scraped within this time, as 10m; empty: nobody looks."""
