"""GitLab as a source: vulnerabilities, pipelines and deployments; dismissals and approvals."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

import msgspec

from riskcockpit.connectors.acting import Change
from riskcockpit.connectors.acting_source import ActingSource, clients_of
from riskcockpit.connectors.api import KeptRecord, SourceSpec, WaiverWords
from riskcockpit.connectors.dialect import READ, Dialect
from riskcockpit.connectors.gates import Rate
from riskcockpit.connectors.gitlab.approval import ANSWERS, DeploymentAnswer, offers
from riskcockpit.connectors.gitlab.client import GitlabClient
from riskcockpit.connectors.gitlab.cursor import DeliveryPlace, GitlabCursor
from riskcockpit.connectors.gitlab.delivery import DeliveryReader
from riskcockpit.connectors.gitlab.dismissal import (
    DISMISSED,
    LONGEST_COMMENT,
    OPEN,
    REASONS,
    VulnerabilityChange,
    target_of,
)
from riskcockpit.connectors.gitlab.listing import VulnerabilityList, VulnerabilityReader
from riskcockpit.connectors.gitlab.mapping import is_path
from riskcockpit.connectors.gitlab.wire import KeptVulnerability
from riskcockpit.connectors.options import read_options, refuse_path
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.waiving import signed_comment
from riskcockpit.domain.action import ALERT_KINDS, OFFERED_KINDS, Action, ActionKind, Offer
from riskcockpit.domain.batch import Batch, Coverage, Item
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.ids import digest
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError, SourceError

FORMAT = "gitlab-vulnerabilities"
RATES = {READ: (Rate(burst=300, per_second=10.0),)}
"""Well below the 2,000 requests a minute that gitlab.com grants an account."""


class GitlabOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `gitlab`."""

    group: str = ""
    """Whose vulnerabilities are read, over all projects below it."""
    projects: tuple[str, ...] = ()
    """As GROUP/PROJECT: their vulnerabilities are read one by one, in place of a group."""
    watch: tuple[str, ...] = ()
    """Projects whose pipelines and deployments are read."""
    artifacts: tuple[str, ...] = ()
    """Patterns of the names of jobs of the watched projects that leave reports behind."""
    write: bool = False
    """Waivers and approvals may be carried out on GitLab."""


class GitlabConnector(ActingSource[GitlabClient, GitlabOptions]):
    """The vulnerabilities and deliveries of a group, or of some projects, on one GitLab."""

    kind: ClassVar[str] = "gitlab"
    acts: ClassVar[frozenset[ActionKind]] = ALERT_KINDS | frozenset(ANSWERS)
    options: ClassVar[type[GitlabOptions]] = GitlabOptions
    full_every: ClassVar[timedelta] = timedelta(hours=24)
    """See `connectors.api.Reconciles`."""

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, GitlabOptions)
        _check(spec, options)
        dialect = Dialect(rates=RATES)
        clients = clients_of(spec, clock, dialect, GitlabClient)
        return cls(spec.name, options, clients, clock)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield a document for each project with news, then readings and reports. See `api`."""
        before = GitlabCursor.read(cursor, self._asked())
        after = GitlabCursor(before.asked)
        done = Pass()
        for item in self._items(before, after, until, done):
            yield Batch((item,), coverage=Coverage(rows=1))
        yield done.end(after.written())

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        who = self.reader.user().username or "nobody"
        try:
            about = self.reader.metadata()
        except SourceError:
            return f"GitLab as {clean_line(who)}"
        edition = "EE" if about.enterprise else "CE"
        return f"GitLab {clean_line(about.version)} {edition} as {clean_line(who)}"

    def dismissal(self, record: KeptRecord, waiver: WaiverWords) -> Action | None:
        """See `connectors.api.Dismisses.dismissal`."""
        if record.format != FORMAT:
            return None
        try:
            found = msgspec.json.decode(record.content, type=KeptVulnerability)
        except (msgspec.DecodeError, UnicodeError):
            return None
        state, target = found.state.lower(), target_of(found.project.full_path, found.gid)
        if not target:
            return None
        return Action(
            id="",
            kind=ActionKind.ALERT_DISMISS,
            source=self.name,
            target=target,
            params={
                "from": state if state in OPEN else OPEN[0],
                "to": DISMISSED,
                "reason": REASONS[waiver.reason],
                "comment": signed_comment(waiver, LONGEST_COMMENT),
            },
        )

    def change(self, action: Action) -> Change[Any]:
        """See `connectors.acting_source.ActingSource.change`."""
        if action.kind in (ActionKind.ALERT_DISMISS, ActionKind.ALERT_REOPEN):
            return VulnerabilityChange.of(action, self.reader, self.writer)
        if action.kind in ANSWERS:
            return DeploymentAnswer.of(action, self.reader, self.writer)
        raise SourceError(f"GitLab has no {action.kind.value}: {action.target}")

    def deployments(self, kinds: Collection[ActionKind] = OFFERED_KINDS) -> Iterator[Offer]:
        """See `connectors.api.Deploys.deployments`: what waits in the watched projects."""
        if not ANSWERS.keys() & set(kinds):
            return
        for project in dict.fromkeys(self.settings.watch):
            for offer in offers(self.name, self.reader, project):
                if offer.action.kind in kinds:
                    yield offer

    def _items(
        self, before: GitlabCursor, after: GitlabCursor, until: datetime, done: Pass
    ) -> Iterator[Item]:
        """Yield everything new; what was given, and how far it was read, is kept in `after`."""
        reader = VulnerabilityReader(self.reader, done)
        for wanted in self._lists():
            known = before.given.get(wanted.key, {})
            after.given[wanted.key] = known  # unless it can be read
            for item in reader.read(wanted, known):
                if isinstance(item, dict):
                    after.given[wanted.key] = item
                else:
                    yield item
        patterns = self.settings.artifacts
        delivery = DeliveryReader(self.reader, until, done, patterns, self._has_vulnerabilities)
        for project in dict.fromkeys(self.settings.watch):
            place = before.deliveries.get(project, DeliveryPlace())
            after.deliveries[project] = place
            for each in delivery.read(project, place):
                if isinstance(each, DeliveryPlace):
                    after.deliveries[project] = each
                else:
                    yield each

    def _lists(self) -> Iterator[VulnerabilityList]:
        if self.settings.group:
            yield VulnerabilityList("group", self.settings.group)
        for project in dict.fromkeys(self.settings.projects):
            yield VulnerabilityList("project", project)

    def _has_vulnerabilities(self, project: str) -> bool:
        group = self.settings.group
        return project in self.settings.projects or (
            bool(group) and project.startswith(f"{group}/")
        )

    def _asked(self) -> str:
        options = self.settings
        url = self.reader.http.endpoint.url("")
        return digest((url, options.group, *options.projects, "", *options.artifacts))[:16]


def _check(spec: SourceSpec, options: GitlabOptions) -> None:
    """Refuse options that cannot be meant."""
    label = f'source "{spec.name}"'
    if options.group and options.projects:
        raise ConfigError(f"{label}: options have group and projects; one of both is enough")
    if not (options.group or options.projects or options.watch):
        raise ConfigError(
            f"{label}: options need group, projects or watch", hint="as `group: bank`"
        )
    if options.group and not is_path(options.group):
        raise ConfigError(f'{label}: options.group: "{options.group}" is no path of a group')
    for key in ("projects", "watch"):
        for name in getattr(options, key):
            if not is_path(name, least=2):
                raise ConfigError(
                    f'{label}: options.{key}: "{name}" is no path of a project',
                    hint="as bank/payments",
                )
    refuse_path(spec, "/api/v4", "/api/graphql", "/api")
