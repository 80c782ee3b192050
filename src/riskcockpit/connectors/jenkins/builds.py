"""Builds of jobs as readings, what they wait for, and the reports that they keep.

Jenkins gives builds by their place in a list, the newest first, and knows no "since": a pass stops
at what the last one saw ended. Of each kept file the one of the newest build is read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from riskcockpit.connectors.jenkins.client import PAGE, JenkinsClient
from riskcockpit.connectors.jenkins.cursor import JobPlace
from riskcockpit.connectors.jenkins.mapping import (
    PIPELINE,
    began_at,
    build_reading,
    deployment_record,
    ended_at,
    is_job,
    is_wanted,
    paused_for,
    waiting_reading,
)
from riskcockpit.connectors.jenkins.wire import Build, Job
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.batch import Document
from riskcockpit.domain.deployment import Deployment
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ForbiddenError, ProtocolError

FIRST_SPAN = timedelta(days=7)
"""How far back a first sync looks."""
MOST_JOBS = 1_000
MOST_PAGES = 100
DEEPEST = 6
"""Folders within folders that are looked into."""


class BuildReader:
    """Reads jobs through one client."""

    def __init__(
        self,
        client: JenkinsClient,
        done: Pass,
        exclude: Sequence[str],
        deploying: Collection[str] = (),
    ) -> None:
        """`deploying` are the jobs whose builds have to tell where they come from."""
        self._client = client
        self._deploying = deploying
        self._done = done
        self._exclude = exclude
        self._count = 0

    def jobs(self, name: str, *, artifacts: bool = False, depth: int = 0) -> Iterator[Job]:
        """Yield a job with its newest builds, or all that lie in a folder, but for the excluded.

        What is refused is noted.
        """
        try:
            found = self._page(name, 0, artifacts=artifacts)
        except (ForbiddenError, StatusError) as error:
            self._done.refuse(f"job {clean_line(name)}: not readable, or not there", error)
            return
        if found.jobs is None:
            self._done.read += 1
            yield found
            return
        self._done.read += 1
        for item in found.jobs:
            inner = f"{name}/{item.name}"
            if is_wanted(item.name, self._exclude):
                continue
            if not is_job(inner):
                self._done.leave_out(f"job {clean_line(inner)} is left out: no name of a job")
                continue
            self._count += 1
            if depth >= DEEPEST or self._count > MOST_JOBS:
                self._done.leave_out(f"more than {MOST_JOBS} jobs, or {DEEPEST} folders deep")
                return
            yield from self.jobs(inner, artifacts=artifacts, depth=depth + 1)

    def builds(
        self, job: Job, floor: int, since: datetime | None, *, artifacts: bool
    ) -> list[Build]:
        """Return the builds from number `floor` that began after `since`, in any order.

        Of the newest also those that go on, however long they have. ValueError: a time is none.
        """
        page = job.all_builds
        found = {one.number: one for one in page if one.building and one.number >= floor}
        for number in range(1, MOST_PAGES + 1):
            for build in page:
                is_old = since is not None and began_at(build) < since
                if build.number < floor or is_old:
                    return list(found.values())
                found[build.number] = build  # places shift while builds begin and are deleted
            if len(page) < PAGE:
                return list(found.values())
            page = self._page(job.full_name, number * PAGE, artifacts=artifacts).all_builds
        self._done.leave_out(f"{clean_line(job.full_name)}: more than {MOST_PAGES * PAGE} builds")
        return list(found.values())

    def _page(self, name: str, start: int, *, artifacts: bool) -> Job:
        is_deploying = name in self._deploying
        return self._client.job(name, start, artifacts=artifacts, origin=is_deploying)


class JobPass:
    """One pass over the builds of one job."""

    def __init__(
        self,
        client: JenkinsClient,
        done: Pass,
        until: datetime,
        patterns: Sequence[str],
        assets: Mapping[str, str],
        *,
        deploys: Mapping[str, str],
    ) -> None:
        """`assets` are those that jobs are about, `deploys` the environments they deploy to."""
        self._deploys = deploys
        self._client = client
        self._done = done
        self._until = until
        self._patterns = patterns
        self._assets = assets

    def read(
        self, reader: BuildReader, job: Job, place: JobPlace | None
    ) -> Iterator[Document | Reading | Deployment | JobPlace]:
        """Yield what is new of a job since `place`, then the new place.

        Raises:
            RetryableError: no answer. ProtocolError: nonsense.
        """
        name = clean_line(job.full_name)
        try:
            since = self._until - FIRST_SPAN if place is None else None
            floor = place.floor if place else 0
            builds = reader.builds(job, floor, since, artifacts=bool(self._patterns))
            known = frozenset() if place is None else frozenset(range(floor, place.newest + 1))
            known -= frozenset(place.open if place else ())
            news = [build for build in builds if build.number not in known]
            yield from self._readings(name, news)
            if (environment := self._deploys.get(name)) is not None:
                asset = self._assets.get(name, name)
                for build in sorted(news, key=lambda build: build.number):
                    yield deployment_record(name, build, asset, environment)
        except ValueError as error:
            raise ProtocolError(f"builds of {name}: {clean_line(str(error))[:120]}") from error
        yield from self._reports(name, news)
        numbers = [build.number for build in job.all_builds]
        newest = max([*numbers, place.newest if place else 0])
        yield JobPlace(newest, tuple(sorted(one.number for one in builds if one.building)))

    def _readings(self, job: str, builds: Sequence[Build]) -> Iterator[Reading]:
        for build in sorted(builds, key=lambda build: build.number):
            if (reading := build_reading(job, build)) is not None:
                yield reading
            elif build.building and build.class_.endswith(PIPELINE):
                yield from self._waiting(job, build)

    def _waiting(self, job: str, build: Build) -> Iterator[Reading]:
        inputs = self._client.inputs(job, build.number)
        if inputs is None:
            self._done.notes.append(
                f"{job}: what builds wait for is not told; the plugin pipeline-rest-api is missing"
            )
        elif inputs:
            paused = paused_for(self._client.description(job, build.number))
            for given in inputs:
                yield waiting_reading(job, build, given, paused, self._until)

    def _reports(self, job: str, builds: Sequence[Build]) -> Iterator[Document]:
        """Yield the newest of each kept file that is called as the patterns."""
        newest: dict[str, Build] = {}
        for build in sorted(builds, key=lambda build: build.number):
            if build.building:
                continue
            for artifact in build.artifacts:
                is_inside = ".." not in artifact.relative_path.split("/")
                if is_inside and is_wanted(artifact.relative_path, self._patterns):
                    newest[artifact.relative_path] = build
        for path, build in sorted(newest.items()):
            place = f"{job}/{clean_line(path)}"
            try:
                content = self._client.artifact(job, build.number, path)
            except (ForbiddenError, StatusError, ProtocolError) as error:
                self._done.leave_out(f"{place} is left out: {error.message}")
                continue
            yield Document(
                name=f"{place} of build {build.number}",
                content=content,
                asset=self._assets.get(job, job),
                category=place,
                modified_at=ended_at(build),
            )
