"""Runs of workflows and deployments of the watched repositories, as readings and reports.

GitHub gives at most 1,000 runs for one question, so that the span of time is halved until each
part has fewer. Runs that had not ended are asked for again by their ids.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import datetime, timedelta

from riskcockpit.connectors.archive import MAX_ZIP_BYTES, reports
from riskcockpit.connectors.github.client import GithubClient
from riskcockpit.connectors.github.cursor import LOOKBACK, DeliveryPlace
from riskcockpit.connectors.github.mapping import (
    deployment_reading,
    deployment_record,
    is_wanted,
    moment,
    run_of,
    run_reading,
    waiting_reading,
    workflow_of,
)
from riskcockpit.connectors.github.protection import protections
from riskcockpit.connectors.github.wire import Approval, Artifact, Deployment, WorkflowRun
from riskcockpit.connectors.passes import Pass
from riskcockpit.connectors.reply import StatusError
from riskcockpit.domain.batch import Document, Item
from riskcockpit.domain.clock import Window, parse_utc, rfc3339
from riskcockpit.domain.deployment import Deployment as Record
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ForbiddenError, ProtocolError

MOST_RUNS = 1_000
"""GitHub gives no more for one question."""
FIRST_SPAN = timedelta(days=7)
"""How far back a first sync looks."""
_ENDED = "completed"
_WAITING = "waiting"
_OPEN_STATES = frozenset({"pending", "queued", "in_progress", "waiting"})


class DeliveryReader:
    """Reads runs, deployments and artefacts through one client."""

    def __init__(
        self, client: GithubClient, until: datetime, done: Pass, artifacts: Sequence[str]
    ) -> None:
        self._client = client
        self._until = until
        self._done = done
        self._patterns = artifacts

    def read(self, repository: str, place: DeliveryPlace | None) -> Iterator[Item | DeliveryPlace]:
        """Yield what is new in a repository since `place`, then the new place.

        A repository that cannot be read is noted, and has no place.

        Raises:
            RetryableError: no answer. ProtocolError: nonsense.
        """
        first = rfc3339(self._until - FIRST_SPAN)
        before = place or DeliveryPlace(first, first)
        try:
            runs = self._runs(repository, parse_utc(before.runs_since), before.open_runs)
            yield from self._of_runs(repository, runs)
            yield from protections(self._client, repository, self._done)
            deployed = yield from self._deployments(repository, parse_utc(before.deployments_since))
        except (ForbiddenError, StatusError) as error:
            self._done.refuse(
                f'runs and deployments of {repository}: not readable; the token lacks "Actions:'
                ' read" or "Deployments: read"',
                error,
            )
            return
        except ValueError as error:
            raise ProtocolError(
                f"runs and deployments of {repository}: {clean_line(str(error))[:120]}"
            ) from error
        self._done.read += 1
        unfinished = tuple(sorted(run.id for run in runs if run.status != _ENDED))
        yield DeliveryPlace(_second(self._until - LOOKBACK), _second(deployed), unfinished)

    def _runs(
        self, repository: str, since: datetime, open_runs: Sequence[int]
    ) -> list[WorkflowRun]:
        found = {
            run.id: run
            for run in self._made(repository, Window(min(since, self._until), self._until))
        }
        for number in open_runs:
            if number not in found:
                self._done.pages += 1
                if run := self._client.run(repository, number):
                    found[number] = run
        return [found[number] for number in sorted(found)]

    def _made(self, repository: str, span: Window) -> Iterator[WorkflowRun]:
        """Yield the runs made in a span of time, halving it while it has too many."""
        created = f"{_second(span.start)}..{_second(span.end)}"
        query = {"created": created, "exclude_pull_requests": "true"}
        for number, page in enumerate(self._client.runs(repository, query)):
            self._done.pages += 1
            if number == 0 and page.total_count >= MOST_RUNS:
                if span.length > timedelta(seconds=2):
                    middle = span.start + span.length / 2
                    yield from self._made(repository, Window(span.start, middle))
                    yield from self._made(repository, Window(middle, span.end))
                    return
                self._done.notes.append(f"more than {MOST_RUNS} runs of {repository} in a second")
            yield from page.workflow_runs

    def _of_runs(
        self, repository: str, runs: Sequence[WorkflowRun]
    ) -> Iterator[Document | Reading]:
        for run in runs:
            if (reading := run_reading(repository, run)) is not None:
                yield reading
            if run.status == _WAITING:
                self._done.pages += 1
                for pending in self._client.pending_deployments(repository, run.id):
                    yield waiting_reading(repository, run, pending, self._until)
        if self._patterns:
            yield from self._reports(repository, runs)

    def _reports(self, repository: str, runs: Sequence[WorkflowRun]) -> Iterator[Document]:
        """Yield the reports of the newest run that left them, for each workflow and artefact."""
        newest: dict[tuple[str, str], tuple[WorkflowRun, Artifact]] = {}
        for run in sorted(runs, key=lambda run: (run.created_at, run.id)):
            if run.status != _ENDED or run.event.startswith("pull_request"):
                continue
            self._done.pages += 1
            for artifact in self._client.artifacts(repository, run.id):
                if not artifact.expired and is_wanted(artifact.name, self._patterns):
                    newest[workflow_of(run), artifact.name] = (run, artifact)
        for (workflow, name), (run, artifact) in sorted(newest.items(), key=lambda item: item[0]):
            yield from self._unzipped(repository, f"{workflow}/{clean_line(name)}", run, artifact)

    def _unzipped(
        self, repository: str, place: str, run: WorkflowRun, artifact: Artifact
    ) -> Iterator[Document]:
        whole = f"{repository}/{place}"
        if artifact.size_in_bytes > MAX_ZIP_BYTES:
            self._done.leave_out(f"{whole} is left out: larger than {MAX_ZIP_BYTES} bytes")
            return
        self._done.pages += 1
        taken = reports(self._client.artifact(repository, artifact.id))
        for note in taken.notes:
            self._done.leave_out(f"{whole}: {note}")
        for name, content in taken.files:
            yield Document(
                name=f"{whole}/{name}",
                content=content,
                asset=repository,
                category=place,
                modified_at=moment(run.updated_at),
            )

    def _deployments(
        self, repository: str, since: datetime
    ) -> Generator[Reading | Record, None, datetime]:
        """Yield every deployment made since, and how the newest of each environment went.

        Returns where to go on: at the oldest that has not ended.
        """
        made: list[Deployment] = []
        for page in self._client.deployments(repository, {}):
            self._done.pages += 1
            new = [one for one in page if moment(one.created_at) >= since]
            made += new
            if len(new) < len(page):
                break
        go_on, seen, answers = self._until - LOOKBACK, set[str](), dict[str, tuple[Approval, ...]]()
        for deployment in made:
            self._done.pages += 1
            statuses = self._client.newest_statuses(repository, deployment.id)
            run = run_of(statuses)
            if run and run not in answers:
                self._done.pages += 1
                answers[run] = self._client.said_to(repository, int(run))
            yield deployment_record(repository, deployment, statuses, answers.get(run, ()))
            is_newest = deployment.environment not in seen
            seen.add(deployment.environment)
            reading = deployment_reading(repository, deployment, statuses)
            if reading is None and (not statuses or statuses[0].state in _OPEN_STATES):
                go_on = min(go_on, moment(deployment.created_at))
            elif reading is not None and is_newest:
                yield reading
        return max(go_on, self._until - FIRST_SPAN)


def _second(when: datetime) -> str:
    return rfc3339(when.replace(microsecond=0))
