"""Rolling a deployment back: GitHub has no such verb, so an earlier commit is deployed again.

The new deployment carries the id of the action in its payload. It is looked for before anything
is sent, so that no action is ever carried out twice. Whoever deploys sees it as an event, and says
by its statuses what became of it: until then the action is pending.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from riskcockpit.connectors.github.client import GithubClient
from riskcockpit.connectors.github.kinds import is_repository
from riskcockpit.connectors.github.mapping import BAD, GOOD
from riskcockpit.connectors.github.wire import Deployment
from riskcockpit.connectors.receipts import receipt, with_hint
from riskcockpit.connectors.reply import NotSentError, StatusError
from riskcockpit.domain.action import Action, Outcome, Preview, Receipt
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import (
    AuthenticationError,
    ForbiddenError,
    RateLimitedError,
    RetryableError,
    SourceError,
)

MARK = "riskcockpit_action"
"""The member of a deployment's payload that names our action."""
MOST_LOOKED_AT = 10
"""Deployments of an environment whose statuses are read to find the one that serves."""
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_ACCEPTED = 202


@dataclass(frozen=True, slots=True)
class Redeployment:
    """One environment, from the commit that must serve to the one that shall."""

    repository: str
    environment: str
    before: str
    after: str

    @classmethod
    def of(cls, action: Action) -> Self:
        """Read it out of an action with a target OWNER/NAME@ENVIRONMENT.

        Raises:
            SourceError: its target or params are not those of a redeployment.
        """
        repository, _, environment = action.target.partition("@")
        before, after = action.params.get("from", ""), action.params.get("to", "")
        is_named = is_repository(repository) and bool(environment)
        if not is_named or not _SHA.fullmatch(before) or not _SHA.fullmatch(after):
            raise SourceError(
                f'action on "{action.target}" is no redeployment',
                hint='it needs a target OWNER/NAME@ENVIRONMENT and full commits "from" and "to"',
            )
        return cls(repository, environment, before, after)

    @property
    def path(self) -> str:
        """The path of deployments."""
        return f"/repos/{self.repository}/deployments"

    @property
    def where(self) -> str:
        """The environment in words."""
        return f"{self.environment} of {self.repository}"


class Redeployer:
    """Previews, applies and observes redeployments on one GitHub."""

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
        wish = Redeployment.of(action)
        blockers = [self._why_not] if self._why_not else []
        blockers += self._faults(wish)
        url = self._reader.http.endpoint.url(wish.path)
        body = msgspec.json.encode(_body(wish, action.id)).decode()
        return Preview(
            calls=(
                f"GET {url}?environment={wish.environment}",
                f"POST {url} {body}",
                f"GET {url}?environment={wish.environment}",
            ),
            precondition=f"{wish.where} serves {wish.before[:12]}",
            inverse=f"deploy {wish.before} to {wish.where} again",
            blockers=tuple(blockers),
        )

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`.

        Raises:
            RetryableError: nothing was sent, or GitHub asked to wait: nothing changed.
        """
        wish = Redeployment.of(action)
        if self._writer is None or self._why_not:
            return self._receipt(action, Outcome.REFUSED, self._why_not or "nothing may be written")
        try:
            if (own := self._own(wish, action)) is not None:
                return self._came_to(action, wish, own, "it was made before")
            faults = tuple(self._faults(wish))
        except SourceError as error:
            return self._receipt(action, Outcome.REFUSED, with_hint(error))
        if faults:
            return self._receipt(action, Outcome.REFUSED, "; ".join(faults))
        return self._send(action, wish, self._writer)

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        wish = Redeployment.of(action)
        own = self._own(wish, action)
        if own is None:
            message = f"no deployment to {wish.where} carries this action"
            return self._receipt(action, Outcome.UNKNOWN, message)
        return self._came_to(action, wish, own, "read back")

    def _send(self, action: Action, wish: Redeployment, writer: GithubClient) -> Receipt:
        try:
            reply = writer.create(wish.path, _body(wish, action.id))
        except (NotSentError, RateLimitedError):
            raise
        except (AuthenticationError, ForbiddenError, StatusError) as error:
            return self._receipt(action, Outcome.REFUSED, with_hint(error))
        except (RetryableError, SourceError) as error:
            return self._read_back(action, wish, f"after {error.message}")
        if reply.status == _ACCEPTED:
            message = f"GitHub merged instead of deploying: {reply.quote}"
            return self._receipt(action, Outcome.REFUSED, message)
        return self._read_back(action, wish, "read back")

    def _read_back(self, action: Action, wish: Redeployment, how: str) -> Receipt:
        try:
            own = self._own(wish, action)
            if own is not None:
                return self._came_to(action, wish, own, how)
        except (RetryableError, SourceError) as error:
            message = f"sent ({how}), but it cannot be read back: {error.message}"
            return self._receipt(action, Outcome.UNKNOWN, message)
        return self._receipt(action, Outcome.UNKNOWN, f"sent ({how}), but no deployment shows it")

    def _came_to(self, action: Action, wish: Redeployment, own: Deployment, how: str) -> Receipt:
        """Say what became of our deployment by its newest status."""
        statuses = self._reader.newest_statuses(wish.repository, own.id)
        state = clean_line(statuses[0].state) if statuses else "created"
        words = f"deployment {own.id} of {own.sha[:12]} to {wish.where} is {state} ({how})"
        if state in GOOD:
            outcome = Outcome.DONE
        else:
            outcome = Outcome.REFUSED if state in BAD else Outcome.PENDING_UPSTREAM
        evidence = {"deployment": str(own.id), "state": state}
        return receipt(self._clock, action, outcome, words, evidence)

    def _deployments(self, wish: Redeployment) -> list[Deployment]:
        """Return the newest hundred deployments to the environment, the newest first."""
        query = {"environment": wish.environment}
        return next(iter(self._reader.deployments(wish.repository, query)))

    def _own(self, wish: Redeployment, action: Action) -> Deployment | None:
        """Return the deployment that carries the action, or None when none was made."""
        if not action.id:
            return None
        return next((d for d in self._deployments(wish) if _mark(d.payload) == action.id), None)

    def _faults(self, wish: Redeployment) -> Iterator[str]:
        if wish.before == wish.after:
            yield f"{wish.after[:12]} is where it is already"
        served: list[str] = []
        for deployment in self._deployments(wish)[:MOST_LOOKED_AT]:
            statuses = self._reader.newest_statuses(wish.repository, deployment.id)
            if any(status.state in GOOD for status in statuses):
                served.append(deployment.sha)
        present = served[0] if served else ""
        if present != wish.before:
            yield f"{wish.where} serves {present[:12] or 'nothing known'}, not {wish.before[:12]}"
        if wish.after not in served[1:]:
            yield f"{wish.after[:12]} did not serve {wish.where} before"

    def _receipt(self, action: Action, outcome: Outcome, message: str) -> Receipt:
        return receipt(self._clock, action, outcome, message)


def _body(wish: Redeployment, action_id: str) -> dict[str, Any]:
    return {
        "ref": wish.after,
        "environment": wish.environment,
        "auto_merge": False,
        "required_contexts": [],
        "description": f"rollback from {wish.before[:12]} by riskcockpit",
        "payload": {MARK: action_id},
    }


def _mark(payload: Any) -> str:
    """Return the action a payload names; GitHub gives it back as an object or as its text."""
    value = payload
    if isinstance(payload, str):
        try:
            value = msgspec.json.decode(payload)
        except msgspec.DecodeError:
            return ""
    mark = value.get(MARK) if isinstance(value, dict) else None
    return mark if isinstance(mark, str) else ""
