"""The shapes of the MLflow REST API that we read. No behaviour."""

from __future__ import annotations

import msgspec


class Pair(msgspec.Struct, frozen=True):
    """A tag or a parameter."""

    key: str
    value: str = ""


class Alias(msgspec.Struct, frozen=True):
    """An alias and the version it points to, which MLflow writes as text."""

    alias: str
    version: str


class Model(msgspec.Struct, frozen=True):
    """A registered model. MLflow leaves empty lists out, so that every list has a default."""

    name: str
    description: str = ""
    tags: tuple[Pair, ...] = ()
    aliases: tuple[Alias, ...] = ()


class Version(msgspec.Struct, frozen=True):
    """One version of a model."""

    name: str
    version: str
    status: str = ""
    creation_timestamp: int = 0
    """Milliseconds since 1970, UTC."""
    description: str = ""
    run_id: str = ""
    tags: tuple[Pair, ...] = ()


class Metric(msgspec.Struct, frozen=True):
    """The last value of a metric; not-a-number comes as text."""

    key: str
    value: float | str = ""


class Point(msgspec.Struct, frozen=True):
    """One value of a metric's history."""

    value: float | str = ""
    timestamp: int = 0
    """Milliseconds since 1970, UTC."""


class HistoryPage(msgspec.Struct, frozen=True):
    """A page of the history of one metric; the last has no token."""

    metrics: tuple[Point, ...] = ()
    next_page_token: str = ""


class Dataset(msgspec.Struct, frozen=True):
    """A data set; `source` is JSON in a text."""

    name: str = ""
    digest: str = ""
    source: str = ""


class DatasetInput(msgspec.Struct, frozen=True):
    """A data set in its role in a run."""

    dataset: Dataset = Dataset()
    tags: tuple[Pair, ...] = ()


class RunInfo(msgspec.Struct, frozen=True):
    """Who ran it."""

    run_id: str = ""
    user_id: str = ""


class RunData(msgspec.Struct, frozen=True):
    """What the run recorded."""

    metrics: tuple[Metric, ...] = ()
    params: tuple[Pair, ...] = ()
    tags: tuple[Pair, ...] = ()


class RunInputs(msgspec.Struct, frozen=True):
    """What the run read."""

    dataset_inputs: tuple[DatasetInput, ...] = ()


class Run(msgspec.Struct, frozen=True):
    """One training run."""

    info: RunInfo = RunInfo()
    data: RunData = RunData()
    inputs: RunInputs = RunInputs()


class Artifact(msgspec.Struct, frozen=True):
    """A file or directory a run stored."""

    path: str = ""


class Permission(msgspec.Struct, frozen=True):
    """One grant of the auth app."""

    permission: str = ""
    resource_type: str = ""
    resource_pattern: str = ""


class OwnPermissions(msgspec.Struct, frozen=True):
    """What the account we log in with may do, beyond the default of the server."""

    is_admin: bool = False
    permissions: tuple[Permission, ...] = ()


class ModelPage(msgspec.Struct, frozen=True):
    """A page of models; the last has no token."""

    registered_models: tuple[Model, ...] = ()
    next_page_token: str = ""


class VersionPage(msgspec.Struct, frozen=True):
    """A page of versions; the last has no token."""

    model_versions: tuple[Version, ...] = ()
    next_page_token: str = ""


class VersionReply(msgspec.Struct, frozen=True):
    """One version in its envelope."""

    model_version: Version


class RunReply(msgspec.Struct, frozen=True):
    """One run in its envelope."""

    run: Run


class ArtifactList(msgspec.Struct, frozen=True):
    """The artefacts of a run; without any, MLflow leaves the list out."""

    files: tuple[Artifact, ...] = ()


class Fault(msgspec.Struct, frozen=True):
    """An error; `error_code` is the part that is stable."""

    error_code: str = ""
