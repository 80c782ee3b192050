"""What can be decided about deployments on GitHub now: what waits, and what served before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.connectors.github.client import GithubClient
from riskcockpit.connectors.github.mapping import moment, workflow_of
from riskcockpit.connectors.github.redeploy import served
from riskcockpit.connectors.github.wire import Deployment, PendingDeployment, WorkflowRun
from riskcockpit.domain.action import Action, ActionKind, Offer
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ProtocolError

ANSWERS = (ActionKind.DEPLOYMENT_APPROVE, ActionKind.DEPLOYMENT_REJECT)


@dataclass(frozen=True, slots=True)
class OfferReader:
    """Reads what of the watched repositories can be decided, through one client."""

    source: str
    client: GithubClient

    def waiting(self, repository: str) -> Iterator[Offer]:
        """Yield an approval and a rejection of each deployment that waits."""
        for page in self.client.runs(repository, {"status": "waiting"}):
            for run in page.workflow_runs:
                for pending in self.client.pending_deployments(repository, run.id):
                    yield from self._answers(repository, run, pending)

    def earlier(self, repository: str) -> Iterator[Offer]:
        """Yield, for each environment, a return to every commit that served it before."""
        page = next(iter(self.client.deployments(repository, {})), [])
        places: dict[str, list[Deployment]] = {}
        for deployment in page:
            places.setdefault(deployment.environment, []).append(deployment)
        for environment, deployments in places.items():
            yield from self._returns(repository, environment, deployments)

    def _answers(
        self, repository: str, run: WorkflowRun, pending: PendingDeployment
    ) -> Iterator[Offer]:
        place = clean_line(pending.environment.name)
        branch = clean_line(run.head_branch or "")
        what = f"run {run.id} of {workflow_of(run)}"
        what += f" on {branch}" if branch else ""
        what += f", commit {clean_line(run.head_sha)[:12]}" if run.head_sha else ""
        since = _moment(pending.wait_timer_started_at or run.updated_at, repository)
        for kind in ANSWERS:
            action = Action("", kind, self.source, f"{repository}@{place}", {"run": str(run.id)})
            yield Offer(action, str(run.id), what, since, authors_of(run))

    def _returns(
        self, repository: str, environment: str, deployments: Sequence[Deployment]
    ) -> Iterator[Offer]:
        known = dict.fromkeys(served(self.client, repository, deployments))
        present, *earlier = known or [""]
        by_commit = {one.sha: one for one in reversed(deployments)}
        for commit in earlier:
            one = by_commit[commit]
            ref = clean_line(one.ref)
            what = f"commit {commit[:12]}{f' ({ref})' if ref and ref != commit else ''}"
            action = Action(
                "",
                ActionKind.DEPLOYMENT_ROLLBACK,
                self.source,
                f"{repository}@{clean_line(environment)}",
                {"from": present, "to": commit},
            )
            yield Offer(action, commit, what, _moment(one.created_at, repository))


def authors_of(run: WorkflowRun) -> tuple[str, ...]:
    """Return who started a run, and author and committer of its commit, by name and by mail."""
    commit = run.head_commit
    accounts = (run.actor, run.triggering_actor)
    people = (commit.author, commit.committer) if commit else ()
    names = [
        *(account.login for account in accounts if account),
        *(text for one in people if one for text in (one.name, one.email) if text),
    ]
    return tuple(dict.fromkeys(filter(None, map(clean_line, names))))


def _moment(text: str, repository: str) -> datetime:
    try:
        return moment(text)
    except ValueError as error:
        raise ProtocolError(f"deployments of {repository}: {clean_line(str(error))}") from error
