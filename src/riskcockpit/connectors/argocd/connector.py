"""Argo CD as a source: applications, their deployments and health; rollbacks to earlier ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar, Self

import msgspec

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.acting import Performer
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.argocd.client import ArgoClient
from riskcockpit.connectors.argocd.mapping import called, offers, readings
from riskcockpit.connectors.argocd.rollback import SWITCHING, Rollback, Wish
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.waiving import why_not
from riskcockpit.domain.action import Action, ActionKind, Offer, Preview, Receipt
from riskcockpit.domain.batch import Batch, Coverage
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import AuthenticationError, ProtocolError, SourceError


class ArgocdOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `argocd`."""

    projects: tuple[str, ...] = ()
    """Projects whose applications are read; empty: all that the account may see."""
    selector: str = ""
    """Labels that applications must have, as `team=payments`."""
    namespace: str = "argocd"
    """The namespace of Argo CD itself; applications of others carry theirs before their name."""
    write: bool = False
    """Rollbacks may be carried out there."""
    disable_auto_sync: bool = False
    """A rollback of an application that syncs by itself switches that off first."""


class ArgocdConnector:
    """The applications of one Argo CD."""

    kind: ClassVar[str] = "argocd"
    options: ClassVar[type[ArgocdOptions]] = ArgocdOptions

    def __init__(
        self,
        name: str,
        options: ArgocdOptions,
        clients: tuple[ArgoClient, ArgoClient | None],
        clock: Clock,
    ) -> None:
        """`clients` are the reader's and the writer's."""
        self._name = name
        self._options = options
        self._reader, self._writer = clients
        reason = why_not(name, may_write=options.write, has_credential=self._writer is not None)
        self._performer = Performer(clock, reason)

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, ArgocdOptions)

        def client(credential: Credential | None) -> ArgoClient:
            return ArgoClient(HttpClient.of(spec, clock, credential))

        clients = (client(spec.read), client(spec.write) if spec.write else None)
        return cls(spec.name, options, clients, clock)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:  # noqa: ARG002 - the protocol
        """Yield the readings of all applications, each time. See `connectors.api`."""
        found: list[Reading] = []
        bad: list[str] = []
        for application in self._reader.applications(
            self._options.projects, self._options.selector
        ):
            try:
                found += readings(application, self._options.namespace, until)
            except ValueError as error:
                name = called(application, self._options.namespace)
                bad.append(f"{name} is left out: {clean_line(str(error))[:80]}")
        coverage = Coverage(pages=1, rows=len(found), is_truncated=bool(bad), note="; ".join(bad))
        yield Batch(tuple(found), is_complete=True, coverage=coverage)

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        version, user = self._reader.server_version(), self._reader.user()
        if not user.logged_in:
            raise AuthenticationError(
                "Argo CD does not know the token", hint="make one for an account with `apiKey`"
            )
        return f"Argo CD {clean_line(version)} as {clean_line(user.username)}"

    def deployments(self) -> Iterator[Offer]:
        """See `connectors.api.Deploys.deployments`; nothing waits for an approval there."""
        switching = SWITCHING if self._options.disable_auto_sync else {}
        home = self._options.namespace
        for one in self._reader.applications(self._options.projects, self._options.selector):
            try:
                yield from offers(one, home, self._name, switching)
            except ValueError as error:
                why = clean_line(str(error))[:80]
                raise ProtocolError(f"history of {called(one, home)}: {why}") from error

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        return self._performer.preview(self._rollback(action))

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`."""
        return self._performer.apply(action, self._rollback(action))

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        return self._performer.observe(action, self._rollback(action))

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        self._reader.close()
        if self._writer is not None:
            self._writer.close()

    def _rollback(self, action: Action) -> Rollback:
        if action.kind is not ActionKind.DEPLOYMENT_ROLLBACK:
            raise SourceError(f"Argo CD has no {action.kind.value}: {clean_line(action.target)}")
        return Rollback(Wish.of(action), self._reader, self._writer)
