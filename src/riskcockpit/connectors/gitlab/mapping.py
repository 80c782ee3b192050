"""GitLab's words into ours. Pure: all foreign text is cleaned here or by the formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from fnmatch import fnmatchcase

import msgspec

from riskcockpit.connectors.deliveries import DEPLOYMENT_SUCCESS, outcome, waiting
from riskcockpit.connectors.gitlab.wire import Deployable, Deployment, Job, Pipeline
from riskcockpit.domain import deployment as record
from riskcockpit.domain.batch import Document
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.deployment import Answer, DeploymentStatus
from riskcockpit.domain.reading import Reading
from riskcockpit.domain.untrusted import clean_line

BLOCKED = "blocked"
ARCHIVE = "archive"
SECURITY_REPORTS = frozenset(
    {
        "api_fuzzing", "cluster_image_scanning", "container_scanning", "coverage_fuzzing", "dast",
        "dependency_scanning", "sast", "secret_detection",
    }
)  # fmt: skip
"""Types of artefacts that GitLab makes vulnerabilities of."""
REPORTS = SECURITY_REPORTS | {"codequality", "cyclonedx", "junit"}
"""Types of artefacts that are reports we may be able to read."""
_GOOD = "success"
_BAD = "failed"
_OF_MERGE_REQUESTS = frozenset({"merge_request_event", "external_pull_request_event"})
_SECURITY_FILE = re.compile(r"(?:.*/)?gl-[a-z-]+-report\.json")
_PATH = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)*", re.ASCII)


def is_path(text: str, *, least: int = 1) -> bool:
    """Whether `text` is the full path of a group, or of a project when it has two parts."""
    return bool(_PATH.fullmatch(text)) and text.count("/") + 1 >= least


def vulnerability_document(project: str, nodes: Iterable[bytes], web: str) -> Document:
    """Return all vulnerabilities of a project as an answer that has no further page."""
    head = msgspec.json.encode({"fullPath": project})[:-1]
    listed = b",".join(nodes)
    return Document(
        name=f"{web}/{project}/-/security/vulnerability_report",
        content=b'{"data":{"project":' + head
        + b',"vulnerabilities":{"pageInfo":{"hasNextPage":false},"nodes":[' + listed + b"]}}}}",
        asset=project,
        is_complete=True,
    )  # fmt: skip


def pipeline_reading(project: str, pipeline: Pipeline) -> Reading | None:
    """Return whether a pipeline succeeded; None when it says neither, or serves a request."""
    is_good = _verdict(pipeline.status)
    if is_good is None or pipeline.source in _OF_MERGE_REQUESTS:
        return None
    return outcome(
        project, "pipeline_success", pipeline.ref, parse_utc(pipeline.updated_at),
        is_good=is_good, is_alarm=False,
    )  # fmt: skip


def deployment_reading(project: str, deployment: Deployment) -> Reading | None:
    """Return whether a deployment succeeded; None when it says neither."""
    is_good = _verdict(deployment.status)
    if is_good is None:
        return None
    return outcome(
        project, DEPLOYMENT_SUCCESS, deployment.environment.name, parse_utc(deployment.updated_at),
        is_good=is_good, is_alarm=True,
    )  # fmt: skip


def deployment_record(project: str, deployment: Deployment) -> record.Deployment:
    """Return a deployment, with who answered it.

    Raises:
        ValueError: a time is none.
    """
    job = deployment.deployable or Deployable()
    status = _CAME.get(deployment.status, DeploymentStatus.RUNNING)
    begun = job.started_at or deployment.created_at
    ended = job.finished_at or deployment.updated_at
    return record.Deployment(
        upstream_id=f"{project}#{deployment.id}",
        asset=project,
        environment=clean_line(deployment.environment.name),
        status=status,
        observed_at=parse_utc(deployment.updated_at),
        commit=clean_line(deployment.sha),
        ref=clean_line(deployment.ref),
        pipeline=str(job.pipeline.id) if job.pipeline else "",
        url=clean_line(job.pipeline.web_url) if job.pipeline else "",
        actor=clean_line(deployment.user.username) if deployment.user else "",
        approvals=tuple(_approvals(deployment)),
        started_at=parse_utc(begun) if begun else None,
        finished_at=parse_utc(ended) if deployment.status in _ENDED else None,
    )


_CAME = {
    "success": DeploymentStatus.SUCCEEDED,
    "failed": DeploymentStatus.FAILED,
    "canceled": DeploymentStatus.STOPPED,
    "skipped": DeploymentStatus.STOPPED,
    BLOCKED: DeploymentStatus.WAITING,
}
_ENDED = frozenset({"success", "failed", "canceled", "skipped"})


def _approvals(deployment: Deployment) -> Iterator[record.Approval]:
    for one in deployment.approvals:
        if one.status in (Answer.APPROVED, Answer.REJECTED):
            who = clean_line(one.user.username)
            at = parse_utc(one.created_at) if one.created_at else None
            yield record.Approval(f"{one.status} by {who}", who, Answer(one.status), at)


def waiting_reading(project: str, deployment: Deployment, until: datetime) -> Reading:
    """Return for how long a deployment has waited for an approval."""
    since = parse_utc(deployment.updated_at)
    return waiting(project, deployment.environment.name, deployment.id, since, until)


def is_wanted(job: Job, patterns: Iterable[str], now: datetime) -> bool:
    """Whether the reports of a job are asked for, and are still there."""
    if not any(fnmatchcase(job.name, pattern) for pattern in patterns):
        return False
    return job.artifacts_expire_at is None or parse_utc(job.artifacts_expire_at) > now


def report_document(
    project: str, job: Job, name: str, content: bytes, pipeline: Pipeline
) -> Document:
    """Return a report that a job left behind."""
    label = clean_line(job.name)
    return Document(
        name=f"{project}/{label}/{clean_line(name)}",
        content=content,
        asset=project,
        category=label,
        modified_at=parse_utc(pipeline.updated_at),
    )


def is_security_report(name: str) -> bool:
    """Whether a file is called as GitLab's own security reports are."""
    return bool(_SECURITY_FILE.fullmatch(name))


def missing_reports(
    job: Job, taken: Iterable[str], *, has_vulnerabilities: bool
) -> Iterator[tuple[str, str]]:
    """Yield (type, file name) of the reports of a job that its archive does not hold.

    Where the vulnerabilities of the project are read, the reports they came from are not wanted.
    """
    names = {name.rpartition("/")[2] for name in taken}
    wanted = REPORTS - SECURITY_REPORTS if has_vulnerabilities else REPORTS
    for artifact in job.artifacts:
        plain = artifact.filename.removesuffix(".gz")
        if artifact.file_type in wanted and plain not in names:
            yield artifact.file_type, plain


def _verdict(word: str) -> bool | None:
    if word == _GOOD:
        return True
    return False if word == _BAD else None
