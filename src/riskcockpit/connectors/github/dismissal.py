"""Dismissing an alert for as long as a waiver runs, and opening it again, with read-back.

GitHub has no compare-and-set and keeps no end of a dismissal. Where dismissals are delegated it
answers 200 and leaves the alert open until somebody there agrees: only the state counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import msgspec

from riskcockpit.connectors.github.client import GithubClient
from riskcockpit.connectors.github.kinds import (
    DEPENDABOT,
    DISMISSED,
    OPEN,
    SECRET_SCANNING,
    AlertRef,
)
from riskcockpit.connectors.github.wire import AlertState
from riskcockpit.connectors.receipts import answered, receipt, with_hint
from riskcockpit.connectors.reply import NotSentError, StatusError
from riskcockpit.connectors.waiving import is_ours
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

_DENIED = frozenset({"denied", "rejected", "cancelled", "expired"})
_DELEGATED_HINT = (
    "where dismissals are delegated, set `delegated: true` in the options of the source"
)


@dataclass(frozen=True, slots=True)
class Change:
    """One alert, from the state it must be in to the one it shall be in."""

    alert: AlertRef
    is_dismissal: bool
    reason: str = ""
    comment: str = ""

    @classmethod
    def of(cls, action: Action) -> Self:
        """Read the change out of an action.

        Raises:
            SourceError: its target is no alert, or its reason none that GitHub knows.
        """
        alert = AlertRef.of(action.target)
        if action.kind is ActionKind.ALERT_REOPEN:
            return cls(alert, is_dismissal=False)
        reason = action.params.get("reason", "")
        if action.kind is not ActionKind.ALERT_DISMISS or reason not in alert.kind.reasons.values():
            raise SourceError(f'"{action.kind.value}" of {action.target} for "{reason}": unknown')
        return cls(
            alert, is_dismissal=True, reason=reason, comment=action.params.get("comment", "")
        )

    @property
    def before(self) -> str:
        """The state the alert must be in."""
        return OPEN if self.is_dismissal else DISMISSED

    @property
    def after(self) -> str:
        """The state it shall be in."""
        return DISMISSED if self.is_dismissal else OPEN


class AlertMover:
    """Previews, applies and observes dismissals of alerts on one GitHub."""

    def __init__(
        self,
        reader: GithubClient,
        writer: GithubClient | None,
        clock: Clock,
        *,
        why_not: str,
        is_delegated: bool,
    ) -> None:
        """`why_not` says why nothing may be written; empty when it may."""
        self._reader = reader
        self._writer = writer
        self._clock = clock
        self._why_not = why_not
        self._is_delegated = is_delegated

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        change = Change.of(action)
        state = self._state(change)
        blockers = [self._why_not] if self._why_not else []
        blockers += self._faults(change, state)
        undo = "open it again" if change.is_dismissal else ""
        return Preview(
            calls=tuple(self._calls(change)),
            precondition=f"{action.target} is {change.before}",
            inverse=f"{undo}: PATCH {self._url(change)} {_body({'state': OPEN})}" if undo else "",
            blockers=tuple(blockers),
        )

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`.

        Raises:
            RetryableError: nothing was sent, or GitHub asked to wait: nothing changed.
        """
        change = Change.of(action)
        if self._writer is None or self._why_not:
            return self._receipt(action, Outcome.REFUSED, self._why_not or "nothing may be written")
        try:
            state = self._state(change)
        except SourceError as error:
            return self._receipt(action, Outcome.REFUSED, with_hint(error))
        if self._word(change, state) == change.after:
            return self._receipt(action, Outcome.DONE, "it was so already", state)
        if faults := tuple(self._faults(change, state)):
            return self._receipt(action, Outcome.REFUSED, "; ".join(faults), state)
        if change.is_dismissal and self._is_delegated and self._is_asked_for(change, state):
            return self._receipt(action, Outcome.PENDING_UPSTREAM, _WAITS, state)
        return self._send(action, change, self._writer)

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        change = Change.of(action)
        state = self._state(change)
        word = self._word(change, state)
        if word == change.after:
            return self._receipt(action, Outcome.DONE, _stands(change, word), state)
        if word != change.before:
            return self._receipt(action, Outcome.REFUSED, _stands(change, word), state)
        if change.is_dismissal:
            asked = self._request(change, state)
            if asked in _DENIED:
                return self._receipt(action, Outcome.REFUSED, f"the dismissal is {asked}", state)
            if asked:
                return self._receipt(action, Outcome.PENDING_UPSTREAM, _WAITS, state)
        return self._receipt(action, Outcome.UNKNOWN, f"{_stands(change, word)} still", state)

    def _send(self, action: Action, change: Change, writer: GithubClient) -> Receipt:
        method, path, body = self._call(change)
        try:
            send = writer.change if method == "PATCH" else writer.create
            send(path, body)
        except (NotSentError, RateLimitedError):
            raise
        except (AuthenticationError, ForbiddenError, StatusError) as error:
            message = with_hint(error)
            if change.is_dismissal and not self._is_delegated and answered(error, 400, 403):
                message = f"{message}; {_DELEGATED_HINT}"
            return self._receipt(action, Outcome.REFUSED, message)
        except (RetryableError, SourceError) as error:
            return self._read_back(action, change, f"after {error.message}", is_answered=False)
        return self._read_back(action, change, "read back", is_answered=True)

    def _read_back(self, action: Action, change: Change, how: str, *, is_answered: bool) -> Receipt:
        """Say what came of a write by reading the alert; `how` the write itself ended."""
        try:
            state = self._state(change)
            word = self._word(change, state)
            waits = (
                change.is_dismissal
                and word == OPEN
                and (is_answered or (self._is_delegated and self._is_asked_for(change, state)))
            )
        except (RetryableError, SourceError) as error:
            message = f"sent ({how}), but it cannot be read back: {error.message}"
            return self._receipt(action, Outcome.UNKNOWN, message)
        if word == change.after:
            return self._receipt(action, Outcome.DONE, f"{_stands(change, word)} ({how})", state)
        if waits:
            return self._receipt(action, Outcome.PENDING_UPSTREAM, f"{_WAITS} ({how})", state)
        message = f"sent ({how}), but {_stands(change, word)}"
        return self._receipt(action, Outcome.UNKNOWN, message, state)

    def _state(self, change: Change) -> AlertState:
        return self._reader.alert(change.alert.path)

    def _word(self, change: Change, state: AlertState) -> str:
        return clean_line(change.alert.kind.word(state.state))

    def _request(self, change: Change, state: AlertState) -> str:
        """Return how the request to dismiss the alert stands; empty when nobody asked."""
        if state.dismissal_request is not None:
            return state.dismissal_request.status.lower()
        alert = change.alert
        found = self._reader.dismissal_request(alert.repository, alert.kind.name, alert.number)
        return found.status.lower() if found else ""

    def _is_asked_for(self, change: Change, state: AlertState) -> bool:
        asked = self._request(change, state)
        return bool(asked) and asked not in _DENIED

    def _faults(self, change: Change, state: AlertState) -> Iterator[str]:
        word = self._word(change, state)
        if word != change.before:
            yield f"{_stands(change, word)}, not {change.before}"
        comment = state.dismissed_comment or state.resolution_comment or ""
        if word == DISMISSED and not change.is_dismissal and not is_ours(comment):
            yield f"{change.alert.target} was dismissed by somebody else"

    def _call(self, change: Change) -> tuple[str, str, dict[str, object]]:
        """Return the one call that changes the alert: method, path and body."""
        alert = change.alert
        if not change.is_dismissal:
            return "PATCH", alert.path, {"state": OPEN}
        if self._is_delegated and alert.kind is DEPENDABOT:
            body = DEPENDABOT.dismissal(change.reason, change.comment, is_delegated=True)
            body.pop("state")
            path = f"/repos/{alert.repository}/dismissal-requests/dependabot/{alert.number}"
            return "POST", path, body
        body = alert.kind.dismissal(change.reason, change.comment, is_delegated=self._is_delegated)
        return "PATCH", alert.path, body

    def _calls(self, change: Change) -> Iterator[str]:
        hidden = "?hide_secret=true" if change.alert.kind is SECRET_SCANNING else ""
        method, path, body = self._call(change)
        yield f"GET {self._url(change)}{hidden}"
        yield f"{method} {self._reader.http.endpoint.url(path)} {_body(body)}"
        yield f"GET {self._url(change)}{hidden}"

    def _url(self, change: Change) -> str:
        return self._reader.http.endpoint.url(change.alert.path)

    def _receipt(
        self, action: Action, outcome: Outcome, message: str, state: AlertState | None = None
    ) -> Receipt:
        evidence = {"state": clean_line(state.state)} if state else {}
        return receipt(self._clock, action, outcome, message, evidence)


_WAITS = "the dismissal waits for a reviewer on GitHub"


def _stands(change: Change, word: str) -> str:
    return f"{change.alert.target} is {word or 'in no state'}"


def _body(body: dict[str, object]) -> str:
    return msgspec.json.encode(body).decode()
