"""A Kubernetes cluster as a source: deployments and how their rollouts went; undoing a rollout."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Self

import msgspec

from riskcockpit.connectors.acting_source import ActingSource
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.kubernetes.client import KubernetesClient
from riskcockpit.connectors.kubernetes.kubeconfig import Access, from_kubeconfig, from_pod
from riskcockpit.connectors.kubernetes.mapping import by_owner, called, offers, readings
from riskcockpit.connectors.kubernetes.rollouts import records, settings
from riskcockpit.connectors.kubernetes.undo import Undo, Wish
from riskcockpit.connectors.kubernetes.wire import Deployment, ReplicaSet
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.reply import StatusError
from riskcockpit.connectors.tls import Tls
from riskcockpit.domain.action import OFFERED_KINDS, Action, ActionKind, Offer, Preview
from riskcockpit.domain.batch import Batch, Coverage, Item
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError, ForbiddenError, ProtocolError, SourceError


class KubernetesOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `kubernetes`."""

    kubeconfig: str = ""
    """A kubeconfig that says where the cluster is and who we are; in place of `url`."""
    context: str = ""
    """The context of the kubeconfig to read with; empty: its current one."""
    write_context: str = ""
    """The context of the kubeconfig to change with, where there is no `write_credential`."""
    in_cluster: bool = False
    """We run in a pod of the cluster and use its service account."""
    cluster: str = ""
    """What the cluster is called; empty: as the source."""
    namespaces: tuple[str, ...] = ()
    """Namespaces whose deployments are read; empty: all."""
    selector: str = ""
    """Labels that deployments must have, as `team=payments`."""
    write: bool = False
    """Rollbacks may be carried out there."""


class KubernetesConnector(ActingSource[KubernetesClient, KubernetesOptions]):
    """The deployments of one cluster."""

    kind: ClassVar[str] = "kubernetes"
    acts: ClassVar[frozenset[ActionKind]] = frozenset({ActionKind.DEPLOYMENT_ROLLBACK})
    options: ClassVar[type[KubernetesOptions]] = KubernetesOptions

    @property
    def cluster(self) -> str:
        """What the cluster is called."""
        return clean_line(self.settings.cluster) or self.name

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`; reads the kubeconfig, if there is one."""
        options = read_options(spec, KubernetesOptions)
        try:
            read, write = _accesses(spec, options)
        except ConfigError as error:
            raise ConfigError(f'source "{spec.name}": {error.message}', hint=error.hint) from error

        def client(access: Access) -> KubernetesClient:
            there = replace(spec, url=access.url, tls=access.tls)
            return KubernetesClient(HttpClient.of(there, clock, access.credential))

        clients = (client(read), client(write) if write else None)
        return cls(spec.name, options, clients, clock)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:  # noqa: ARG002 - the protocol
        """Yield what is to be told of all deployments, each time. See `connectors.api`."""
        done = Pass()
        for namespace in self._namespaces():
            try:
                found = self.reader.deployments(namespace, self.settings.selector)
            except (ForbiddenError, StatusError) as error:
                where = f"namespace {namespace}" if namespace else "all namespaces"
                done.refuse(f"deployments of {where}: not readable", error)
                continue
            done.read += 1
            sets = self._sets(namespace, done)
            done.pages = self.reader.pages
            taken = tuple(self._taken(found, sets, until, done))
            yield Batch(taken, coverage=Coverage(rows=len(taken)))
        yield done.end("")

    def check(self) -> str:
        """See `connectors.api.Checks.check`; the version alone is told to anybody."""
        self.reader.may_list(self._namespaces()[0])
        version = clean_line(self.reader.server_version())
        return f"Kubernetes {version}, cluster {self.cluster}"

    def deployments(self, kinds: Collection[ActionKind] = OFFERED_KINDS) -> Iterator[Offer]:
        """See `connectors.api.Deploys.deployments`; nothing waits for an approval there."""
        if ActionKind.DEPLOYMENT_ROLLBACK not in kinds:
            return
        for namespace in self._namespaces():
            found = self.reader.deployments(namespace, self.settings.selector)
            sets = by_owner(self.reader.replica_sets(namespace, ""))
            for one in found:
                try:
                    ours = sets.get(one.metadata.uid, ())
                    yield from offers(one, ours, self.cluster, self.name)
                except ValueError as error:
                    why = clean_line(str(error))[:80]
                    raise ProtocolError(f"revisions of {called(one.metadata)}: {why}") from error

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`; what can be done is tried as a dry run."""
        preview = super().preview(action)
        undo = self.change(action)
        if preview.blockers or not (reason := undo.why_not(undo.read())):
            return preview
        return replace(preview, blockers=(reason,))

    def change(self, action: Action) -> Undo:
        """See `acting_source.ActingSource.change`."""
        if action.kind is not ActionKind.DEPLOYMENT_ROLLBACK:
            raise SourceError(f"Kubernetes has no {action.kind.value}: {clean_line(action.target)}")
        return Undo(Wish.of(action), self.cluster, self.reader, self.writer)

    def _namespaces(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.settings.namespaces or ("",)))

    def _sets(self, namespace: str, done: Pass) -> dict[str, list[ReplicaSet]]:
        """Return the replica sets of a namespace by their owners; where we may not, none."""
        try:
            return by_owner(self.reader.replica_sets(namespace, ""))
        except ForbiddenError:
            done.leave_out("replica sets are not readable, so that no rollout is recorded")
            return {}

    def _taken(
        self, found: list[Deployment], sets: Mapping[str, list[ReplicaSet]], until: datetime,
        done: Pass,
    ) -> Iterator[Item]:  # fmt: skip
        for deployment in found:
            try:
                ours = sets.get(deployment.metadata.uid, [])
                told: tuple[Item, ...] = (
                    *readings(deployment, self.cluster, until),
                    *records(deployment, ours, self.cluster),
                    *settings(deployment, ours, self.cluster),
                )
                yield from told
            except ValueError as error:
                name = called(deployment.metadata)
                done.leave_out(f"{name} is left out: {clean_line(str(error))[:80]}")


def _accesses(spec: SourceSpec, options: KubernetesOptions) -> tuple[Access, Access | None]:
    """Return how the cluster is read, and how it is changed.

    Raises:
        ConfigError: the options contradict each other, or what they refer to cannot be used.
    """
    ways = [way for way in (spec.url, options.kubeconfig, options.in_cluster) if way]
    if len(ways) != 1:
        raise ConfigError(
            "exactly one of url, options.kubeconfig and options.in_cluster says where it is",
            hint="as `kubeconfig: ~/.kube/config`",
        )
    if (options.context or options.write_context) and not options.kubeconfig:
        raise ConfigError("options.context and options.write_context need a kubeconfig")
    read = _reading(spec, options)
    write = _writing(spec, options, read)
    if spec.tls == Tls():
        return read, write
    return replace(read, tls=spec.tls), replace(write, tls=spec.tls) if write else None


def _reading(spec: SourceSpec, options: KubernetesOptions) -> Access:
    if options.kubeconfig:
        found = from_kubeconfig(options.kubeconfig, options.context, is_known=spec.read is not None)
    else:
        found = from_pod(os.environ) if options.in_cluster else Access(spec.url, spec.tls)
    return replace(found, credential=spec.read or found.credential)


def _writing(spec: SourceSpec, options: KubernetesOptions, read: Access) -> Access | None:
    if spec.write is not None:  # and no certificate: it would say that we are the reader
        tls = Tls(ca=read.tls.ca, ca_text=read.tls.ca_text)
        return Access(read.url, tls, spec.write)
    if options.write_context:
        return from_kubeconfig(options.kubeconfig, options.write_context, is_known=False)
    return read if options.in_cluster else None
