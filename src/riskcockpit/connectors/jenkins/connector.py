"""Jenkins as a source: builds, the reports they keep, and what waits for an answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import ClassVar, Self

import msgspec

from riskcockpit.connectors.acting_source import ActingSource, clients_of
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.dialect import Dialect
from riskcockpit.connectors.jenkins.answer import ANSWERS, Answer, Wish
from riskcockpit.connectors.jenkins.builds import BuildReader, JobPass
from riskcockpit.connectors.jenkins.client import JenkinsClient
from riskcockpit.connectors.jenkins.cursor import JenkinsCursor, JobPlace
from riskcockpit.connectors.jenkins.mapping import PIPELINE, is_job, offers, paused_for
from riskcockpit.connectors.jenkins.wire import Build
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.passes import Pass
from riskcockpit.domain.action import OFFERED_KINDS, Action, ActionKind, Offer
from riskcockpit.domain.batch import Batch, Coverage
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.ids import digest
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import AuthenticationError, ConfigError, SourceError


class JenkinsOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `jenkins`."""

    jobs: tuple[str, ...]
    """Full names of jobs, as `bank/payments/main`; of a folder all jobs in it are read."""
    exclude: tuple[str, ...] = ("PR-*", "MR-*")
    """Patterns of the names of jobs in folders that are passed over."""
    artifacts: tuple[str, ...] = ()
    """Patterns of the paths, or names, of kept files that are reports."""
    assets: dict[str, str] = {}
    """Full name of a job → the asset that its reports are about; else the job itself."""
    deploys: dict[str, str] = {}
    """Full name of a job that deploys → the environment it deploys to, as `production`."""
    write: bool = False
    """Approvals may be carried out there."""


class JenkinsConnector(ActingSource[JenkinsClient, JenkinsOptions]):
    """Some jobs of one Jenkins."""

    kind: ClassVar[str] = "jenkins"
    acts: ClassVar[frozenset[ActionKind]] = frozenset(
        {ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT}
    )
    options: ClassVar[type[JenkinsOptions]] = JenkinsOptions

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, JenkinsOptions)
        if not options.jobs:
            raise ConfigError(f'source "{spec.name}": options.jobs names no job')
        for job in (*options.jobs, *options.assets, *options.deploys):
            if not is_job(job):
                raise ConfigError(
                    f'source "{spec.name}": options.jobs: "{clean_line(job)}" is no job',
                    hint="as bank/payments/main, without /job/ between",
                )
        clients = clients_of(spec, clock, Dialect(), JenkinsClient)
        return cls(spec.name, options, clients, clock)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield what is new of each job. See `connectors.api`."""
        options, done = self.settings, Pass()
        before = JenkinsCursor.read(cursor, self._asked())
        places: dict[str, JobPlace] = {}
        reader = BuildReader(self.reader, done, options.exclude, options.deploys)
        run = JobPass(
            self.reader, done, until, options.artifacts, options.assets, deploys=options.deploys
        )
        for name in dict.fromkeys(options.jobs):
            for job in reader.jobs(name, artifacts=bool(options.artifacts)):
                for item in run.read(reader, job, before.jobs.get(job.full_name)):
                    if isinstance(item, JobPlace):
                        places[job.full_name] = item
                    else:
                        yield Batch((item,), coverage=Coverage(rows=1))
        done.pages = self.reader.pages
        if done.refused:  # what could not be read goes on later from where it was
            places = {**before.jobs, **places}
        yield done.end(JenkinsCursor(before.asked, places).written())

    def check(self) -> str:
        """See `connectors.api.Checks.check`."""
        version, who = self.reader.server_version(), self.reader.who()
        if who.anonymous:
            raise AuthenticationError(
                "Jenkins does not know who we are",
                hint="give it a credential with username and an API token of that user",
            )
        return f"Jenkins {clean_line(version)} as {clean_line(who.name)}"

    def deployments(self, kinds: Collection[ActionKind] = OFFERED_KINDS) -> Iterator[Offer]:
        """See `connectors.api.Deploys.deployments`; Jenkins knows no rollback."""
        if not ANSWERS & set(kinds):
            return
        done = Pass()
        reader = BuildReader(self.reader, done, self.settings.exclude)
        for name in dict.fromkeys(self.settings.jobs):
            for job in reader.jobs(name):
                for build in job.all_builds:
                    if build.building and build.class_.endswith(PIPELINE):
                        yield from self._offers(clean_line(job.full_name), build)
        if done.refused:
            raise done.refused[0]

    def change(self, action: Action) -> Answer:
        """See `acting_source.ActingSource.change`."""
        if action.kind not in ANSWERS:
            raise SourceError(f"Jenkins has no {action.kind.value}: {clean_line(action.target)}")
        return Answer(Wish.of(action), self.reader, self.writer)

    def _offers(self, job: str, build: Build) -> Iterator[Offer]:
        inputs = self.reader.inputs(job, build.number)
        if not inputs:
            return
        paused = paused_for(self.reader.description(job, build.number))
        for given in inputs:
            yield from offers(job, build, given, self.name, self.clock.now() - paused)

    def _asked(self) -> str:
        options = self.settings
        deploys = (text for pair in sorted(options.deploys.items()) for text in pair)
        parts = (*options.jobs, "", *options.exclude, "", *options.artifacts, "", *deploys)
        return digest((self.reader.http.endpoint.url(""), *parts))[:16]
