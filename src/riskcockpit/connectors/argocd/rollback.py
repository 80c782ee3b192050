"""Rolling an application back to an earlier deployment of its history.

Argo CD refuses while it syncs by itself, and would undo it: so do we, unless the action says that
automated sync is to be switched off. A dry run comes first; when it fails, automated sync is on
again. What is rolled back differs from git until somebody reverts there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from riskcockpit.connectors.acting import DeniedError
from riskcockpit.connectors.argocd.client import (
    ArgoClient,
    patch_body,
    patch_path,
    rollback_path,
)
from riskcockpit.connectors.argocd.mapping import (
    BAD,
    GOOD,
    history_of,
    is_automated,
    is_busy,
    is_same,
    place_of,
    revision_of,
)
from riskcockpit.connectors.argocd.wire import Application, Deployed, OperationState
from riskcockpit.connectors.receipts import with_hint
from riskcockpit.connectors.reply import NotSentError, StatusError
from riskcockpit.domain.action import Action, Outcome
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import (
    AuthenticationError,
    ForbiddenError,
    RateLimitedError,
    RetryableError,
    SourceError,
)

SWITCH_OFF = "disable_auto_sync"
"""The param of an action, and the option, that allows automated sync to be switched off."""
SWITCHING = {SWITCH_OFF: "yes"}
MOST_LOOKS = 15
LOOK_SECONDS = 2.0
"""How often and how far apart the end of an operation is looked for before it is left alone."""
_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Wish:
    """One application, from the deployment it must be at to the one whose state it shall have."""

    name: str
    namespace: str
    """Empty: Argo CD's own."""
    place: str
    before: int
    after: int
    revision: str
    """Of the deployment `after`: its number alone says little once the history is cut."""
    switches_off: bool

    @classmethod
    def of(cls, action: Action) -> Self:
        """Read it out of an action with a target [NAMESPACE/]NAME@CLUSTER/NAMESPACE.

        Raises:
            SourceError: its target or params are not those of a rollback.
        """
        whole, _, place = action.target.partition("@")
        namespace, _, name = whole.rpartition("/")
        numbers = [action.params.get(key, "") for key in ("from", "to")]
        are_ids = all(n.isascii() and n.isdigit() and len(n) <= _DIGITS for n in numbers)
        revision = action.params.get("revision", "")
        if not name or not place or not are_ids or not revision:
            raise SourceError(
                f'action on "{clean_line(action.target)}" is no rollback of an application',
                hint='it needs a target NAME@CLUSTER/NAMESPACE, and params "from", "to" (numbers'
                ' of the history) and "revision"',
            )
        switches_off = action.params.get(SWITCH_OFF) == SWITCHING[SWITCH_OFF]
        before, after = map(int, numbers)
        return cls(name, namespace, place, before, after, revision, switches_off)


class Rollback:
    """The change of one application to the state of an earlier deployment. See `acting`."""

    def __init__(self, wish: Wish, reader: ArgoClient, writer: ArgoClient | None) -> None:
        self._wish = wish
        self._reader = reader
        self._writer = writer

    @property
    def precondition(self) -> str:
        """See `acting.Change`."""
        wish = self._wish
        return (
            f"{wish.name} is at deployment {wish.before}; after that it differs from git until"
            " the change is reverted there"
        )

    @property
    def inverse(self) -> str:
        """See `acting.Change`."""
        again = ", and switch automated sync on" if self._wish.switches_off else ""
        return f"sync {self._wish.name} to what git says{again}"

    def read(self) -> Application:
        """See `acting.Change`."""
        where = {"appNamespace": self._wish.namespace} if self._wish.namespace else {}
        return self._reader.application(self._wish.name, where)

    def stands(self, state: Application) -> str:
        """See `acting.Change`."""
        present, operation = _present(state), state.status.operation_state
        at = f"deployment {present.id}, {revision_of(present)[:12]}" if present else "nothing"
        said = f"{self._wish.name} is at {at}"
        health = clean_line(state.status.health.status)
        said += f", {health}" if health else ""
        if operation is not None and self._is_ours(operation):
            why = f": {clean_line(operation.message)[:120]}" if operation.message else ""
            said += f"; the rollback is {clean_line(operation.phase)}{why}"
        elif state.operation is not None:
            said += "; an operation waits"
        return said

    def evidence(self, state: Application) -> Mapping[str, str]:
        """See `acting.Change`."""
        present = _present(state)
        found = {"sync": state.status.sync.status, "health": state.status.health.status}
        images = ", ".join(map(clean_line, state.status.summary.images or ()))
        found |= {"images": images} if images else {}
        found["auto_sync"] = "on" if is_automated(state) else "off"
        if present is not None:
            found |= {"deployment": str(present.id), "revision": revision_of(present)}
        return found

    def is_done(self, state: Application) -> bool:
        """See `acting.Change`."""
        present, wish = _present(state), self._wish
        if present is None or is_busy(state):
            return False
        target = _entry(state, wish.after)
        is_it = target is None or is_same(present, target)  # None: the history was cut since
        return present.id > wish.before and revision_of(present) == wish.revision and is_it

    def outcome(self, state: Application, *, is_sent: bool) -> Outcome | None:
        """See `acting.Lasts`."""
        asked, operation = state.operation, state.status.operation_state
        if asked is not None and asked.sync and not asked.sync.dry_run:
            if revision_of(asked.sync) == self._wish.revision:
                return Outcome.PENDING_UPSTREAM
        elif operation is not None and self._is_ours(operation):
            if operation.phase not in (GOOD, *BAD):
                return Outcome.PENDING_UPSTREAM
            return Outcome.REFUSED if is_sent and operation.phase in BAD else None
        return None

    def faults(self, state: Application) -> Iterator[str]:
        """See `acting.Change`."""
        wish, present = self._wish, _present(state)
        if place_of(state.spec.destination) != wish.place:
            yield f"{wish.name} goes to {place_of(state.spec.destination)}, not {wish.place}"
        if present is None or present.id != wish.before:
            at = f"deployment {present.id}" if present else "no deployment"
            yield f"{wish.name} is at {at}, not {wish.before}"
        elif wish.after == wish.before:
            yield f"deployment {wish.after} is where it is already"
        else:
            yield from self._target_faults(state)
        if is_busy(state):
            yield f"another operation on {wish.name} is under way"
        if is_automated(state) and not wish.switches_off:
            yield (
                f"{wish.name} syncs by itself, so that Argo CD refuses a rollback: revert in git,"
                f" or let rollbacks switch automated sync off (the option `{SWITCH_OFF}`)"
            )

    def calls(self, state: Application) -> Iterator[str]:
        """See `acting.Change`."""

        def call(method: str, path: str, body: Mapping[str, Any]) -> str:
            return f"{method} {endpoint.url(path)} {msgspec.json.encode(body).decode()}"

        endpoint, name = self._reader.http.endpoint, self._wish.name
        where = _where(state)
        read = f"GET {endpoint.url(patch_path(name))}"
        if self._wish.namespace:
            read += f"?appNamespace={self._wish.namespace}"
        yield read
        if is_automated(state) and self._wish.switches_off:
            yield call("PATCH", patch_path(name), patch_body(name, where, _automated(None)))
        for is_dry in (True, False):
            yield call("POST", rollback_path(name), self._body(where, is_dry=is_dry))
            yield read

    def send(self, state: Application) -> None:
        """See `acting.Change`."""
        if self._writer is None:
            raise DeniedError("nothing may be written")
        where = _where(state)
        was_automated = is_automated(state)
        if was_automated:
            self._writer.patch(self._wish.name, where, _automated(None))
        try:
            if was_automated:
                self._check_off()
            self._try(self._writer, where, state)
            self._writer.rollback(self._wish.name, self._body(where, is_dry=False))
        except (
            AuthenticationError,
            DeniedError,
            ForbiddenError,
            StatusError,
            NotSentError,
            RateLimitedError,
        ) as error:
            if not was_automated:
                raise
            after = self._switch_on(self._writer, where, state)
            raise DeniedError(f"{with_hint(error)}; {after}") from error
        with suppress(RetryableError, SourceError):  # whoever calls reads once more, and tells
            self._await(state, is_dry=False)

    def _check_off(self) -> None:
        try:
            is_on = is_automated(self.read())
        except (RetryableError, SourceError) as error:
            raise DeniedError(f"nothing was rolled back: {error.message}") from error
        if is_on:
            raise DeniedError(
                f"automated sync of {self._wish.name} comes back by itself: something sets it,"
                " as an ApplicationSet or an application of applications"
            )

    def _switch_on(self, writer: ArgoClient, where: Mapping[str, str], state: Application) -> str:
        policy = state.spec.sync_policy
        try:
            writer.patch(self._wish.name, where, _automated(policy.automated if policy else None))
        except (RetryableError, SourceError) as error:
            return f"automated sync is off, and cannot be switched on again: {error.message}"
        return "automated sync is on again"

    def _try(self, writer: ArgoClient, where: Mapping[str, str], state: Application) -> None:
        """Carry the dry run out.

        Raises:
            DeniedError: it failed, or its end was not seen. Else as `HttpClient.write`.
        """
        body = self._body(where, is_dry=True)
        try:
            writer.rollback(self._wish.name, body)
        except (NotSentError, RateLimitedError, AuthenticationError, ForbiddenError, StatusError):
            raise
        except (RetryableError, SourceError):
            pass  # whether it is carried out is read from the application
        try:
            seen = self._await(state, is_dry=True)
        except (RetryableError, SourceError) as error:
            raise DeniedError(f"the dry run cannot be read: {error.message}") from error
        if seen is None:
            raise DeniedError("the dry run did not end in time: nothing was rolled back")
        if seen.phase != GOOD:
            raise DeniedError(f"the dry run failed: {clean_line(seen.message)[:200]}")

    def _await(self, state: Application, *, is_dry: bool) -> OperationState | None:
        """Return how the operation we asked for ended; None: it has not ended yet."""
        before = state.status.operation_state
        for _ in range(MOST_LOOKS):
            now = self.read()
            seen = now.status.operation_state
            is_new = seen is not None and (before is None or seen.started_at != before.started_at)
            if seen is not None and is_new and not is_busy(now):
                sync = seen.operation.sync
                is_ours = sync is not None and revision_of(sync) == self._wish.revision
                if sync is not None and is_ours and sync.dry_run is is_dry:
                    return seen
            self._reader.http.pause(LOOK_SECONDS, "for Argo CD to carry out an operation")
        return None

    def _body(self, where: Mapping[str, str], *, is_dry: bool) -> dict[str, Any]:
        name = self._wish.name
        return {"name": name, **where, "id": self._wish.after, "dryRun": is_dry, "prune": False}

    def _is_ours(self, operation: OperationState) -> bool:
        """Whether an operation brings in what we wish, and in earnest."""
        sync = operation.operation.sync
        return sync is not None and not sync.dry_run and revision_of(sync) == self._wish.revision

    def _target_faults(self, state: Application) -> Iterator[str]:
        wish = self._wish
        target = _entry(state, wish.after)
        if target is None:
            yield f"{wish.name} has no deployment {wish.after} in its history any more"
        elif revision_of(target) != wish.revision:
            yield (
                f"deployment {wish.after} of {wish.name} is {revision_of(target)[:12]},"
                f" not {wish.revision[:12]}"
            )


def _present(state: Application) -> Deployed | None:
    return next(iter(history_of(state)), None)


def _entry(state: Application, number: int) -> Deployed | None:
    return next((one for one in history_of(state) if one.id == number), None)


def _where(state: Application) -> dict[str, str]:
    """Return what tells an application from another of its name."""
    found = {"appNamespace": state.metadata.namespace, "project": state.spec.project}
    return {key: value for key, value in found.items() if value}


def _automated(value: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"spec": {"syncPolicy": {"automated": value}}}
