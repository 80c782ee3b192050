"""Moving an alias: a rollback or a promotion, with its guards, its read-back and its marks.

MLflow has no compare-and-set and keeps no history of aliases. So: read, check, set, read back,
mark, and never delete an alias (that needs more permission than setting one).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

import msgspec

from riskcockpit.connectors.mlflow.client import API, MlflowClient
from riskcockpit.connectors.mlflow.mapping import version_number
from riskcockpit.connectors.mlflow.wire import OwnPermissions, Version
from riskcockpit.connectors.reply import NotSentError, StatusError
from riskcockpit.domain.action import Action, ActionKind, Outcome, Preview, Receipt
from riskcockpit.domain.clock import Clock, rfc3339
from riskcockpit.domain.model import APPROVED, PROMOTED_TAG, REJECTED_TAG, ROLLED_BACK_TAG
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import (
    AuthenticationError,
    ForbiddenError,
    RateLimitedError,
    RetryableError,
    RiskcockpitError,
    SourceError,
)

NO_WRITER = "the source has no write credential"
_MAY_SET = frozenset({"EDIT", "MANAGE"})


@dataclass(frozen=True, slots=True)
class Move:
    """One alias of one model, from the version it must be at to the one it shall be at."""

    model: str
    alias: str
    from_version: int | None
    """None: it points nowhere yet; only a promotion may begin there."""
    to_version: int
    kind: ActionKind

    @classmethod
    def of(cls, action: Action) -> Self:
        """Read the move out of an action.

        Raises:
            SourceError: its target or params are not those of a move.
        """
        model, at, alias = action.target.rpartition("@")
        before = version_number(action.params.get("from", ""))
        after = version_number(action.params.get("to", ""))
        is_first = action.kind is ActionKind.MODEL_PROMOTE and action.params.get("from") == ""
        if not (at and model and alias) or after is None or (before is None and not is_first):
            raise SourceError(
                f'action on "{action.target}" is no move of an alias',
                hint='it needs a target MODEL@ALIAS and params "from" and "to"',
            )
        return cls(model, alias, before, after, action.kind)

    @property
    def is_rollback(self) -> bool:
        """Whether the move goes back to an older version."""
        return self.kind is ActionKind.MODEL_ROLLBACK

    @property
    def marked(self) -> tuple[int, str]:
        """Which version gets which tag of ours: the one that lost its place, or got it."""
        if self.is_rollback and self.from_version is not None:
            return self.from_version, ROLLED_BACK_TAG
        return self.to_version, PROMOTED_TAG

    @property
    def precondition(self) -> str:
        """The sentence that must hold just before sending."""
        return _stands(self, self.from_version)

    @property
    def inverse(self) -> str:
        """How it is undone; empty where the alias pointed nowhere, for none is ever deleted."""
        if self.from_version is None:
            return ""
        return f"set {self.alias} of {self.model} back to version {self.from_version}"


class AliasMover:
    """Previews, applies and observes moves of aliases on one MLflow server."""

    def __init__(
        self, reader: MlflowClient, writer: MlflowClient | None, clock: Clock, default: str
    ) -> None:
        """`default` is the permission the server grants where nothing is said."""
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._default = default

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        move = Move.of(action)
        blockers = [*self._faults(move, self._at(move)), *self._forbidden(move)]
        return Preview(
            calls=tuple(self._calls(move)),
            precondition=move.precondition,
            inverse=move.inverse,
            blockers=tuple(blockers),
        )

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`.

        Raises:
            RetryableError: nothing was sent, or the server asked to wait: nothing changed.
        """
        move = Move.of(action)
        if self._writer is None:
            return self._receipt(action, Outcome.REFUSED, NO_WRITER)
        try:
            present = self._at(move)
            faults = () if present == move.to_version else tuple(self._faults(move, present))
        except SourceError as error:
            return self._receipt(action, Outcome.REFUSED, _with_hint(error))
        if present == move.to_version:
            return self._done(action, move, self._writer, "it was there already")
        if faults:
            return self._receipt(action, Outcome.REFUSED, "; ".join(faults), move, present)
        return self._send(action, move, self._writer)

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        move = Move.of(action)
        present = self._at(move)
        if present == move.to_version:
            outcome = Outcome.DONE
        else:
            outcome = Outcome.UNKNOWN if present == move.from_version else Outcome.REFUSED
        return self._receipt(action, outcome, _stands(move, present), move, present)

    def _send(self, action: Action, move: Move, writer: MlflowClient) -> Receipt:
        try:
            writer.set_alias(move.model, move.alias, move.to_version)
        except (NotSentError, RateLimitedError):
            raise
        except (AuthenticationError, ForbiddenError, StatusError) as error:
            return self._receipt(action, Outcome.REFUSED, _with_hint(error))
        except (RetryableError, SourceError) as error:
            return self._read_back(action, move, writer, f"after {error.message}")
        return self._read_back(action, move, writer, "read back")

    def _read_back(self, action: Action, move: Move, writer: MlflowClient, how: str) -> Receipt:
        """Say what came of a write by reading the alias; `how` the write itself ended."""
        try:
            present = self._at(move)
        except (RetryableError, SourceError) as error:
            message = f"sent ({how}), but it cannot be read back: {error.message}"
            return self._receipt(action, Outcome.UNKNOWN, message)
        if present == move.to_version:
            return self._done(action, move, writer, how)
        message = f"sent ({how}), but {_stands(move, present)}"
        return self._receipt(action, Outcome.UNKNOWN, message, move, present)

    def _done(self, action: Action, move: Move, writer: MlflowClient, how: str) -> Receipt:
        """Mark the version that lost or got the place; a failed mark undoes nothing."""
        message = f"{_stands(move, move.to_version)} ({how})"
        version, key = move.marked
        try:
            if not move.is_rollback and self._is_marked(move.model, version):
                writer.delete_version_tag(move.model, version, ROLLED_BACK_TAG)
            value = f"{rfc3339(self._clock.now())} {action.id}"
            writer.set_version_tag(move.model, version, key, value)
        except (RetryableError, SourceError) as error:
            message = f"{message}; its tag {key} could not be changed: {error.message}"
        return self._receipt(action, Outcome.DONE, message, move, move.to_version)

    def _at(self, move: Move) -> int | None:
        """Return the version the alias points to now, None when it points nowhere."""
        found = self._reader.aliased(move.model, move.alias)
        return version_number(found.version) if found else None

    def _faults(self, move: Move, present: int | None) -> Iterator[str]:
        """Yield each guard that does not hold, as a sentence."""
        if present != move.from_version:
            yield f"{_stands(move, present)}, not {move.from_version}"
        before = move.from_version or 0
        if move.to_version == before:
            yield f"version {move.to_version} is where it is already"
        elif move.is_rollback is (move.to_version > before):
            side = "older" if move.is_rollback else "newer"
            yield f"version {move.to_version} is not {side} than {move.from_version}"
        yield from self._version_faults(move)

    def _version_faults(self, move: Move) -> Iterator[str]:
        target = self._reader.version(move.model, move.to_version)
        if target is None:
            yield f"{move.model} has no version {move.to_version}"
            return
        if target.status != "READY":
            yield f"version {move.to_version} is {clean_line(target.status) or 'not'} READY"
        tags = tags_of(target)
        if tags.get("validation_status") != APPROVED:
            yield f"version {move.to_version} is not approved by validation"
        if not move.is_rollback and REJECTED_TAG in tags:
            yield f"the promotion of version {move.to_version} was rejected"
        if move.is_rollback and ROLLED_BACK_TAG in tags:
            yield f"version {move.to_version} was rolled back itself"

    def _forbidden(self, move: Move) -> Iterator[str]:
        """Yield why our account may not set the alias, as far as the server tells."""
        if self._writer is None:
            yield NO_WRITER
            return
        yield from forbidden(self._writer, move.model, self._default)

    def _calls(self, move: Move) -> Iterator[str]:
        url = self._reader.http.endpoint.url(API)
        alias = {"name": move.model, "alias": move.alias}
        read = f"GET {url}/registered-models/alias?{urlencode(alias)}"
        yield read
        yield _call(
            "POST", f"{url}/registered-models/alias", {**alias, "version": str(move.to_version)}
        )
        yield read
        version, key = move.marked
        if not move.is_rollback and self._is_marked(move.model, version):
            tag = {"name": move.model, "version": str(version), "key": ROLLED_BACK_TAG}
            yield _call("DELETE", f"{url}/model-versions/delete-tag", tag)
        yield tag_call(url, move.model, version, key)

    def _is_marked(self, model: str, version: int) -> bool:
        """Whether a version carries our mark of a rollback."""
        return ROLLED_BACK_TAG in tags_of(self._reader.version(model, version))

    def _receipt(
        self,
        action: Action,
        outcome: Outcome,
        message: str,
        move: Move | None = None,
        present: int | None = None,
    ) -> Receipt:
        evidence = {move.alias: "" if present is None else str(present)} if move else {}
        return Receipt(action.id, outcome, self._clock.now(), message, evidence)


def _stands(move: Move, present: int | None) -> str:
    where = "points nowhere" if present is None else f"is version {present}"
    return f"{move.model}@{move.alias} {where}"


def tags_of(version: Version | None) -> dict[str, str]:
    """Return the tags of a version; none of one that is not there."""
    return {tag.key: tag.value for tag in version.tags} if version else {}


def _may_set(own: OwnPermissions, model: str, default: str) -> bool:
    """Whether an account may set aliases of `model`: EDIT is enough, and READ is the default."""
    granted = {
        grant.permission
        for grant in own.permissions
        if grant.resource_type == "registered_model" and grant.resource_pattern in (model, "*")
    }
    return own.is_admin or bool((granted or {default}) & _MAY_SET)


def forbidden(writer: MlflowClient, model: str, default: str) -> Iterator[str]:
    """Yield why an account may not change a model, as far as the server tells."""
    own = writer.own_permissions()
    if own is not None and not _may_set(own, model, default):
        yield f"our account has no EDIT permission on {model}"


def tag_call(url: str, model: str, version: int, key: str) -> str:
    """Return the call that sets one of our tags, for a preview."""
    value = "the moment, and the id of the action"
    body = {"name": model, "version": str(version), "key": key, "value": value}
    return _call("POST", f"{url}/model-versions/set-tag", body)


def _call(method: str, url: str, body: dict[str, str]) -> str:
    return f"{method} {url} {msgspec.json.encode(body).decode()}"


def _with_hint(error: RiskcockpitError) -> str:
    return f"{error.message}; {error.hint}" if error.hint else error.message
