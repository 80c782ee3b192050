"""Pipelines and deployments of the watched projects, as readings and reports.

Lists are read by change, the newest first: what changes meanwhile moves to their front, so that
nothing is missed between two pages.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from riskcockpit.connectors.archive import MAX_ZIP_BYTES, reports
from riskcockpit.connectors.gitlab.client import GitlabClient
from riskcockpit.connectors.gitlab.cursor import DeliveryPlace
from riskcockpit.connectors.gitlab.mapping import (
    ARCHIVE,
    BLOCKED,
    deployment_reading,
    deployment_record,
    is_security_report,
    is_wanted,
    missing_reports,
    pipeline_reading,
    report_document,
    waiting_reading,
)
from riskcockpit.connectors.gitlab.protection import protections
from riskcockpit.connectors.gitlab.wire import Deployment, Job, Pipeline, Project
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.reply import StatusError
from riskcockpit.connectors.windows import Window
from riskcockpit.domain.batch import Document, Item
from riskcockpit.domain.clock import parse_utc, rfc3339
from riskcockpit.domain.deployment import Deployment as Record
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ForbiddenError, ProtocolError

FIRST_SPAN = timedelta(days=7)
"""How far back a first sync looks."""
ENDED = frozenset({"success", "failed", "canceled", "skipped"})
_ZIP = b"PK"
_GONE = frozenset({400, 404})
Changed = TypeVar("Changed", Pipeline, Deployment)


class DeliveryReader:
    """Reads pipelines, deployments and what jobs left behind through one client."""

    def __init__(
        self,
        client: GitlabClient,
        until: datetime,
        done: Pass,
        artifacts: Sequence[str],
        has_vulnerabilities: Callable[[str], bool],
    ) -> None:
        """`has_vulnerabilities` says of which projects they are read, so that reports need not."""
        self._client = client
        self._until = until
        self._done = done
        self._patterns = artifacts
        self._has_vulnerabilities = has_vulnerabilities

    def read(self, path: str, place: DeliveryPlace) -> Iterator[Item | DeliveryPlace]:
        """Yield what is new in a project since `place`, then the new place.

        A project that cannot be read is noted, and has no place.

        Raises:
            RetryableError: no answer. ProtocolError: nonsense.
        """
        try:
            project = self._client.project(path)
            after = yield from self._pipelines(path, project, place)
            yield from self._waiting(path)
            yield from protections(self._client, path, project.default_branch or "", self._done)
            deployed = yield from self._deployments(path, place)
        except (ForbiddenError, StatusError) as error:
            self._done.refuse(
                f"pipelines and deployments of {path}: not readable; the token lacks read_api, or"
                " the role of a reporter",
                error,
            )
            return
        except ValueError as error:
            raise ProtocolError(
                f"pipelines and deployments of {path}: {clean_line(str(error))[:120]}"
            ) from error
        self._done.read += 1
        yield DeliveryPlace(after, deployed)

    def _pipelines(
        self, path: str, project: Project, place: DeliveryPlace
    ) -> Generator[Document | Reading, None, str]:
        """Yield how pipelines of the default branch went, and their reports; return the cursor."""
        window = self._window(place.pipelines)
        new: list[Pipeline] = []
        if project.default_branch:
            new = self._changed(
                window,
                lambda query: self._client.pipelines(
                    path, {"ref": project.default_branch or "", **query}
                ),
            )
        for pipeline in new:
            if (reading := pipeline_reading(path, pipeline)) is not None:
                yield reading
        if self._patterns:
            yield from self._reports(path, new)
        return window.cursor()

    def _waiting(self, path: str) -> Iterator[Reading]:
        """Yield for how long each deployment has waited, however long ago it began to."""
        for page in self._client.deployments(path, {"status": BLOCKED}):
            self._done.pages += 1
            for deployment in page:
                yield waiting_reading(path, deployment, self._until)

    def _deployments(
        self, path: str, place: DeliveryPlace
    ) -> Generator[Reading | Record, None, str]:
        """Yield what changed, and how the newest of each environment went; return the cursor."""
        window = self._window(place.deployments)
        newest: dict[str, Reading] = {}
        for deployment in self._changed(
            window, lambda query: self._client.deployments(path, query)
        ):
            yield deployment_record(path, self._whole(path, deployment))
            if (reading := deployment_reading(path, deployment)) is not None:
                newest.setdefault(reading.segment, reading)
        yield from newest.values()
        return window.cursor()

    def _whole(self, path: str, deployment: Deployment) -> Deployment:
        """Return a deployment with its approvals, which lists do not tell."""
        self._done.pages += 1
        try:
            return self._client.deployment(path, deployment.id)
        except StatusError as error:
            if error.status not in _GONE:
                raise
            return deployment

    def _window(self, cursor: str) -> Window:
        return Window.resume(cursor, self._until)

    def _changed(
        self, window: Window, ask: Callable[[dict[str, str]], Iterator[Iterable[Changed]]]
    ) -> list[Changed]:
        """Return what changed in the window, the newest change first."""
        since = window.since or self._until - FIRST_SPAN
        query = {"updated_after": rfc3339(since), "order_by": "updated_at", "sort": "desc"}
        found: list[Changed] = []
        for page in ask(query):
            self._done.pages += 1
            found += [one for one in page if window.takes(str(one.id), parse_utc(one.updated_at))]
        return found

    def _reports(self, path: str, pipelines: Sequence[Pipeline]) -> Iterator[Document]:
        """Yield the reports of each wanted job, of the newest pipeline that has them."""
        seen: set[str] = set()
        for pipeline in pipelines:
            if pipeline.status not in ENDED:
                continue
            for page in self._client.jobs(path, pipeline.id):
                self._done.pages += 1
                for job in page:
                    if job.name in seen or not is_wanted(job, self._patterns, self._until):
                        continue
                    documents = list(self._of_job(path, job, pipeline))
                    if documents:
                        seen.add(job.name)
                    yield from documents

    def _of_job(self, path: str, job: Job, pipeline: Pipeline) -> Iterator[Document]:
        """Yield the reports in the archive of a job, then those that are only reports."""
        whole = f"{path}/{clean_line(job.name)}"
        is_known = self._has_vulnerabilities(path)
        archive = next((one for one in job.artifacts if one.file_type == ARCHIVE), None)
        names: list[str] = []
        if archive is not None and archive.size > MAX_ZIP_BYTES:
            self._done.leave_out(f"{whole} is left out: larger than {MAX_ZIP_BYTES} bytes")
        elif archive is not None:
            self._done.pages += 1
            taken = reports(self._client.artifacts(path, job.id))
            for note in taken.notes:
                self._done.leave_out(f"{whole}: {note}")
            for name, content in taken.files:
                names.append(name)
                if not (is_known and is_security_report(name)):
                    yield report_document(path, job, name, content, pipeline)
        for type_, name in missing_reports(job, names, has_vulnerabilities=is_known):
            report = self._report(path, job, type_)
            if report is None:
                self._done.leave_out(
                    f"{whole}: this GitLab does not give out {clean_line(name)}; name it under"
                    " artifacts:paths of the job besides"
                )
            else:
                yield report_document(path, job, name, report, pipeline)

    def _report(self, path: str, job: Job, type_: str) -> bytes | None:
        """Return a report by its type; None where GitLab gives the archive alone."""
        self._done.pages += 1
        try:
            content = self._client.artifacts(path, job.id, type_)
        except StatusError as error:
            if error.status in _GONE:
                return None
            raise
        return None if content.startswith(_ZIP) else content
