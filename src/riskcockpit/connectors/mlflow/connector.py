"""MLflow as a source: the whole registry in each pass, moves of aliases, and what waits for one.

There is no cursor: a registry is small, and MLflow does not say what changed. Training runs are
read for the versions that matter, which are the aliased ones and the newest five of each model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import ClassVar, Literal, Self

import msgspec

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.acting import Performer
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.mlflow.alias import NO_WRITER, AliasMover
from riskcockpit.connectors.mlflow.client import MlflowClient
from riskcockpit.connectors.mlflow.mapping import (
    RunDetail,
    detailed_versions,
    history,
    registered_model,
    version_number,
)
from riskcockpit.connectors.mlflow.waiting import Convention, Rejection, Waiting
from riskcockpit.connectors.mlflow.wire import Artifact, Model, Point, Version
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.action import (
    MODEL_KINDS,
    OFFERED_KINDS,
    Action,
    ActionKind,
    Offer,
    Preview,
    Receipt,
)
from riskcockpit.domain.batch import Batch, Coverage
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.reading import MetricClass, Reading
from riskcockpit.errors import ConfigError, ForbiddenError, UnavailableError

_NOT_FOUND = 404
NEWEST = 5
"""How many versions of a model are read with their runs, beside the aliased ones."""


class MlflowOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `mlflow`."""

    default_permission: Literal["READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS", "DENY"] = "READ"
    """What the auth app of the server grants where nobody said anything (its own setting of the
    same name). Decides whether a rollback is offered before it is tried."""
    waiting_alias: str = "challenger"
    """A version that carries this alias and is newer than the champion waits for its promotion;
    empty: no alias says so."""
    waiting_tag: str = ""
    """A tag that says the same, as `stage=candidate`; empty: none does."""
    history: dict[str, MetricClass] = {}
    """Metrics whose whole history in the runs of aliased versions becomes readings, each with its
    class: `{accuracy: accuracy}`."""


class MlflowConnector:
    """The registry of one MLflow server."""

    kind: ClassVar[str] = "mlflow"
    acts: ClassVar[frozenset[ActionKind]] = MODEL_KINDS | {ActionKind.DEPLOYMENT_REJECT}
    options: ClassVar[type[MlflowOptions]] = MlflowOptions

    def __init__(
        self,
        spec: SourceSpec,
        options: MlflowOptions,
        clients: tuple[MlflowClient, MlflowClient | None],
        clock: Clock,
    ) -> None:
        """`clients` are the reader's and the writer's."""
        self._options = options
        self._clients = clients
        self._reader, self._writer = clients
        self._clock = clock
        self._mover = AliasMover(*clients, clock, options.default_permission)
        self._performer = Performer(clock, self.why_not())
        convention = Convention(options.waiting_alias, _tag(spec.name, options.waiting_tag))
        self._waiting = Waiting(self._reader, convention, spec.name)

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, MlflowOptions)

        def client(credential: Credential | None) -> MlflowClient:
            return MlflowClient(HttpClient.of(spec, clock, credential))

        writer = client(spec.write) if spec.write else None
        return cls(spec, options, (client(spec.read), writer), clock)

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
            for metric, class_ in sorted(self._options.history.items()):
                points = runs.history(version.run_id, metric)
                yield from history(model.name, number, metric, class_, points)

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        return f"MLflow {self._reader.server_version()}"

    def deployments(self, kinds: Collection[ActionKind] = OFFERED_KINDS) -> Iterator[Offer]:
        """See `connectors.api.Deploys.deployments`: the versions that wait for their promotion."""
        yield from self._waiting.offers(kinds)

    def why_not(self) -> str:
        """See `connectors.api.Refrains.why_not`."""
        return "" if self._writer else NO_WRITER

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        if action.kind in MODEL_KINDS:
            return self._mover.preview(action)
        return self._performer.preview(self._rejection(action))

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`."""
        if action.kind in MODEL_KINDS:
            return self._mover.apply(action)
        return self._performer.apply(action, self._rejection(action))

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        if action.kind in MODEL_KINDS:
            return self._mover.observe(action)
        return self._performer.observe(action, self._rejection(action))

    def _rejection(self, action: Action) -> Rejection:
        return Rejection(action, self._clients, self._clock, self._options.default_permission)

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        self._reader.http.close()
        if self._writer is not None:
            self._writer.http.close()


def _tag(source: str, text: str) -> tuple[str, str] | None:
    """Read KEY=VALUE; nothing when nothing is said.

    Raises:
        ConfigError: it is something else.
    """
    if not text:
        return None
    key, equals, value = text.partition("=")
    if not (key.strip() and equals and value.strip()):
        raise ConfigError(
            f'source "{source}": options.waiting_tag: "{text}" is no tag with its value',
            hint="as stage=candidate",
        )
    return key.strip(), value.strip()


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
