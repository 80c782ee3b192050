"""Words of Kubernetes into ours. Pure: all foreign text is cleaned here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from riskcockpit.config.credentials import REDACTED
from riskcockpit.connectors.deliveries import DEPLOYMENT_HEALTHY, DEPLOYMENT_SUCCESS, outcome
from riskcockpit.connectors.kubernetes.wire import (
    Condition,
    Deployment,
    Metadata,
    ReplicaSet,
    Status,
    WholeDeployment,
)
from riskcockpit.domain.action import Action, ActionKind, Offer
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line

REVISION = "deployment.kubernetes.io/revision"
_HISTORY = "deployment.kubernetes.io/revision-history"
_HASH = "pod-template-hash"
_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_OWN = frozenset({
    _APPLIED,
    REVISION,
    _HISTORY,
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
})  # fmt: skip
"""Annotations that stay with a deployment, and with a replica set, when it is rolled back."""
_MANAGERS = {
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "meta.helm.sh/release-name": "Helm",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
    "helm.toolkit.fluxcd.io/name": "Flux",
}
_COMPLETE = "NewReplicaSetAvailable"
_LATE = "ProgressDeadlineExceeded"


def called(metadata: Metadata) -> str:
    """Return how a deployment is called: `NAMESPACE/NAME`."""
    return clean_line(f"{metadata.namespace}/{metadata.name}")


def revision_of(metadata: Metadata) -> int:
    """Return the number of a rollout; 0: it has none yet."""
    return _number(metadata.annotations.get(REVISION, ""))


def revisions_of(replica_set: ReplicaSet) -> frozenset[int]:
    """Return the numbers a replica set has and had: each rollback to it gives it a new one."""
    earlier = replica_set.metadata.annotations.get(_HISTORY, "").split(",")
    return frozenset({revision_of(replica_set.metadata), *map(_number, earlier)} - {0})


def by_owner(sets: Iterable[ReplicaSet]) -> dict[str, list[ReplicaSet]]:
    """Return the replica sets of each deployment by its uid, the newest revision first."""
    found: dict[str, list[ReplicaSet]] = {}
    for one in sorted(sets, key=lambda one: revision_of(one.metadata), reverse=True):
        for owner in one.metadata.owner_references:
            if owner.controller:
                found.setdefault(owner.uid, []).append(one)
    return found


def offers(
    deployment: Deployment, sets: Iterable[ReplicaSet], cluster: str, source: str
) -> Iterator[Offer]:
    """Yield a return to each earlier revision, as `sets` are ordered.

    ValueError: a time is none.
    """
    present = revision_of(deployment.metadata)
    for one in sets:
        number = revision_of(one.metadata)
        if not number or not present or number == present:
            continue
        cause = clean_line(one.metadata.annotations.get("kubernetes.io/change-cause", ""))
        since = one.metadata.creation_timestamp
        yield Offer(
            Action(
                "",
                ActionKind.DEPLOYMENT_ROLLBACK,
                source,
                f"{called(deployment.metadata)}@{cluster}",
                {"from": str(present), "to": str(number)},
            ),
            version=str(number),
            what=", ".join(images_of(one.spec.template)) + (f' "{cause}"' if cause else ""),
            since=parse_utc(since) if since else None,
        )


def template_of(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return the template of pods as it is compared and set: without what the cluster adds."""
    metadata = dict(template.get("metadata") or {})
    labels = {key: text for key, text in (metadata.get("labels") or {}).items() if key != _HASH}
    metadata = {key: value for key, value in metadata.items() if value is not None}
    return {**template, "metadata": {**metadata, "labels": labels}}


def images_of(template: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the images of a template of pods, in order."""
    spec = template.get("spec") or {}
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    return tuple(clean_line(str(one.get("image", ""))) for one in containers)


def annotations_after(deployment: Metadata, target: Metadata) -> dict[str, str]:
    """Return the annotations of a deployment after a rollback, as `kubectl` sets them."""
    kept = {key: text for key, text in deployment.annotations.items() if key in _OWN}
    return kept | {key: text for key, text in target.annotations.items() if key not in _OWN}


def shown(patch: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a change for people: values of variables may be secrets, and manifests hold them."""
    return [{**step, "value": _masked(step["value"])} for step in patch]


def manager_of(metadata: Metadata) -> str:
    """Return who else sets a deployment, and may undo a rollback; empty: nobody we know."""
    return next((who for mark, who in _MANAGERS.items() if mark in metadata.annotations), "")


def condition(status: Status, type_: str) -> Condition | None:
    """Return a condition of a deployment."""
    return next((one for one in status.conditions or () if one.type == type_), None)


def is_rolled_out(deployment: Deployment | WholeDeployment) -> bool | None:
    """Whether the newest template serves; None: it is under way, or nobody says."""
    progress = condition(deployment.status, "Progressing")
    is_seen = deployment.status.observed_generation >= deployment.metadata.generation
    if progress is None or not is_seen:
        return None
    if progress.reason == _LATE:
        return False
    status, wanted = deployment.status, deployment.spec.replicas
    is_whole = status.updated_replicas >= wanted and status.available_replicas >= wanted
    is_alone = status.replicas <= max(status.updated_replicas, wanted)
    return True if progress.reason == _COMPLETE and is_whole and is_alone else None


def readings(deployment: Deployment, cluster: str, until: datetime) -> Iterator[Reading]:
    """Yield whether the newest rollout succeeded, and whether enough pods serve."""

    def reading(metric: str, *, is_good: bool, at: str | None) -> Reading:
        return outcome(
            called(deployment.metadata),
            metric,
            cluster,
            parse_utc(at) if at else until,
            is_good=is_good,
            is_alarm=True,
            version=revision_of(deployment.metadata) or None,
        )

    progress = condition(deployment.status, "Progressing")
    verdict = is_rolled_out(deployment)
    if progress is not None and verdict is not None:
        yield reading(DEPLOYMENT_SUCCESS, is_good=verdict, at=progress.last_update_time)
    available = condition(deployment.status, "Available")
    if available is not None and available.status in ("True", "False"):
        is_good = available.status == "True"
        yield reading(DEPLOYMENT_HEALTHY, is_good=is_good, at=available.last_transition_time)


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if not isinstance(value, dict):
        return value
    is_variable = set(value) == {"name", "value"}
    return {
        key: REDACTED if key == _APPLIED or (is_variable and key == "value") else _masked(inner)
        for key, inner in value.items()
    }


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0  # noqa: PLR2004 - fits
