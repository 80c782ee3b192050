"""GitHub as a source: alerts, runs and deployments; dismissals, approvals and redeployments."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal, Self

import msgspec

from riskcockpit.config.credentials import Credential
from riskcockpit.config.durations import parse_duration
from riskcockpit.connectors.acting import Change, Performer
from riskcockpit.connectors.ahead import ahead
from riskcockpit.connectors.api import KeptRecord, SourceSpec, WaiverWords
from riskcockpit.connectors.dialect import READ, WRITE, Dialect
from riskcockpit.connectors.endpoint import parse_endpoint
from riskcockpit.connectors.gates import Rate
from riskcockpit.connectors.github.alerts import AlertList, AlertReader
from riskcockpit.connectors.github.approval import Answer, Review
from riskcockpit.connectors.github.client import GithubClient
from riskcockpit.connectors.github.cursor import Cursor, DeliveryPlace, ListPlace
from riskcockpit.connectors.github.delivery import DeliveryReader
from riskcockpit.connectors.github.dismissal import AlertMover
from riskcockpit.connectors.github.kinds import (
    BY_FORMAT,
    DISMISSED,
    KINDS,
    LONGEST_COMMENT,
    OPEN,
    AlertRef,
    is_repository,
)
from riskcockpit.connectors.github.offers import ANSWERS, OfferReader
from riskcockpit.connectors.github.redeploy import Redeploy, Redeployment
from riskcockpit.connectors.github.wire import AlertLocator
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.reply import StatusError
from riskcockpit.connectors.waiving import signed_comment, why_not
from riskcockpit.domain.action import (
    ALERT_KINDS,
    DEPLOYMENT_KINDS,
    OFFERED_KINDS,
    Action,
    ActionKind,
    Offer,
    Preview,
    Receipt,
)
from riskcockpit.domain.batch import Batch, Coverage, Document, Item
from riskcockpit.domain.clock import Clock, rfc3339
from riskcockpit.domain.ids import digest
from riskcockpit.errors import ConfigError, ForbiddenError, SourceError

API_VERSION = "2022-11-28"
MEDIA_TYPE = "application/vnd.github+json"
RATES = {
    READ: (Rate(burst=450, per_second=7.5),),
    WRITE: (Rate(at_once=1, burst=5, per_second=1.0), Rate(at_once=1, burst=250, per_second=0.069)),
}
"""GitHub's secondary limits: 900 points in a minute, 80 changes in a minute and 500 in an hour."""
LISTS_AT_ONCE = 3
"""Lists that are read at the same time; GitHub asks for few requests at once."""
SHORT_FIRST = ("secret-scanning", "dependabot", "code-scanning")
_KIND_NAMES = Literal["code-scanning", "dependabot", "secret-scanning"]
_LOGIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,98}[A-Za-z0-9])?")
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}")


class GithubOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `github`."""

    organization: str = ""
    """Whose alerts are read, over all its repositories."""
    repositories: tuple[str, ...] = ()
    """As OWNER/NAME: read one by one, in place of an organisation."""
    alerts: tuple[_KIND_NAMES, ...] = ("code-scanning", "dependabot", "secret-scanning")
    """Kinds of alerts that are read."""
    watch: tuple[str, ...] = ()
    """Repositories whose runs and deployments are read."""
    artifacts: tuple[str, ...] = ()
    """Patterns of the names of run artefacts of the watched repositories that hold reports."""
    reconcile_after: str = "24h"
    """Everything is read again after so long, for changes that GitHub dates to no moment."""
    api_version: str = API_VERSION
    write: bool = False
    """Waivers, approvals and rollbacks may be carried out on GitHub."""
    delegated: bool = False
    """Dismissals are asked for, and wait for a reviewer on GitHub."""


class GithubConnector:
    """The alerts and deployments of one organisation, or of some repositories, on one GitHub."""

    kind: ClassVar[str] = "github"
    acts: ClassVar[frozenset[ActionKind]] = ALERT_KINDS | DEPLOYMENT_KINDS
    options: ClassVar[type[GithubOptions]] = GithubOptions

    def __init__(
        self,
        name: str,
        options: GithubOptions,
        clients: tuple[GithubClient, GithubClient | None],
        clock: Clock,
    ) -> None:
        """`clients` are the reader's and the writer's."""
        self._name = name
        self._options = options
        self._reader, self._writer = clients
        refusal = self.why_not()
        self._mover = AlertMover(*clients, clock, why_not=refusal, is_delegated=options.delegated)
        self._performer = Performer(clock, refusal)

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, GithubOptions)
        _check(spec, options)
        headers = {"Accept": MEDIA_TYPE, "X-GitHub-Api-Version": options.api_version}
        dialect = Dialect(headers=headers, rates=RATES)

        def client(credential: Credential | None) -> GithubClient:
            return GithubClient(HttpClient.of(spec, clock, credential, dialect))

        clients = (client(spec.read), client(spec.write) if spec.write else None)
        return cls(spec.name, options, clients, clock)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield a document for each kind and repository with news, then readings. See `api`."""
        before = Cursor.read(cursor, self._asked())
        is_due = before is None or before.is_due(until, _span(self._options))
        done = Pass()
        after = Cursor(
            asked=self._asked(),
            reconciled_at=rfc3339(until) if is_due or before is None else before.reconciled_at,
        )
        places = {} if is_due or before is None else before.lists
        for item in self._items(places, before.deliveries if before else {}, after, until, done):
            yield Batch((item,), coverage=Coverage(rows=1))
        yield done.end(after.written())

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        try:
            who = self._reader.user().login or "nobody"
        except ForbiddenError:
            who = "an app"  # installation tokens belong to no user
        try:
            rate = self._reader.rate().rate
        except SourceError:
            return f"GitHub as {who}, without limits"
        return f"GitHub as {who}, {rate.remaining} of {rate.limit} requests left this hour"

    def why_not(self) -> str:
        """See `connectors.api.Dismisses.why_not`."""
        return why_not(
            self._name,
            may_write=self._options.write,
            has_credential=self._writer is not None,
        )

    def dismissal(self, record: KeptRecord, waiver: WaiverWords) -> Action | None:
        """See `connectors.api.Dismisses.dismissal`."""
        kind = BY_FORMAT.get(record.format)
        if kind is None:
            return None
        try:
            found = msgspec.json.decode(record.content, type=AlertLocator)
        except (msgspec.DecodeError, UnicodeError):
            return None
        repository = found.repository.full_name
        if not is_repository(repository) or found.number < 1:
            return None
        return Action(
            id="",
            kind=ActionKind.ALERT_DISMISS,
            source=self._name,
            target=AlertRef(repository, kind, found.number).target,
            params={
                "from": OPEN,
                "to": DISMISSED,
                "reason": kind.reasons[waiver.reason],
                "comment": signed_comment(waiver, LONGEST_COMMENT),
            },
        )

    def deployments(self, kinds: Collection[ActionKind] = OFFERED_KINDS) -> Iterator[Offer]:
        """See `connectors.api.Deploys.deployments`: of the watched repositories."""
        reader = OfferReader(self._name, self._reader)
        watched = tuple(dict.fromkeys(self._options.watch))
        if any(kind in kinds for kind in ANSWERS):
            for repository in watched:
                yield from reader.waiting(repository)
        if ActionKind.DEPLOYMENT_ROLLBACK in kinds:
            for repository in watched:
                yield from reader.earlier(repository)

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        if action.kind in ALERT_KINDS:
            return self._mover.preview(action)
        return self._performer.preview(self._change(action))

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`."""
        if action.kind in ALERT_KINDS:
            return self._mover.apply(action)
        return self._performer.apply(action, self._change(action))

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        if action.kind in ALERT_KINDS:
            return self._mover.observe(action)
        return self._performer.observe(action, self._change(action))

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        self._reader.close()
        if self._writer is not None:
            self._writer.close()

    def _change(self, action: Action) -> Change[Any]:
        """Return what an action changes about a deployment."""
        clients = (self._reader, self._writer)
        match action.kind:
            case ActionKind.DEPLOYMENT_APPROVE | ActionKind.DEPLOYMENT_REJECT:
                return Answer(Review.of(action), *clients)
            case ActionKind.DEPLOYMENT_ROLLBACK:
                return Redeploy(Redeployment.of(action), action.id, *clients)
            case _:
                raise SourceError(f"GitHub has no {action.kind.value}: {action.target}")

    def _items(
        self,
        places: Mapping[str, ListPlace],
        deliveries: Mapping[str, DeliveryPlace],
        after: Cursor,
        until: datetime,
        done: Pass,
    ) -> Iterator[Item]:
        """Yield everything new; the places it was read to are kept in `after`."""
        lists = list(self._lists())
        parts = [Pass() for _ in lists]
        readers = [
            self._list(wanted, places, after, AlertReader(self._reader, until, part), part)
            for wanted, part in zip(lists, parts, strict=True)
        ]
        yield from ahead(readers, LISTS_AT_ONCE)
        for part in parts:
            done.add(part)
        delivery = DeliveryReader(self._reader, until, done, self._options.artifacts)
        for repository in dict.fromkeys(self._options.watch):
            for item in delivery.read(repository, deliveries.get(repository)):
                if isinstance(item, DeliveryPlace):
                    after.deliveries[repository] = item
                else:
                    yield item

    def _list(
        self,
        wanted: AlertList,
        places: Mapping[str, ListPlace],
        after: Cursor,
        reader: AlertReader,
        done: Pass,
    ) -> Iterator[Document]:
        """Yield what is new in one list, or in the lists of its repositories instead."""
        place = places.get(wanted.path)
        for item in reader.changed(wanted, place) if place else reader.whole(wanted):
            if isinstance(item, ListPlace):
                after.lists[wanted.path] = item
            else:
                yield item
        if wanted.organization and wanted.path not in after.lists:
            for each in self._instead(wanted, done):
                yield from self._list(each, places, after, reader, done)

    def _lists(self) -> Iterator[AlertList]:
        """Yield the lists, those first that tend to be short: they are worked on meanwhile."""
        for name in (name for name in SHORT_FIRST if name in self._options.alerts):
            if self._options.organization:
                yield AlertList(KINDS[name], organization=self._options.organization)
            for repository in dict.fromkeys(self._options.repositories):
                yield AlertList(KINDS[name], repository=repository)

    def _instead(self, refused: AlertList, done: Pass) -> Iterator[AlertList]:
        """Yield the lists of the repositories of an organisation whose own list is refused.

        The organisation's needs an owner or security manager; the others only some rights.
        """
        names: list[str] = []
        try:
            for page in self._reader.repositories(refused.organization):
                done.pages += 1
                names += [one.full_name for one in page if is_repository(one.full_name)]
        except (ForbiddenError, StatusError):
            return
        if names:
            done.refused.pop()
            done.notes[-1] = f"{refused.whose}: the list is refused; read by repository"
        for repository in names:
            yield AlertList(refused.kind, repository=repository)

    def _asked(self) -> str:
        return digest((
            self._reader.http.endpoint.url(""),
            self._options.organization,
            *self._options.repositories,
            "",
            *self._options.alerts,
        ))[:16]  # fmt: skip


def _check(spec: SourceSpec, options: GithubOptions) -> None:
    """Refuse options that cannot be meant."""
    label = f'source "{spec.name}"'
    if bool(options.organization) == bool(options.repositories):
        raise ConfigError(
            f"{label}: options need organization or repositories, and not both",
            hint="as `organization: bank`, or `repositories: [bank/payments]`",
        )
    if not _LOGIN.fullmatch(options.organization or "x"):
        raise ConfigError(f'{label}: options.organization: "{options.organization}" is no login')
    for key in ("repositories", "watch"):
        for name in getattr(options, key):
            if not is_repository(name):
                raise ConfigError(
                    f'{label}: options.{key}: "{name}" is no repository', hint="as bank/payments"
                )
    if not _VERSION.fullmatch(options.api_version):
        raise ConfigError(f'{label}: options.api_version: "{options.api_version}" is no date')
    if parse_endpoint(spec.url, spec.name).host in ("github.com", "www.github.com"):
        raise ConfigError(
            f"{label}: url {spec.url} is the web site",
            hint="the API is https://api.github.com, or https://HOST/api/v3 of your own server",
        )
    _span(options, label)


def _span(options: GithubOptions, label: str = "source") -> timedelta:
    try:
        return parse_duration(options.reconcile_after)
    except ValueError as error:
        raise ConfigError(f"{label}: options.reconcile_after: {error}", hint="as 24h") from error
