"""The shapes of the Kubernetes API that we read, each only as far as we use it. No behaviour."""

from __future__ import annotations

from typing import Any

import msgspec


class _Shape(msgspec.Struct, frozen=True, rename="camel"):
    """Members are written in camel case there."""


class OwnerReference(_Shape, frozen=True):
    """Who made an object."""

    uid: str = ""
    controller: bool = False


class Metadata(_Shape, frozen=True):
    """How an object is called, and which state of it this is."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: tuple[OwnerReference, ...] = ()


class Condition(_Shape, frozen=True):
    """One thing that holds of a deployment, or does not."""

    type: str
    status: str = ""
    reason: str = ""
    message: str = ""
    last_update_time: str | None = None
    last_transition_time: str | None = None


class Requirement(_Shape, frozen=True):
    """One expression of a selector."""

    key: str
    operator: str
    values: tuple[str, ...] | None = None


class Selector(_Shape, frozen=True):
    """Which pods are an object's."""

    match_labels: dict[str, str] | None = None
    match_expressions: tuple[Requirement, ...] | None = None


class Spec(_Shape, frozen=True):
    """What somebody wants of a deployment, without its template."""

    replicas: int = 1
    paused: bool = False


class WholeSpec(Spec, frozen=True):
    """The same with the template of its pods."""

    selector: Selector = Selector()
    template: dict[str, Any] = {}


class Status(_Shape, frozen=True):
    """What the controller observed of a deployment."""

    observed_generation: int = 0
    replicas: int = 0
    updated_replicas: int = 0
    available_replicas: int = 0
    conditions: tuple[Condition, ...] | None = None


class Deployment(_Shape, frozen=True):
    """A deployment as lists are read."""

    metadata: Metadata
    spec: Spec
    status: Status = Status()


class WholeDeployment(_Shape, frozen=True):
    """A deployment with the template of its pods."""

    metadata: Metadata
    spec: WholeSpec
    status: Status = Status()


class ReplicaSet(_Shape, frozen=True):
    """One template of a deployment that was rolled out, and what is left of its pods."""

    metadata: Metadata
    spec: WholeSpec


class ListMetadata(msgspec.Struct, frozen=True, rename={"go_on": "continue"}):
    """Where a list goes on; empty: nowhere."""

    go_on: str = ""


class DeploymentList(_Shape, frozen=True):
    """A page of deployments."""

    metadata: ListMetadata
    items: tuple[Deployment, ...] | None


class ReplicaSetList(_Shape, frozen=True):
    """A page of replica sets."""

    metadata: ListMetadata
    items: tuple[ReplicaSet, ...] | None


class Version(_Shape, frozen=True):
    """What runs there."""

    git_version: str = ""
