"""Rolling a deployment back: GitHub has no such verb, so an earlier commit is deployed again.

The new deployment carries the id of the action in its payload. It is looked for before anything
is sent, so that no action is ever carried out twice. Whoever deploys sees it as an event, and says
by its statuses what became of it: until then the action is pending.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import msgspec

from riskcockpit.connectors.acting import DeniedError
from riskcockpit.connectors.github.client import GithubClient
from riskcockpit.connectors.github.kinds import is_repository
from riskcockpit.connectors.github.mapping import BAD, GOOD
from riskcockpit.connectors.github.wire import Deployment
from riskcockpit.domain.action import Action, Outcome
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import SourceError

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


@dataclass(frozen=True, slots=True)
class Present:
    """What an environment serves, and what became of our deployment."""

    served: tuple[str, ...]
    """Commits that were deployed with success, the newest first."""
    own: Deployment | None = None
    """The deployment that carries our action; None while none was made."""
    state: str = ""
    """Its newest status."""


class Redeploy:
    """The deployment of an earlier commit. See `acting.Change` and `acting.Lasts`."""

    def __init__(
        self,
        wish: Redeployment,
        action_id: str,
        reader: GithubClient,
        writer: GithubClient | None,
    ) -> None:
        self._wish = wish
        self._action_id = action_id
        self._reader = reader
        self._writer = writer

    @property
    def precondition(self) -> str:
        """See `acting.Change`."""
        return f"{self._wish.where} serves {self._wish.before[:12]}"

    @property
    def inverse(self) -> str:
        """See `acting.Change`."""
        return f"deploy {self._wish.before} to {self._wish.where} again"

    def read(self) -> Present:
        """See `acting.Change`."""
        deployments = newest(self._reader, self._wish.repository, self._wish.environment)
        mine = (one for one in deployments if _mark(one.payload) == self._action_id)
        own = next(mine, None) if self._action_id else None
        if own is None:
            return Present(served(self._reader, self._wish.repository, deployments))
        statuses = self._reader.newest_statuses(self._wish.repository, own.id)
        return Present((), own, clean_line(statuses[0].state) if statuses else "created")

    def stands(self, state: Present) -> str:
        """See `acting.Change`."""
        wish, own = self._wish, state.own
        if own is not None:
            return f"deployment {own.id} of {own.sha[:12]} to {wish.where} is {state.state}"
        present = state.served[0][:12] if state.served else "nothing known"
        return f"no deployment to {wish.where} carries this action; it serves {present}"

    def evidence(self, state: Present) -> Mapping[str, str]:
        """See `acting.Change`."""
        if state.own is None:
            return {"serves": state.served[0]} if state.served else {}
        return {"deployment": str(state.own.id), "state": state.state}

    def is_done(self, state: Present) -> bool:
        """See `acting.Change`."""
        return state.own is not None and state.state in GOOD

    def outcome(self, state: Present, *, is_sent: bool) -> Outcome | None:  # noqa: ARG002 - a deployment that carries the action is ours
        """See `acting.Lasts`."""
        if state.own is None:
            return None
        return Outcome.REFUSED if state.state in BAD else Outcome.PENDING_UPSTREAM

    def faults(self, state: Present) -> Iterator[str]:
        """See `acting.Change`."""
        if state.own is not None:
            return
        wish = self._wish
        present = state.served[0] if state.served else ""
        if wish.before == wish.after:
            yield f"{wish.after[:12]} is where it is already"
        if present != wish.before:
            yield f"{wish.where} serves {present[:12] or 'nothing known'}, not {wish.before[:12]}"
        if wish.after not in state.served[1:]:
            yield f"{wish.after[:12]} did not serve {wish.where} before"

    def calls(self, state: Present) -> Iterator[str]:  # noqa: ARG002 - they are the same from any
        """See `acting.Change`."""
        url = self._reader.http.endpoint.url(self._wish.path)
        read = f"GET {url}?environment={quote(self._wish.environment, safe='')}"
        yield read
        body = msgspec.json.encode(_body(self._wish, self._action_id)).decode()
        yield f"POST {url} {body}"
        yield read

    def send(self, state: Present) -> None:  # noqa: ARG002 - nothing of it goes into the call
        """See `acting.Change`."""
        if self._writer is None:
            raise DeniedError("nothing may be written")
        reply = self._writer.create(self._wish.path, _body(self._wish, self._action_id))
        if reply.status == _ACCEPTED:
            raise DeniedError(f"GitHub merged instead of deploying: {reply.quote}")


def newest(client: GithubClient, repository: str, environment: str) -> list[Deployment]:
    """Return the newest hundred deployments to an environment, the newest first."""
    return next(iter(client.deployments(repository, {"environment": environment})), [])


def served(
    client: GithubClient, repository: str, deployments: Sequence[Deployment]
) -> tuple[str, ...]:
    """Return the commits of the newest deployments that succeeded, in their order."""
    return tuple(
        one.sha
        for one in deployments[:MOST_LOOKED_AT]
        if any(status.state in GOOD for status in client.newest_statuses(repository, one.id))
    )


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
