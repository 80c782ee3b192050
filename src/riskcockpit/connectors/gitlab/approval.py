"""Approving or rejecting a deployment that waits. Each account answers for itself, once.

A deployment may need several approvals: ours is done when it is among them, whatever others say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from riskcockpit.connectors.acting import DeniedError
from riskcockpit.connectors.gitlab.client import REST, GitlabClient
from riskcockpit.connectors.gitlab.mapping import BLOCKED, is_path
from riskcockpit.connectors.gitlab.wire import Deployment, User
from riskcockpit.domain.action import Action, ActionKind, Offer
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ProtocolError, SourceError

ANSWERS = {ActionKind.DEPLOYMENT_APPROVE: "approved", ActionKind.DEPLOYMENT_REJECT: "rejected"}
_LONGEST_NUMBER = 18


def offers(source: str, client: GitlabClient, project: str) -> Iterator[Offer]:
    """Yield an approval and a rejection of each deployment of a project that waits.

    Raises:
        ProtocolError: GitLab tells a time that is none.
    """
    for page in client.deployments(project, {"status": BLOCKED}):
        for one in page:
            place = clean_line(one.environment.name)
            commit = clean_line(one.sha)[:12]
            what = f"deployment {one.id}{f', commit {commit}' if commit else ''}"
            try:
                since = parse_utc(one.updated_at)
            except ValueError as error:
                raise ProtocolError(
                    f"deployments of {project}: {clean_line(str(error))}"
                ) from error
            for kind in ANSWERS:
                action = Action("", kind, source, f"{project}@{place}", {"run": str(one.id)})
                yield Offer(action, str(one.id), what, since, authors_of(one))


def authors_of(one: Deployment) -> tuple[str, ...]:
    """Return who started a deployment, and author and committer of its commit."""
    job = one.deployable
    accounts = (one.user, job.user if job else None)
    commit = job.commit if job else None
    named = (
        (commit.author_name, commit.author_email, commit.committer_name, commit.committer_email)
        if commit
        else ()
    )
    names = [*(account.username for account in accounts if account), *filter(None, named)]
    return tuple(dict.fromkeys(filter(None, map(clean_line, names))))


@dataclass(frozen=True, slots=True)
class Review:
    """A deployment, and who we are there."""

    deployment: Deployment
    user: User

    @property
    def said(self) -> str:
        """What our account said to it; empty when it said nothing."""
        ours = (one for one in self.deployment.approvals if one.user.id == self.user.id)
        return next((clean_line(one.status) for one in ours), "")


@dataclass(frozen=True, slots=True)
class DeploymentAnswer:
    """What is said to one deployment."""

    client: GitlabClient
    """Who asks: whose approvals count depends on who that is."""
    may_write: bool
    project: str
    environment: str
    number: int
    status: str
    comment: str
    represented_as: str = ""
    """The group in whose name our account speaks, when it may speak for several."""

    @classmethod
    def of(
        cls, action: Action, reader: GitlabClient, writer: GitlabClient | None
    ) -> DeploymentAnswer:
        """Read the answer out of an action with a target GROUP/PROJECT@ENVIRONMENT.

        Raises:
            SourceError: its target or params are not those of an answer.
        """
        project, _, environment = action.target.partition("@")
        run = action.params.get("run", "")
        is_number = run.isascii() and run.isdigit() and len(run) <= _LONGEST_NUMBER
        status = ANSWERS.get(action.kind)
        if not is_path(project, least=2) or not environment or not is_number or status is None:
            raise SourceError(
                f'action on "{action.target}" is no approval of a deployment',
                hint='it needs a target GROUP/PROJECT@ENVIRONMENT and a deployment as "run"',
            )
        comment = action.params.get("comment", "") or f"{status} with riskcockpit"
        return cls(
            writer or reader, writer is not None, project, environment, int(run), status, comment,
            action.params.get("represented_as", ""),
        )  # fmt: skip

    @property
    def precondition(self) -> str:
        """See `connectors.acting.Change`."""
        return f"{self._where} waits for an approval"

    @property
    def inverse(self) -> str:
        """See `connectors.acting.Change`."""
        return ""

    def read(self) -> Review:
        """See `connectors.acting.Change`."""
        return Review(self.client.deployment(self.project, self.number), self.client.user())

    def stands(self, state: Review) -> str:
        """See `connectors.acting.Change`."""
        said = f", {state.said} by us" if state.said else ""
        waits = state.deployment.pending_approval_count
        more = f", {waits} approvals to go" if waits else ""
        return f"{self._where} is {clean_line(state.deployment.status)}{said}{more}"

    def evidence(self, state: Review) -> Mapping[str, str]:
        """See `connectors.acting.Change`."""
        return {"state": state.said} if state.said else {}

    def is_done(self, state: Review) -> bool:
        """See `connectors.acting.Change`."""
        return self._is_it(state) and state.said == self.status

    def faults(self, state: Review) -> Iterator[str]:
        """See `connectors.acting.Change`."""
        if not self._is_it(state):
            place = clean_line(state.deployment.environment.name)
            yield f"deployment {self.number} of {self.project} goes to {place}"
        elif state.said:
            yield f"our account has {state.said} {self._where} already"
        elif state.deployment.status != BLOCKED:
            yield f"{self._where} waits for no approval: {clean_line(state.deployment.status)}"

    def calls(self, state: Review) -> Iterator[str]:  # noqa: ARG002 - as `Change` has it
        """See `connectors.acting.Change`."""
        url = self.client.http.endpoint.url(
            self.client.place(self.project, f"/deployments/{self.number}")
        )
        who = f"GET {self.client.http.endpoint.url(f'{REST}/user')}"
        yield from (f"GET {url}", who)
        yield f"POST {url}/approval {msgspec.json.encode(self._body()).decode()}"
        yield from (f"GET {url}", who)

    def send(self, state: Review) -> None:  # noqa: ARG002 - as `Change` has it
        """See `connectors.acting.Change`."""
        if not self.may_write:
            raise DeniedError("nothing may be written")
        self.client.approve(self.project, self.number, self._body())

    @property
    def _where(self) -> str:
        return f"deployment {self.number} of {self.project} to {self.environment}"

    def _is_it(self, state: Review) -> bool:
        return state.deployment.environment.name == self.environment

    def _body(self) -> dict[str, str]:
        body = {"status": self.status, "comment": self.comment}
        return body | ({"represented_as": self.represented_as} if self.represented_as else {})
