"""What can be decided about deployments on GitLab now: those that wait for an approval."""

from __future__ import annotations

from collections.abc import Iterator

from riskcockpit.connectors.gitlab.client import GitlabClient
from riskcockpit.connectors.gitlab.mapping import BLOCKED
from riskcockpit.connectors.gitlab.wire import Deployment
from riskcockpit.domain.action import Action, ActionKind, Offer
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ProtocolError

ANSWERS = (ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT)


def waiting(client: GitlabClient, source: str, project: str) -> Iterator[Offer]:
    """Yield an approval and a rejection of each deployment of `project` that waits.

    Raises:
        RetryableError, SourceError: as `connectors.api.Connector.pull`.
    """
    for page in client.deployments(project, {"status": BLOCKED}):
        for deployment in page:
            yield from _answers(source, project, deployment)


def _answers(source: str, project: str, deployment: Deployment) -> Iterator[Offer]:
    number = str(deployment.id)
    what = f"deployment {number}"
    if ref := clean_line(deployment.ref):
        what += f" of {ref}"
    if sha := clean_line(deployment.sha):
        what += f", commit {sha[:12]}"
    try:
        since = parse_utc(deployment.updated_at)
    except ValueError as error:
        why = clean_line(str(error))
        raise ProtocolError(f"deployment {number} of {project}: {why}") from error
    target = f"{project}@{clean_line(deployment.environment.name)}"
    for kind in ANSWERS:
        yield Offer(Action("", kind, source, target, {"run": number}), number, what, since)
