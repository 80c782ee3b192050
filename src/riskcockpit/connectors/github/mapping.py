"""GitHub's words into ours. Pure: all foreign text is cleaned here or by the formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase

import msgspec

from riskcockpit.connectors.deliveries import DEPLOYMENT_SUCCESS, outcome, told, waiting
from riskcockpit.connectors.github.kinds import AlertKind, is_repository
from riskcockpit.connectors.github.wire import (
    AlertItem,
    Approval,
    Deployment,
    DeploymentStatus,
    PendingDeployment,
    Repository,
    WorkflowRun,
)
from riskcockpit.domain import deployment as record
from riskcockpit.domain.batch import Document
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.deployment import Answer
from riskcockpit.domain.deployment import DeploymentStatus as Came
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line

GOOD = frozenset({"success"})
BAD = frozenset({"failure", "timed_out", "startup_failure", "error"})
"""Conclusions of runs and states of deployments that are failures; the others say neither."""


_RUN = re.compile(r"/actions/runs/([1-9]\d{0,17})(?:[/?#]|$)")
_UNDER_WAY = {"waiting": Came.WAITING, "inactive": Came.STOPPED}


def repository_of(alert: AlertItem) -> str:
    """Return `owner/name` of an alert of an organisation's list; empty when it does not say."""
    full = alert.repository.full_name if alert.repository else ""
    return full if is_repository(full) else ""


def encoded(alert: AlertItem, repository: str) -> bytes:
    """Return the JSON of an alert as it is kept, the same from a list of either kind."""
    about = Repository(repository)
    return msgspec.json.encode(msgspec.structs.replace(alert, repository=about))


def alert_document(
    kind: AlertKind, repository: str, alerts: Mapping[int, bytes], web: str
) -> Document:
    """Return all alerts of one kind of one repository; the empty last page says that it is all."""
    page = b",".join(alerts[number] for number in sorted(alerts))
    return Document(
        name=f"{web}/repos/{repository}/{kind.name}/alerts",
        content=b"[[" + page + b"],[]]",
        asset=repository,
        is_complete=True,
    )


def run_reading(repository: str, run: WorkflowRun) -> Reading | None:
    """Return whether a finished run of a workflow succeeded; None when it says neither."""
    value = _verdict(run.conclusion or "")
    if value is None or run.status != "completed" or run.event.startswith("pull_request"):
        return None
    return outcome(
        repository, "workflow_success", workflow_of(run), moment(run.updated_at),
        is_good=value, is_alarm=False,
    )  # fmt: skip


def deployment_reading(
    repository: str, deployment: Deployment, statuses: Iterable[DeploymentStatus]
) -> Reading | None:
    """Return whether a deployment succeeded, by its newest status that says so."""
    for status in statuses:
        value = _verdict(status.state)
        if value is not None:
            return outcome(
                repository, DEPLOYMENT_SUCCESS, deployment.environment, moment(status.created_at),
                is_good=value, is_alarm=True,
            )  # fmt: skip
    return None


def run_of(statuses: Iterable[DeploymentStatus]) -> str:
    """Return the run that brought a deployment, by the log its statuses lead to; empty: none."""
    links = (link or "" for each in statuses for link in (each.log_url, each.target_url))
    return next((found[1] for link in links if (found := _RUN.search(link))), "")


def deployment_record(
    repository: str,
    deployment: Deployment,
    statuses: Sequence[DeploymentStatus],
    answers: Iterable[Approval],
) -> record.Deployment:
    """Return a deployment with its run's approvals for its environment; `statuses` newest first.

    Raises:
        ValueError: a time is none.
    """
    ended = next((one for one in statuses if _verdict(one.state) is not None), None)
    begun = [one.created_at for one in statuses if one.state == "in_progress"]
    if ended is not None:
        status = Came.SUCCEEDED if _verdict(ended.state) else Came.FAILED
    else:
        status = _UNDER_WAY.get(statuses[0].state if statuses else "", Came.RUNNING)
    run, more = run_of(statuses), told(deployment.payload)
    links = (link or "" for one in statuses for link in (one.log_url, one.target_url))
    given = tuple(_approvals(deployment.environment, answers))
    is_rejected = any(one.answer is Answer.REJECTED for one in given)
    return record.Deployment(
        upstream_id=f"{repository}#{deployment.id}",
        asset=repository,
        environment=clean_line(deployment.environment),
        status=Came.STOPPED if is_rejected and status is not Came.SUCCEEDED else status,
        observed_at=moment(statuses[0].created_at if statuses else deployment.created_at),
        is_production=deployment.production_environment or None,
        commit=clean_line(deployment.sha),
        ref=clean_line(deployment.ref),
        pipeline=run,
        url=clean_line(next(filter(None, links), "")),
        artifacts=more.artifacts,
        model=more.model,
        model_version=more.model_version,
        actor=clean_line(deployment.creator.login if deployment.creator else ""),
        approvals=given,
        started_at=moment(begun[-1] if begun else deployment.created_at),
        finished_at=moment(ended.created_at) if ended else None,
    )


def _approvals(environment: str, answers: Iterable[Approval]) -> Iterator[record.Approval]:
    """Yield what was said to an environment; GitHub names no moment and gives it no number."""
    for one in answers:
        is_meant = any(each.name == environment for each in one.environments)
        if is_meant and one.state in (Answer.APPROVED, Answer.REJECTED):
            who = clean_line(one.user.login if one.user else "")
            yield record.Approval(f"{one.state} by {who}", who, Answer(one.state))


def waiting_reading(
    repository: str, run: WorkflowRun, pending: PendingDeployment, until: datetime
) -> Reading:
    """Return for how long a deployment has waited for an approval."""
    since = moment(pending.wait_timer_started_at or run.updated_at)
    return waiting(repository, pending.environment.name, run.id, since, until)


def workflow_of(run: WorkflowRun) -> str:
    """Return the file of a run's workflow, without the branch that newer answers add."""
    return clean_line(run.path.partition("@")[0])


def is_wanted(artifact: str, patterns: Iterable[str]) -> bool:
    """Whether an artefact is called as one of the patterns."""
    return any(fnmatchcase(artifact, pattern) for pattern in patterns)


def moment(text: str) -> datetime:
    """Return GitHub's time as aware UTC.

    Raises:
        ValueError: it is no time.
    """
    return parse_utc(text)


def _verdict(word: str) -> bool | None:
    if word in GOOD:
        return True
    return False if word in BAD else None
