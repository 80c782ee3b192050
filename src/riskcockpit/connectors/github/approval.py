"""Approving or rejecting a deployment that waits, with its guards and its read-back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

import msgspec

from riskcockpit.connectors.acting import DeniedError
from riskcockpit.connectors.github.client import GithubClient
from riskcockpit.connectors.github.kinds import is_repository
from riskcockpit.connectors.github.wire import PendingDeployment
from riskcockpit.domain.action import Action, ActionKind
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import SourceError

_STATES = {ActionKind.DEPLOYMENT_APPROVE: "approved", ActionKind.DEPLOYMENT_REJECT: "rejected"}
_LONGEST_RUN = 18


@dataclass(frozen=True, slots=True)
class Review:
    """What is said to one environment of one run."""

    repository: str
    environment: str
    run: int
    state: str
    comment: str

    @classmethod
    def of(cls, action: Action) -> Self:
        """Read the review out of an action with a target OWNER/NAME@ENVIRONMENT.

        Raises:
            SourceError: its target or params are not those of a review.
        """
        repository, _, environment = action.target.partition("@")
        run = action.params.get("run", "")
        is_run = run.isascii() and run.isdigit() and len(run) <= _LONGEST_RUN
        state = _STATES.get(action.kind)
        if not is_repository(repository) or not environment or not is_run or state is None:
            raise SourceError(
                f'action on "{action.target}" is no approval of a deployment',
                hint='it needs a target OWNER/NAME@ENVIRONMENT and a param "run"',
            )
        comment = action.params.get("comment", "") or f"{state} with riskcockpit"
        return cls(repository, environment, int(run), state, comment)

    @property
    def path(self) -> str:
        """The path that lists and answers what waits."""
        return f"/repos/{self.repository}/actions/runs/{self.run}/pending_deployments"

    @property
    def where(self) -> str:
        """The deployment in words."""
        return f"{self.environment} of run {self.run} of {self.repository}"


@dataclass(frozen=True, slots=True)
class Stand:
    """How the deployment of a run stands."""

    waiting: PendingDeployment | None
    """What waits; None when nothing does any more."""
    said: str = ""
    """What was answered last; empty while it waits, and when nobody answered."""


class Answer:
    """The answer to a deployment that waits. See `acting.Change`."""

    def __init__(self, review: Review, reader: GithubClient, writer: GithubClient | None) -> None:
        self._review = review
        self._writer = writer
        self._asker = writer or reader
        """Whether one may approve depends on who asks."""

    @property
    def precondition(self) -> str:
        """See `acting.Change`."""
        return f"{self._review.where} waits for an approval"

    @property
    def inverse(self) -> str:
        """See `acting.Change`: what was answered is answered."""
        return ""

    def read(self) -> Stand:
        """See `acting.Change`."""
        review = self._review
        pending = self._asker.pending_deployments(review.repository, review.run)
        waiting = next((one for one in pending if one.environment.name == review.environment), None)
        return Stand(waiting) if waiting else Stand(None, self._said())

    def stands(self, state: Stand) -> str:
        """See `acting.Change`."""
        if state.waiting is not None:
            return f"{self._review.where} waits{_details(state.waiting)}"
        said = state.said or "not waiting any more, and nobody answered"
        return f"{self._review.where} is {said}"

    def evidence(self, state: Stand) -> Mapping[str, str]:
        """See `acting.Change`."""
        said = "waiting" if state.waiting else state.said
        return {"state": said} if said else {}

    def is_done(self, state: Stand) -> bool:
        """See `acting.Change`."""
        return state.waiting is None and state.said == self._review.state

    def faults(self, state: Stand) -> Iterator[str]:
        """See `acting.Change`."""
        if state.waiting is None:
            yield f"{self._review.where} waits for no approval"
        elif self._writer is not None and not state.waiting.current_user_can_approve:
            yield f"our account may not approve {self._review.where}"

    def calls(self, state: Stand) -> Iterator[str]:
        """See `acting.Change`."""
        url = self._asker.http.endpoint.url(self._review.path)
        yield f"GET {url}"
        if state.waiting is not None:
            yield f"POST {url} {msgspec.json.encode(self._body(state.waiting)).decode()}"
        yield f"GET {url}"
        yield f"GET {url.removesuffix('pending_deployments')}approvals"

    def send(self, state: Stand) -> None:
        """See `acting.Change`."""
        if self._writer is None or state.waiting is None:
            raise DeniedError("nothing may be written")
        self._writer.create(self._review.path, self._body(state.waiting))

    def _said(self) -> str:
        """Return what was said to this environment last; empty when nothing was."""
        review = self._review
        for approval in self._asker.approvals(review.repository, review.run):
            if any(one.name == review.environment for one in approval.environments):
                return clean_line(approval.state)
        return ""

    def _body(self, waiting: PendingDeployment) -> dict[str, object]:
        return {
            "environment_ids": [waiting.environment.id],
            "state": self._review.state,
            "comment": self._review.comment,
        }


def _details(waiting: PendingDeployment) -> str:
    timer = f", wait timer {waiting.wait_timer} min" if waiting.wait_timer else ""
    return f" (reviewers: {len(waiting.reviewers)}{timer})"
