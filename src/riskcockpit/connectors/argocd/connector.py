"""Argo CD as a source: applications, their deployments and health; rollbacks to earlier ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import ClassVar, Self

import msgspec

from riskcockpit.connectors.acting_source import ActingSource, clients_of
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.argocd import mapping
from riskcockpit.connectors.argocd.client import ArgoClient
from riskcockpit.connectors.argocd.mapping import called, offers, readings
from riskcockpit.connectors.argocd.rollback import SWITCHING, Rollback, Wish
from riskcockpit.connectors.argocd.wire import Application
from riskcockpit.connectors.dialect import Dialect
from riskcockpit.connectors.options import read_options
from riskcockpit.domain.action import OFFERED_KINDS, Action, ActionKind, Offer
from riskcockpit.domain.batch import Batch, Coverage, Item
from riskcockpit.domain.clock import Clock
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


class ArgocdConnector(ActingSource[ArgoClient, ArgocdOptions]):
    """The applications of one Argo CD."""

    kind: ClassVar[str] = "argocd"
    acts: ClassVar[frozenset[ActionKind]] = frozenset({ActionKind.DEPLOYMENT_ROLLBACK})
    options: ClassVar[type[ArgocdOptions]] = ArgocdOptions

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, ArgocdOptions)
        clients = clients_of(spec, clock, Dialect(), ArgoClient)
        return cls(spec.name, options, clients, clock)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:  # noqa: ARG002 - the protocol
        """Yield what is to be told of all applications, each time. See `connectors.api`."""
        found: list[Item] = []
        bad: list[str] = []
        for application in self.reader.applications(self.settings.projects, self.settings.selector):
            try:
                found += _told(application, self.settings.namespace, until)
            except ValueError as error:
                name = called(application, self.settings.namespace)
                bad.append(f"{name} is left out: {clean_line(str(error))[:80]}")
        coverage = Coverage(pages=1, rows=len(found), is_truncated=bool(bad), note="; ".join(bad))
        yield Batch(tuple(found), is_complete=True, coverage=coverage)

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        version, user = self.reader.server_version(), self.reader.user()
        if not user.logged_in:
            raise AuthenticationError(
                "Argo CD does not know the token", hint="make one for an account with `apiKey`"
            )
        return f"Argo CD {clean_line(version)} as {clean_line(user.username)}"

    def deployments(self, kinds: Collection[ActionKind] = OFFERED_KINDS) -> Iterator[Offer]:
        """See `connectors.api.Deploys.deployments`; nothing waits for an approval there."""
        if ActionKind.DEPLOYMENT_ROLLBACK not in kinds:
            return
        switching = SWITCHING if self.settings.disable_auto_sync else {}
        home = self.settings.namespace
        for one in self.reader.applications(self.settings.projects, self.settings.selector):
            try:
                yield from offers(one, home, self.name, switching)
            except ValueError as error:
                why = clean_line(str(error))[:80]
                raise ProtocolError(f"history of {called(one, home)}: {why}") from error

    def change(self, action: Action) -> Rollback:
        """See `acting_source.ActingSource.change`."""
        if action.kind is not ActionKind.DEPLOYMENT_ROLLBACK:
            raise SourceError(f"Argo CD has no {action.kind.value}: {clean_line(action.target)}")
        return Rollback(Wish.of(action), self.reader, self.writer)


def _told(application: Application, home: str, until: datetime) -> tuple[Item, ...]:
    """Return all that is told of an application; ValueError: a time is none."""
    return (
        *readings(application, home, until),
        *mapping.deployments(application, home),
        *mapping.settings(application, home),
    )
