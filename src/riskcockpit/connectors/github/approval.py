"""Approving or rejecting a deployment that waits, with its guards and its read-back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import msgspec

from riskcockpit.connectors.github.client import GithubClient
from riskcockpit.connectors.github.kinds import is_repository
from riskcockpit.connectors.github.wire import PendingDeployment
from riskcockpit.connectors.receipts import receipt, with_hint
from riskcockpit.connectors.reply import NotSentError, StatusError
from riskcockpit.domain.action import Action, ActionKind, Outcome, Preview, Receipt
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import (
    AuthenticationError,
    ForbiddenError,
    RateLimitedError,
    RetryableError,
    SourceError,
)

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


class Approver:
    """Previews, applies and observes reviews of waiting deployments on one GitHub."""

    def __init__(
        self, reader: GithubClient, writer: GithubClient | None, clock: Clock, *, why_not: str
    ) -> None:
        """`why_not` says why nothing may be written; empty when it may."""
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._why_not = why_not

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        review = Review.of(action)
        waiting = self._waiting(review)
        blockers = [self._why_not] if self._why_not else []
        blockers += self._faults(review, waiting)
        return Preview(
            calls=tuple(self._calls(review, waiting)),
            precondition=f"{review.where} waits for an approval{_details(waiting)}",
            inverse="",
            blockers=tuple(blockers),
        )

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`.

        Raises:
            RetryableError: nothing was sent, or GitHub asked to wait: nothing changed.
        """
        review = Review.of(action)
        if self._writer is None or self._why_not:
            return self._receipt(action, Outcome.REFUSED, self._why_not or "nothing may be written")
        try:
            waiting = self._waiting(review)
            said = "" if waiting else self._said(review)
        except SourceError as error:
            return self._receipt(action, Outcome.REFUSED, with_hint(error))
        if said == review.state:
            return self._receipt(action, Outcome.DONE, "it was so already", said)
        faults = tuple(self._faults(review, waiting))
        if waiting is None or faults:
            return self._receipt(action, Outcome.REFUSED, "; ".join(faults), said)
        return self._send(action, review, waiting, self._writer)

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        review = Review.of(action)
        if self._waiting(review) is not None:
            return self._receipt(action, Outcome.UNKNOWN, f"{review.where} still waits", "waiting")
        said = self._said(review)
        outcome = Outcome.DONE if said == review.state else Outcome.REFUSED
        message = f"{review.where} is {said or 'not waiting any more, and nobody answered'}"
        return self._receipt(action, outcome, message, said)

    def _send(
        self, action: Action, review: Review, waiting: PendingDeployment, writer: GithubClient
    ) -> Receipt:
        try:
            writer.create(review.path, _body(review, waiting))
        except (NotSentError, RateLimitedError):
            raise
        except (AuthenticationError, ForbiddenError, StatusError) as error:
            return self._receipt(action, Outcome.REFUSED, with_hint(error))
        except (RetryableError, SourceError) as error:
            return self._read_back(action, review, f"after {error.message}")
        return self._read_back(action, review, "read back")

    def _read_back(self, action: Action, review: Review, how: str) -> Receipt:
        try:
            said = self._said(review)
        except (RetryableError, SourceError) as error:
            message = f"sent ({how}), but it cannot be read back: {error.message}"
            return self._receipt(action, Outcome.UNKNOWN, message)
        if said == review.state:
            return self._receipt(action, Outcome.DONE, f"{review.where} is {said} ({how})", said)
        message = f"sent ({how}), but {review.where} is {said or 'not answered'}"
        return self._receipt(action, Outcome.UNKNOWN, message, said)

    def _client(self) -> GithubClient:
        """Return who asks: whether one may approve depends on who that is."""
        return self._writer or self._reader

    def _waiting(self, review: Review) -> PendingDeployment | None:
        found = self._client().pending_deployments(review.repository, review.run)
        return next((one for one in found if one.environment.name == review.environment), None)

    def _said(self, review: Review) -> str:
        """Return what was said to this environment last; empty when nothing was."""
        for approval in self._client().approvals(review.repository, review.run):
            if any(one.name == review.environment for one in approval.environments):
                return clean_line(approval.state)
        return ""

    def _faults(self, review: Review, waiting: PendingDeployment | None) -> Iterator[str]:
        if waiting is None:
            yield f"{review.where} waits for no approval"
        elif self._writer is not None and not waiting.current_user_can_approve:
            yield f"our account may not approve {review.where}"

    def _calls(self, review: Review, waiting: PendingDeployment | None) -> Iterator[str]:
        url = self._reader.http.endpoint.url(review.path)
        yield f"GET {url}"
        if waiting is not None:
            yield f"POST {url} {msgspec.json.encode(_body(review, waiting)).decode()}"
        yield f"GET {url.removesuffix('pending_deployments')}approvals"

    def _receipt(self, action: Action, outcome: Outcome, message: str, said: str = "") -> Receipt:
        return receipt(self._clock, action, outcome, message, {"state": said} if said else {})


def _body(review: Review, waiting: PendingDeployment) -> dict[str, object]:
    return {
        "environment_ids": [waiting.environment.id],
        "state": review.state,
        "comment": review.comment,
    }


def _details(waiting: PendingDeployment | None) -> str:
    if waiting is None:
        return ""
    timer = f", wait timer {waiting.wait_timer} min" if waiting.wait_timer else ""
    return f" (reviewers: {len(waiting.reviewers)}{timer})"
