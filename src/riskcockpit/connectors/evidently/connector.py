"""Evidently as a source: its files in a directory, or the API of its UI server, as readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self, cast
from zoneinfo import ZoneInfo

import msgspec

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.evidently.client import EvidentlyClient
from riskcockpit.connectors.evidently.mapping import About, readings, version_number
from riskcockpit.connectors.evidently.wire import (
    ProjectForm,
    ReportForm,
    SnapshotForm,
    SnapshotInfo,
    of_report,
    of_snapshot,
)
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.own_readings import Measured
from riskcockpit.connectors.result_files import (
    ModelResultOptions,
    ResultFiles,
    decode,
    subject_of,
)
from riskcockpit.connectors.watched import Changed, WatchedFiles
from riskcockpit.domain.batch import Batch, Coverage
from riskcockpit.domain.clock import Clock, as_utc
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError, FormatError

LOOKBACK = timedelta(hours=24)
"""Snapshots are read again this long before the newest one: runs are stored when they end, under
the time at which they were asked for."""


class EvidentlyOptions(ModelResultOptions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The `options` of a source of kind `evidently`."""

    paths: tuple[str, ...] = ()
    """Files, directories or patterns; without any, `url` is that of a UI server."""
    timezone: str = "UTC"
    """Of the moments Evidently writes: they have none."""
    projects: tuple[str, ...] = ()
    """Names of the projects to read from a UI server; empty: all."""


class EvidentlyConnector(ResultFiles):
    """The runs of one source."""

    kind: ClassVar[str] = "evidently"
    options: ClassVar[type[EvidentlyOptions]] = EvidentlyOptions

    def __init__(
        self, files: WatchedFiles, options: EvidentlyOptions, client: EvidentlyClient | None = None
    ) -> None:
        super().__init__(files, options)
        self._client = client

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, EvidentlyOptions)
        try:
            ZoneInfo(options.timezone)
        except (KeyError, ValueError, OSError) as error:
            raise ConfigError(
                f'source "{spec.name}": options.timezone: "{options.timezone}" is no time zone',
                hint="as Europe/Madrid",
            ) from error
        if options.paths:
            return cls(WatchedFiles.build(spec, options, cls.suffixes), options)
        http = HttpClient.of(spec, clock, spec.read)
        return cls(WatchedFiles(spec.name, (), None, True), options, EvidentlyClient(http))  # noqa: FBT003 - no files

    def read(self, changed: Changed) -> Measured:
        """See `ResultFiles.read`; a report has no time of its own and gets that of its file."""
        options = self._own
        if b'"metric_results"' in changed.content:
            form = decode(changed.content, SnapshotForm, "snapshot of Evidently")
            try:
                metrics = tuple(of_snapshot(form))
            except msgspec.ValidationError as error:
                raise FormatError(f"no snapshot of Evidently: {clean_line(str(error))}") from error
            at = self._moment(form.timestamp) or changed.modified_at
            said = subject_of(changed, options, str(form.metadata.get("model", "")))
            return readings(metrics, self._about(said, form.metadata, at))
        report = decode(changed.content, ReportForm, "report of Evidently")
        about = self._about(subject_of(changed, options), {}, changed.modified_at)
        return readings(of_report(report), about)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield one batch for each file or snapshot that is new. See `connectors.api`."""
        if self._client is None:
            yield from super().pull(cursor, until)
        else:
            yield from self._pull_server(self._client, cursor)

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        if self._client is None:
            return super().check()
        return f"Evidently UI {clean_line(self._client.server_version())}"

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        if self._client is not None:
            self._client.http.close()

    def _pull_server(self, client: EvidentlyClient, cursor: str) -> Iterator[Batch]:
        before = _newest(cursor)
        newest: dict[str, str] = {}
        pages = 1
        projects = client.projects()
        missing = set(self._own.projects) - {project.name for project in projects}
        for project in projects:
            if self._own.projects and project.name not in self._own.projects:
                continue
            snapshots = client.snapshots(project.id)
            pages += 1
            newest[project.id] = max((s.timestamp for s in snapshots), default="")
            for snapshot in snapshots:
                if self._is_new(snapshot, before.get(project.id, "")):
                    pages += 1
                    yield self._read_snapshot(client, project, snapshot).batch()
        note = f"no project is called {', '.join(sorted(missing))}" if missing else ""
        coverage = Coverage(pages, is_truncated=bool(missing), note=clean_line(note))
        yield Batch((), msgspec.json.encode(newest, order="deterministic").decode(), True, coverage)  # noqa: FBT003 - the end

    def _read_snapshot(
        self, client: EvidentlyClient, project: ProjectForm, snapshot: SnapshotInfo
    ) -> Measured:
        name = clean_line(project.name or project.id)
        at = self._moment(snapshot.timestamp)
        if at is None:
            return Measured(
                (), (f"{name}: a snapshot without a time is left out",), is_partial=True
            )
        said = clean_line(str(snapshot.metadata.get("model", ""))) or self._own.subject or name
        report = client.report(project.id, snapshot.id)
        return readings(of_report(report), self._about(said, snapshot.metadata, at))

    def _is_new(self, snapshot: SnapshotInfo, newest: str) -> bool:
        at, last = self._moment(snapshot.timestamp), self._moment(newest)
        return at is None or last is None or at > last - LOOKBACK

    def _about(self, subject: str, metadata: Mapping[str, Any], at: datetime) -> About:
        said = metadata.get("version", metadata.get("model_version"))
        version = version_number(said) if said is not None else self._own.version
        return About(self._own.subject_kind, subject, version, at)

    def _moment(self, text: str) -> datetime | None:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return None
        zone = ZoneInfo(self._own.timezone)
        return as_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone))

    @property
    def _own(self) -> EvidentlyOptions:
        return cast("EvidentlyOptions", self._options)


def _newest(cursor: str) -> dict[str, str]:
    """Return the newest moment of each project; a cursor of another kind counts as none."""
    try:
        return msgspec.json.decode(cursor, type=dict[str, str]) if cursor else {}
    except msgspec.DecodeError:
        return {}
