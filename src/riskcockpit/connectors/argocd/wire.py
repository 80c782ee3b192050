"""The shapes of Argo CD's REST API that we read, each only as far as we use it. No behaviour."""

from __future__ import annotations

from typing import Any

import msgspec


class _Shape(msgspec.Struct, frozen=True, rename="camel"):
    """Members are written in camel case there."""


class Metadata(_Shape, frozen=True):
    """How an application is called."""

    name: str
    namespace: str = ""


class Destination(_Shape, frozen=True):
    """The cluster, by address or by name, and the namespace that an application goes to."""

    server: str = ""
    name: str = ""
    namespace: str = ""


class SyncPolicy(_Shape, frozen=True):
    """How an application is brought in line with git."""

    automated: dict[str, Any] | None = None
    """Present: by itself, but for `enabled: false`."""


class Spec(_Shape, frozen=True):
    """What somebody wants of an application."""

    destination: Destination = Destination()
    project: str = ""
    sync_policy: SyncPolicy | None = None


class Initiator(_Shape, frozen=True):
    """Who began an operation."""

    username: str = ""
    automated: bool = False


class Deployed(_Shape, frozen=True):
    """One entry of the history of an application."""

    id: int = 0
    revision: str = ""
    revisions: tuple[str, ...] | None = None
    """Of an application with several sources."""
    deploy_started_at: str | None = None
    deployed_at: str = ""
    initiated_by: Initiator = Initiator()
    source: Any = None
    """Where it came from, with all that was set over its files."""
    sources: tuple[Any, ...] | None = None


class SyncOperation(_Shape, frozen=True):
    """What an operation brings in."""

    revision: str = ""
    revisions: tuple[str, ...] | None = None
    dry_run: bool = False


class Operation(_Shape, frozen=True):
    """An operation that was asked for."""

    sync: SyncOperation | None = None
    initiated_by: Initiator = Initiator()


class OperationState(_Shape, frozen=True):
    """How the newest operation stands."""

    phase: str = ""
    """Running, Terminating, Succeeded, Failed or Error."""
    message: str = ""
    started_at: str = ""
    finished_at: str | None = None
    operation: Operation = Operation()


class Health(_Shape, frozen=True):
    """How the resources of an application do."""

    status: str = ""
    last_transition_time: str | None = None


class Sync(_Shape, frozen=True):
    """Whether the cluster is as git says."""

    status: str = ""


class Summary(_Shape, frozen=True):
    """What an application is made of now."""

    images: tuple[str, ...] | None = None


class Status(_Shape, frozen=True):
    """What Argo CD observed of an application."""

    sync: Sync = Sync()
    health: Health = Health()
    history: tuple[Deployed, ...] | None = None
    operation_state: OperationState | None = None
    summary: Summary = Summary()
    reconciled_at: str | None = None


class Application(_Shape, frozen=True):
    """One application."""

    metadata: Metadata
    spec: Spec
    status: Status = Status()
    operation: Operation | None = None
    """Asked for, and not begun yet."""


class ApplicationList(_Shape, frozen=True):
    """All applications we may see; Argo CD knows no pages."""

    items: tuple[Application, ...] | None
    """None: there are none."""


class UserInfo(_Shape, frozen=True):
    """Who a token belongs to."""

    logged_in: bool = False
    username: str = ""


class Version(msgspec.Struct, frozen=True):
    """What runs there."""

    Version: str = ""
