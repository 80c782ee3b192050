"""Rolling a deployment back to an earlier revision, as `kubectl rollout undo` does.

Kubernetes has no such call: the template of an earlier replica set is set again, if the deployment
is still as it was read. The same change goes there as a dry run first, so that admission has its
say. Nothing is waited for: until the rollout has ended the action is pending.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from riskcockpit.connectors.acting import DeniedError
from riskcockpit.connectors.kubernetes.client import (
    KubernetesClient,
    deployment_path,
    patch_params,
    written_selector,
)
from riskcockpit.connectors.kubernetes.mapping import (
    annotations_after,
    by_owner,
    condition,
    images_of,
    is_rolled_out,
    manager_of,
    revision_of,
    revisions_of,
    shown,
    template_of,
)
from riskcockpit.connectors.kubernetes.wire import ReplicaSet, WholeDeployment
from riskcockpit.connectors.receipts import with_hint
from riskcockpit.connectors.reply import NotSentError, StatusError
from riskcockpit.domain.action import Action, Outcome
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import (
    AuthenticationError,
    ForbiddenError,
    RateLimitedError,
    RetryableError,
    SourceError,
)

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
_NUMBER = re.compile(r"[1-9]\d{0,16}")
_REFUSALS = (AuthenticationError, ForbiddenError, NotSentError, RateLimitedError, StatusError)


@dataclass(frozen=True, slots=True)
class Wish:
    """One deployment, from the revision it must be at to the one whose template it shall have."""

    namespace: str
    name: str
    cluster: str
    before: int
    after: int

    @classmethod
    def of(cls, action: Action) -> Self:
        """Read it out of an action with a target NAMESPACE/NAME@CLUSTER.

        Raises:
            SourceError: its target or params are not those of a rollback.
        """
        whole, _, cluster = action.target.partition("@")
        namespace, _, name = whole.partition("/")
        before, after = action.params.get("from", ""), action.params.get("to", "")
        is_named = bool(_NAME.fullmatch(namespace) and _NAME.fullmatch(name) and cluster)
        if not is_named or not _NUMBER.fullmatch(before) or not _NUMBER.fullmatch(after):
            raise SourceError(
                f'action on "{clean_line(action.target)}" is no rollback of a deployment',
                hint='it needs a target NAMESPACE/NAME@CLUSTER and revisions "from" and "to"',
            )
        return cls(namespace, name, cluster, int(before), int(after))


@dataclass(frozen=True, slots=True)
class Rollout:
    """How a deployment stands, with the templates it had."""

    deployment: WholeDeployment
    sets: tuple[ReplicaSet, ...]
    """The newest revision first."""

    def set_of(self, revision: int) -> ReplicaSet | None:
        """Return the replica set that has, or had, a revision."""
        return next((one for one in self.sets if revision in revisions_of(one)), None)


class Undo:
    """The change of one deployment to an earlier template. See `acting`."""

    def __init__(
        self, wish: Wish, cluster: str, reader: KubernetesClient, writer: KubernetesClient | None
    ) -> None:
        """`cluster` is what the source calls its own."""
        self._wish = wish
        self._cluster = cluster
        self._reader = reader
        self._writer = writer

    @property
    def precondition(self) -> str:
        """See `acting.Change`."""
        return f"{self._whole} is at revision {self._wish.before}, and nobody changed it meanwhile"

    @property
    def inverse(self) -> str:
        """See `acting.Change`."""
        return f"roll {self._whole} back to what was revision {self._wish.before}"

    def read(self) -> Rollout:
        """See `acting.Change`."""
        return rollout_of(self._reader, self._wish.namespace, self._wish.name)

    def stands(self, state: Rollout) -> str:
        """See `acting.Change`."""
        deployment = state.deployment
        status, wanted = deployment.status, deployment.spec.replicas
        progress = condition(status, "Progressing")
        reason = f", {clean_line(progress.reason)}" if progress and progress.reason else ""
        manager = manager_of(deployment.metadata)
        managed = f"; {manager} sets it too and may undo this" if manager else ""
        return (
            f"{self._whole} is at revision {revision_of(deployment.metadata)}"
            f" ({_images(deployment)}): {status.updated_replicas} of {wanted} pods are of its"
            f" template, {status.available_replicas} serve{reason}{managed}"
        )

    def evidence(self, state: Rollout) -> Mapping[str, str]:
        """See `acting.Change`."""
        metadata = state.deployment.metadata
        return {
            "revision": str(revision_of(metadata)),
            "images": _images(state.deployment),
            "resource_version": clean_line(metadata.resource_version),
        }

    def is_done(self, state: Rollout) -> bool:
        """See `acting.Change`."""
        return self._is_set(state) and is_rolled_out(state.deployment) is True

    def outcome(self, state: Rollout, *, is_sent: bool) -> Outcome | None:
        """See `acting.Lasts`."""
        if not self._is_set(state):
            return None
        if is_rolled_out(state.deployment) is None:
            return Outcome.PENDING_UPSTREAM
        return Outcome.REFUSED if is_sent else None

    def faults(self, state: Rollout) -> Iterator[str]:
        """See `acting.Change`."""
        wish, metadata = self._wish, state.deployment.metadata
        present = revision_of(metadata)
        if wish.cluster != self._cluster:
            yield f"the source reaches the cluster {self._cluster}, not {wish.cluster}"
        if state.deployment.spec.paused:
            yield f"{self._whole} is paused: resume it first"
        if metadata.generation > state.deployment.status.observed_generation:
            yield f"{self._whole} was changed, and its controller has not seen that yet"
        if present != wish.before:
            yield f"{self._whole} is at revision {present}, not {wish.before}"
        elif wish.after == wish.before:
            yield f"revision {wish.after} is where it is already"
        elif (target := state.set_of(wish.after)) is None:
            yield f"{self._whole} keeps no revision {wish.after}"
        elif template_of(target.spec.template) == template_of(state.deployment.spec.template):
            yield f"revision {wish.after} has the template that is there already"

    def calls(self, state: Rollout) -> Iterator[str]:
        """See `acting.Change`."""
        endpoint = self._reader.http.endpoint
        url = endpoint.url(deployment_path(self._wish.namespace, self._wish.name))
        yield f"GET {url}"
        for is_dry in (True, False):
            params = "&".join(f"{key}={text}" for key, text in patch_params(is_dry=is_dry).items())
            patch = msgspec.json.encode(shown(self._patch(state))).decode()
            yield f"PATCH {url}?{params} {patch}"
        yield f"GET {url}"

    def why_not(self, state: Rollout) -> str:
        """Return why a dry run of the change is refused; empty when it is not.

        Raises:
            RetryableError: no answer.
        """
        if self._writer is None:
            return "nothing may be written"
        try:
            self._try(self._writer, state, is_dry=True)
        except SourceError as error:
            return f"the dry run is refused: {with_hint(error)}"
        return ""

    def send(self, state: Rollout) -> None:
        """See `acting.Change`."""
        if self._writer is None:
            raise DeniedError("nothing may be written")
        try:
            self._try(self._writer, state, is_dry=True)
        except _REFUSALS:
            raise
        except (RetryableError, SourceError) as error:  # a dry run changes nothing, come what may
            raise DeniedError(f"nothing was changed, for the dry run: {error.message}") from error
        self._try(self._writer, state, is_dry=False)

    @property
    def _whole(self) -> str:
        return f"{self._wish.namespace}/{self._wish.name}"

    def _is_set(self, state: Rollout) -> bool:
        """Whether the deployment has the template we wish."""
        target = state.set_of(self._wish.after)
        if target is None or self._wish.after == self._wish.before:
            return False
        return template_of(target.spec.template) == template_of(state.deployment.spec.template)

    def _try(self, writer: KubernetesClient, state: Rollout, *, is_dry: bool) -> None:
        patch = self._patch(state)
        writer.patch(self._wish.namespace, self._wish.name, patch, is_dry=is_dry)

    def _patch(self, state: Rollout) -> list[dict[str, Any]]:
        """Return the change; it conflicts when the deployment is not as it was read."""
        target, deployment = state.set_of(self._wish.after), state.deployment
        if target is None:
            return []
        values = {
            "/metadata/resourceVersion": deployment.metadata.resource_version,
            "/spec/template": template_of(target.spec.template),
            "/metadata/annotations": annotations_after(deployment.metadata, target.metadata),
        }
        return [{"op": "replace", "path": path, "value": values[path]} for path in values]


def rollout_of(client: KubernetesClient, namespace: str, name: str) -> Rollout:
    """Return how a deployment stands; raises as `HttpClient.get`."""
    deployment = client.deployment(namespace, name)
    sets = client.replica_sets(namespace, written_selector(deployment.spec.selector))
    return Rollout(deployment, tuple(by_owner(sets).get(deployment.metadata.uid, ())))


def _images(deployment: WholeDeployment) -> str:
    return ", ".join(images_of(deployment.spec.template)) or "no image"
