"""MLflow as a source: the whole registry in each pass, and moves of aliases.

There is no cursor: a registry is small, and MLflow does not say what changed. Training runs are
read for the versions that matter, which are the aliased ones and the newest five of each model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import ClassVar, Literal, Self

import msgspec

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.mlflow.alias import AliasMover
from riskcockpit.connectors.mlflow.client import MlflowClient
from riskcockpit.connectors.mlflow.mapping import (
    RunDetail,
    detailed_versions,
    history,
    registered_model,
    version_number,
)
from riskcockpit.connectors.mlflow.wire import Artifact, Model, Point, Version
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.action import Action, Preview, Receipt
from riskcockpit.domain.batch import Batch, Coverage
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.reading import MetricClass, Reading
from riskcockpit.errors import ForbiddenError, UnavailableError

_NOT_FOUND = 404
NEWEST = 5
"""How many versions of a model are read with their runs, beside the aliased ones."""


class MlflowOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `mlflow`."""

    default_permission: Literal["READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS", "DENY"] = "READ"
    """What the auth app of the server grants where nobody said anything (its own setting of the
    same name). Decides whether a rollback is offered before it is tried."""
    history: dict[str, MetricClass] = {}
    """Metrics whose whole history in the runs of aliased versions becomes readings, each with its
    class: `{accuracy: accuracy}`."""


class MlflowConnector:
    """The registry of one MLflow server."""

    kind: ClassVar[str] = "mlflow"
    options: ClassVar[type[MlflowOptions]] = MlflowOptions

    def __init__(
        self,
        reader: MlflowClient,
        writer: MlflowClient | None,
        mover: AliasMover,
        history: Mapping[str, MetricClass],
    ) -> None:
        self._history = history
        self._reader = reader
        self._writer = writer
        self._mover = mover

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, MlflowOptions)

        def client(credential: Credential | None) -> MlflowClient:
            return MlflowClient(HttpClient.of(spec, clock, credential))

        reader = client(spec.read)
        writer = client(spec.write) if spec.write else None
        mover = AliasMover(reader, writer, clock, options.default_permission)
        return cls(reader, writer, mover, options.history)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:  # noqa: ARG002 - the protocol
        """Yield every model, one a batch; the last batch is complete. See `connectors.api`."""
        pages = 0
        models: list[Model] = []
        for model_page in self._reader.model_pages():
            pages += 1
            models.extend(model_page)
        versions: dict[str, list[Version]] = defaultdict(list)
        for version_page in self._reader.version_pages():
            pages += 1
            for version in version_page:
                versions[version.name].append(version)
        runs = _RunReader(self._reader)
        for model in models:
            own = versions[model.name]
            wanted = detailed_versions(model, own, NEWEST)
            details = runs.read({v.run_id for v in own if v.run_id and v.version in wanted})
            curves = tuple(self._curves(model, own, runs))
            whole = registered_model(model, own, details)
            yield Batch((whole, *curves), coverage=Coverage(rows=1 + len(curves)))
        yield Batch(
            (),
            is_complete=True,
            is_whole=True,
            coverage=Coverage(pages=pages + runs.calls, note="; ".join(runs.notes)),
        )

    def _curves(
        self, model: Model, versions: Iterable[Version], runs: _RunReader
    ) -> Iterator[Reading]:
        """Yield the history of the wanted metrics in the runs of the aliased versions."""
        aliased = {alias.version for alias in model.aliases}
        for version in versions:
            number = version_number(version.version)
            if version.version not in aliased or not version.run_id or number is None:
                continue
            for metric, class_ in sorted(self._history.items()):
                points = runs.history(version.run_id, metric)
                yield from history(model.name, number, metric, class_, points)

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        return f"MLflow {self._reader.server_version()}"

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        return self._mover.preview(action)

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`."""
        return self._mover.apply(action)

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        return self._mover.observe(action)

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        self._reader.http.close()
        if self._writer is not None:
            self._writer.http.close()


class _RunReader:
    """Reads runs and their artefacts for one pass, and notes what could not be had."""

    def __init__(self, client: MlflowClient) -> None:
        self._client = client
        self._lists_artifacts = True
        self.calls = 0
        self.notes: list[str] = []

    def read(self, run_ids: set[str]) -> dict[str, RunDetail]:
        """Return what is known of `run_ids`; a run that was deleted is left out, with a note."""
        details: dict[str, RunDetail] = {}
        for run_id in sorted(run_ids):
            self.calls += 1
            run = self._client.run(run_id)
            if run is None:
                self.notes.append(f"run {run_id[:12]} is gone")
            else:
                details[run_id] = RunDetail(run, self._artifacts(run_id))
        return details

    def history(self, run_id: str, metric: str) -> Iterator[Point]:
        """Yield every value of a metric in a run; none when the run was deleted."""
        self.calls += 1
        try:
            for page in self._client.history(run_id, metric):
                yield from page
        except StatusError as error:
            if error.status != _NOT_FOUND:
                raise

    def _artifacts(self, run_id: str) -> tuple[Artifact, ...]:
        """List artefacts until their store fails once: it may be down when the registry is not."""
        if not self._lists_artifacts:
            return ()
        self.calls += 1
        try:
            return self._client.artifacts(run_id)
        except (UnavailableError, StatusError, ForbiddenError) as error:
            self._lists_artifacts = False
            self.notes.append(f"artefacts are not listed: {error.message}")
            return ()
