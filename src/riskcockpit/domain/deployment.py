"""Deployments as upstream systems record them: what went where, by which run, who let it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from riskcockpit.domain.ids import digest

PRODUCTION = "(^|[^a-z])(production|prod|prd|live)([^a-z]|$)"
"""What the name of a place of production holds, in lower case."""
NOT_PRODUCTION = "(^|[^a-z])(pre|non|not)[^a-z]?(production|prod|prd|live)"
"""What a name holds that only sounds like it."""


class DeploymentStatus(StrEnum):
    """How far a deployment came, in the words of all systems."""

    WAITING = "waiting"
    """For an approval."""
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    """Rejected, skipped or cancelled: nothing was changed."""


class Answer(StrEnum):
    """What somebody said to a deployment."""

    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, order=True)
class Approval:
    """One answer that the upstream system recorded."""

    upstream_id: str
    """Unique within its deployment."""
    actor: str
    answer: Answer
    at: datetime | None = None
    """Aware UTC; None: the system does not say when."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment of one thing to one place. All text is cleaned by the connector."""

    upstream_id: str
    """Unique within its source, and the same whenever it is read."""
    asset: str
    """What is deployed: repository, application, `NAMESPACE/NAME` or job."""
    environment: str
    """Where it goes: an environment, or cluster and namespace."""
    status: DeploymentStatus
    observed_at: datetime
    """When upstream changed it last, aware UTC: of two observations the newer one counts."""
    is_production: bool | None = None
    """As upstream says; None: it does not, then the names decide."""
    commit: str = ""
    """The full commit; of several sources all, with commas between."""
    ref: str = ""
    """Branch, tag or revision it was asked for by."""
    pipeline: str = ""
    """The run that brought it."""
    url: str = ""
    artifacts: tuple[str, ...] = ()
    """Images, as `registry.example/payments@sha256:…`, or packages."""
    model: str = ""
    """The model it serves, where upstream says so."""
    model_version: int | None = None
    actor: str = ""
    """Who or what deployed it."""
    approvals: tuple[Approval, ...] = ()
    started_at: datetime | None = None
    finished_at: datetime | None = None

    def id_within(self, source: str) -> str:
        """Return its id, as 32 hex digits: the same for the same deployment of a source."""
        return digest(("deployment", source, self.upstream_id))

    @property
    def content(self) -> str:
        """A digest of all it says, so that the same again changes nothing."""
        return digest((
            self.asset, self.environment, self.status.value, str(self.observed_at),
            str(self.is_production), self.commit, self.ref, self.pipeline, self.url,
            *self.artifacts, "", self.model, str(self.model_version), self.actor,
            *(f"{one}" for one in sorted(self.approvals, key=lambda one: one.upstream_id)),
            str(self.started_at), str(self.finished_at),
        ))  # fmt: skip


_MODEL_URI = "models:/"


def served_model(uri: str) -> tuple[str, int | None]:
    """Return model and version of `models:/NAME/VERSION`; an alias is no version. ("", None): none.

    The form is MLflow's; what serves a model names it so in its variables.
    """
    _, mark, rest = uri.partition(_MODEL_URI)
    name, slash, version = rest.partition("/")
    name, _, _ = name.partition("@")
    if not mark or not name:
        return "", None
    is_number = bool(slash) and version.isascii() and version.isdigit() and len(version) < 10  # noqa: PLR2004 - fits INTEGER
    return name, int(version) if is_number else None
