"""Prometheus as a source: each configured query becomes readings.

A query is read as the present value, or with `range_step` as the range since the last sync: of a
long one the oldest part, and the rest by the syncs that follow. A refused query is reported and
does not stop the others; nothing is ever invented for a query that finds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import ClassVar, Self

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.prometheus.client import PrometheusClient
from riskcockpit.connectors.prometheus.mapping import (
    LOOKBACK_SECONDS,
    Mapped,
    readings,
    spans,
    thresholds,
)
from riskcockpit.connectors.prometheus.targets import report as targets_report
from riskcockpit.connectors.prometheus.wire import (
    Answer,
    PrometheusOptions,
    QueryOptions,
    Series,
)
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.batch import Batch, Coverage, Document
from riskcockpit.domain.clock import Clock, rfc3339
from riskcockpit.domain.ids import digest
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError

MOST_POINTS = 500_000
"""Points after which a sync reads no further piece of any range: some 400 MB."""
_REFUSED = frozenset({400, 422})
"""The query does not parse, or does not evaluate: a fault of the query, not of the server."""


class PrometheusConnector:
    """The queries of one source against one Prometheus server."""

    kind: ClassVar[str] = "prometheus"
    options: ClassVar[type[PrometheusOptions]] = PrometheusOptions

    def __init__(self, client: PrometheusClient, options: PrometheusOptions) -> None:
        self._client = client
        self._queries = options.queries
        self._most = parse_duration(options.targets) if options.targets else None

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, PrometheusOptions)
        if not (options.queries or options.targets):
            raise ConfigError(
                f'source "{spec.name}": options.queries is empty, and so is options.targets',
                hint="name the queries whose series are readings; see docs/connectors.md",
            )
        for index, query in enumerate(options.queries):
            if fault := _fault(query):
                raise ConfigError(f'source "{spec.name}": options.queries[{index}].{fault}')
        if options.targets and (fault := _no_duration("targets", options.targets)):
            raise ConfigError(f'source "{spec.name}": options.{fault}')
        http = HttpClient.of(spec, clock, spec.read)
        return cls(PrometheusClient(http), options)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield the targets that are not scraped, then one batch per query, the last one complete.

        See `connectors.api`.
        """
        before = _ends(cursor)
        ends: dict[str, int] = {}
        room = MOST_POINTS
        last = len(self._queries) - 1
        if self._most is not None:
            document = Document(
                name=f"{self._client.http.endpoint.origin}/targets",
                content=targets_report(self._client.targets(), until, self._most),
                modified_at=until,
            )
            yield Batch((document,), is_complete=last < 0, coverage=Coverage(pages=1, rows=1))
        for index, query in enumerate(self._queries):
            key = digest((query.metric, query.query, query.range_step))
            now = until.timestamp()
            try:
                pages, mapped, end = self._read(query, before.get(key), now, room)
            except StatusError as error:
                if error.status not in _REFUSED:
                    raise
                ends.update({key: before[key]} if key in before else {})
                coverage = Coverage(pages=1, is_truncated=True, note=_refusal(query, error))
                yield Batch((), _cursor(ends), index == last, coverage)
                continue
            ends[key] = end
            room -= len(mapped.readings)
            coverage = Coverage(
                pages, len(mapped.readings), end < int(now), note="; ".join(mapped.notes)
            )
            yield Batch(mapped.readings, _cursor(ends), index == last, coverage)

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        return f"Prometheus {clean_line(self._client.server_version())}"

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        self._client.http.close()

    def _read(
        self, query: QueryOptions, since: int | None, now: float, room: int
    ) -> tuple[int, Mapped, int]:
        """Return how many requests it took, the readings, and up to where (seconds) they go.

        Of a range the oldest piece is read, and more while less than `room` points came.
        """
        limits, sizes = (
            self._client.instant(asked, now) if asked else Answer()
            for asked in (query.threshold_query, query.sample_query)
        )
        pages = bool(query.threshold_query) + bool(query.sample_query)
        answers: list[Answer] = []
        end = int(now)
        if not query.range_step:
            answers.append(self._client.instant(query.query, now))
        else:
            step = _seconds(query.range_step)
            pieces = spans(_start(query, since, now), int(now), step)
            for number, (start, last) in enumerate(pieces):
                answers.append(self._client.range(query.query, start, last, step))
                room -= sum(len(one.points) for one in answers[-1].series)
                if room <= 0 and number < len(pieces) - 1:
                    end = last
                    break
        series: list[Series] = [one for answer in answers for one in answer.series]
        known = thresholds(limits.series, query), thresholds(sizes.series, query)
        mapped = readings(series, query, *known)
        told = {clean_line(note) for answer in (limits, sizes, *answers) for note in answer.notes}
        notes = [*mapped.notes, *(f"{query.metric}: {note}" for note in sorted(told))]
        if end < int(now):
            upto = rfc3339(datetime.fromtimestamp(end, UTC))
            notes.append(f"{query.metric}: read up to {upto}, the next sync goes on from there")
        return pages + len(answers), Mapped(mapped.readings, tuple(notes)), end


def _start(query: QueryOptions, since: int | None, now: float) -> int:
    """Return where to read from: before the last end, for what came late; never past `now`."""
    if since is None or since > now:
        return int(now) - _seconds(query.first_range)
    return since - LOOKBACK_SECONDS


def _ends(cursor: str) -> dict[str, int]:
    """Return up to where each query was read; a cursor of another kind counts as none."""
    try:
        return msgspec.json.decode(cursor, type=dict[str, int]) if cursor else {}
    except msgspec.DecodeError:
        return {}


def _cursor(ends: dict[str, int]) -> str:
    return msgspec.json.encode(ends, order="deterministic").decode()


def _refusal(query: QueryOptions, error: StatusError) -> str:
    return f"{query.metric}: the query was refused: {error.reply.quote or error.status}"


def _seconds(text: str) -> int:
    return int(parse_duration(text).total_seconds())


def _fault(query: QueryOptions) -> str:
    """Return what no type refuses about a query, after its key; empty when nothing."""
    for name in ("query", "metric"):
        if not getattr(query, name).strip():
            return f"{name} is empty"
    for name in ("window", "range_step", "first_range"):
        text = getattr(query, name)
        if not text and name != "first_range":
            continue
        if fault := _no_duration(name, text):
            return fault
    return ""


def _no_duration(name: str, text: str) -> str:
    try:
        if _seconds(text) >= 1:
            return ""
    except ValueError:
        pass
    return f'{name}: "{text}" is not a duration, as 30s, 5m or 24h'
