"""Rollouts of deployments as records, and what runs as a setting. Pure.

A cluster remembers a rollout by its replica set alone: what ran, not who let it. A commit is known
where somebody wrote it beside: as the annotation of the OCI, or in the tag of an image.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from riskcockpit.connectors.kubernetes.mapping import (
    called,
    condition,
    images_of,
    is_rolled_out,
    manager_of,
    revision_of,
)
from riskcockpit.connectors.kubernetes.wire import Deployment, ReplicaSet
from riskcockpit.domain import deployment as record
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.configuration import Setting, SettingKind
from riskcockpit.domain.deployment import DeploymentStatus, served_model
from riskcockpit.domain.untrusted import clean_line

_COMMIT = "org.opencontainers.image.revision"
_VERSION = "app.kubernetes.io/version"
_RUN = "riskcockpit.io/pipeline"
_MODEL, _MODEL_VERSION = "riskcockpit.io/model", "riskcockpit.io/model-version"
"""Annotations or labels of the pods, or of the deployment, that say where it comes from."""
_CAME = {
    True: DeploymentStatus.SUCCEEDED,
    False: DeploymentStatus.FAILED,
    None: DeploymentStatus.RUNNING,
}


def records(
    deployment: Deployment, sets: Iterable[ReplicaSet], cluster: str
) -> Iterator[record.Deployment]:
    """Yield every rollout that a replica set is left of. ValueError: a time is none.

    One that was rolled out again has another revision; when it was before is not known any more.
    """
    present = revision_of(deployment.metadata)
    progress = condition(deployment.status, "Progressing")
    for one in sets:
        number, made = revision_of(one.metadata), one.metadata.creation_timestamp
        if not number or not made:
            continue
        began = ended = parse_utc(made)
        status = DeploymentStatus.SUCCEEDED
        if number == present:
            status = _CAME[is_rolled_out(deployment)]
            if progress is not None and progress.last_update_time:
                ended = max(ended, parse_utc(progress.last_update_time))
        words, template = _words(deployment, one), one.spec.template
        model, version = _model(words, template)
        yield record.Deployment(
            upstream_id=f"{called(deployment.metadata)}#{number} {deployment.metadata.uid}",
            asset=called(deployment.metadata),
            environment=cluster,
            status=status,
            observed_at=ended,
            commit=clean_line(words.get(_COMMIT, "")),
            ref=clean_line(words.get(_VERSION, "")),
            pipeline=clean_line(words.get(_RUN, "")),
            artifacts=images_of(template),
            model=model,
            model_version=version,
            actor=manager_of(deployment.metadata),
            started_at=began,
            finished_at=None if status is DeploymentStatus.RUNNING else ended,
        )


def settings(deployment: Deployment, sets: Sequence[ReplicaSet], cluster: str) -> Iterator[Setting]:
    """Yield which images run, by the newest revision. ValueError: a time is none."""
    present, images, at = revision_of(deployment.metadata), None, None
    for one in sets:
        if present and revision_of(one.metadata) == present:
            images = ", ".join(sorted(images_of(one.spec.template)))
            made = one.metadata.creation_timestamp
            at = parse_utc(made) if made else None
    name = called(deployment.metadata)
    yield Setting(SettingKind.WORKLOAD, name, "running images", images, cluster, at=at)


def _words(deployment: Deployment, one: ReplicaSet) -> dict[str, str]:
    """Return all labels and annotations of a rollout; those of its pods count first."""
    of_pods = one.spec.template.get("metadata") or {}
    found: dict[str, str] = {}
    for given in (
        deployment.metadata.labels,
        one.metadata.annotations,
        of_pods.get("labels"),
        of_pods.get("annotations"),
    ):
        found |= {str(key): str(value) for key, value in (given or {}).items()}
    return found


def _model(words: Mapping[str, str], template: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return the model that pods serve: by annotation, else by a variable or argument."""
    if name := clean_line(words.get(_MODEL, "")):
        return served_model(f"models:/{name}/{words.get(_MODEL_VERSION, '')}")
    spec = template.get("spec") or {}
    for container in spec.get("containers") or ():
        variables = [str(one.get("value") or "") for one in container.get("env") or ()]
        for text in (*variables, *map(str, container.get("args") or ())):
            name, version = served_model(text)
            if name:
                return clean_line(name), version
    return "", None
