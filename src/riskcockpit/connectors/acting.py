"""Changing one thing upstream: read, check, send once, read back.

What is changed, and how it is read and sent, a `Change` says. A refusal is a receipt; a doubt is
resolved by reading, and never told as a success.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar, runtime_checkable

from riskcockpit.connectors.receipts import receipt, with_hint
from riskcockpit.connectors.reply import NotSentError, StatusError
from riskcockpit.domain.action import Action, Outcome, Preview, Receipt
from riskcockpit.domain.clock import Clock
from riskcockpit.errors import (
    AuthenticationError,
    ForbiddenError,
    RateLimitedError,
    RetryableError,
    SourceError,
)

S = TypeVar("S")
S_contra = TypeVar("S_contra", contravariant=True)


class DeniedError(SourceError):
    """The source answered a write with a refusal in words, whatever its status: nothing changed."""


class Change(Protocol[S]):
    """One thing upstream that an action changes; `S` is how it stands."""

    @property
    def precondition(self) -> str:
        """The sentence that must hold when it is sent."""
        ...

    @property
    def inverse(self) -> str:
        """How it is undone; empty when it cannot be."""
        ...

    def read(self) -> S:
        """Return how it stands upstream; raises as `HttpClient.get`."""
        ...

    def stands(self, state: S) -> str:
        """Return the state in one clean sentence."""
        ...

    def evidence(self, state: S) -> Mapping[str, str]:
        """Return what of the state goes into the receipt."""
        ...

    def is_done(self, state: S) -> bool:
        """Whether it is as the action wants it."""
        ...

    def faults(self, state: S) -> Iterable[str]:
        """Return why it cannot be changed from there; none when it can."""
        ...

    def calls(self, state: S) -> Iterable[str]:
        """Return the exact calls that are made, in their order, without credentials."""
        ...

    def send(self, state: S) -> None:
        """Make the change, once.

        Raises:
            DeniedError: it was refused in words. Else as `HttpClient.write`.
        """
        ...


@runtime_checkable
class Lasts(Protocol[S_contra]):
    """The capability of a change that takes its time there, and may fail there in the end."""

    def outcome(self, state: S_contra, *, is_sent: bool) -> Outcome | None:
        """Return what the change came to when it is not done; None: nothing is known of it.

        `pending_upstream` while it is under way. Only when it `is_sent` may a failure that shows
        be that of our change: `refused`.
        """
        ...


class Performer:
    """Previews, applies and observes changes on one upstream system."""

    def __init__(self, clock: Clock, why_not: str) -> None:
        """`why_not` says why nothing may be written; empty when it may."""
        self._clock = clock
        self._why_not = why_not

    def preview(self, change: Change[S]) -> Preview:
        """See `connectors.api.Acts.preview`."""
        state = change.read()
        blockers = [self._why_not] if self._why_not else []
        return Preview(
            calls=tuple(change.calls(state)),
            precondition=change.precondition,
            inverse=change.inverse,
            blockers=(*blockers, *change.faults(state)),
        )

    def apply(self, action: Action, change: Change[S]) -> Receipt:
        """See `connectors.api.Acts.apply`.

        Raises:
            RetryableError: nothing was sent, or the source asked to wait: nothing changed.
        """
        if self._why_not:
            return receipt(self._clock, action, Outcome.REFUSED, self._why_not)
        try:
            state = change.read()
        except SourceError as error:
            return receipt(self._clock, action, Outcome.REFUSED, with_hint(error))
        if change.is_done(state):
            return self._receipt(action, change, state, Outcome.DONE, "it was so already")
        if outcome := _meanwhile(change, state, is_sent=False):
            return self._receipt(action, change, state, outcome, f"{change.stands(state)} already")
        if faults := tuple(change.faults(state)):
            return self._receipt(action, change, state, Outcome.REFUSED, "; ".join(faults))
        return self._send(action, change, state)

    def observe(self, action: Action, change: Change[S]) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        state = change.read()
        stands = change.stands(state)
        if change.is_done(state):
            return self._receipt(action, change, state, Outcome.DONE, stands)
        if outcome := _meanwhile(change, state, is_sent=True):
            return self._receipt(action, change, state, outcome, stands)
        if any(change.faults(state)):
            return self._receipt(action, change, state, Outcome.REFUSED, stands)
        return self._receipt(action, change, state, Outcome.UNKNOWN, f"{stands} still")

    def _send(self, action: Action, change: Change[S], state: S) -> Receipt:
        try:
            change.send(state)
        except (NotSentError, RateLimitedError):
            raise
        except (AuthenticationError, DeniedError, ForbiddenError, StatusError) as error:
            return receipt(self._clock, action, Outcome.REFUSED, with_hint(error))
        except (RetryableError, SourceError) as error:
            return self._read_back(action, change, f"after {error.message}")
        return self._read_back(action, change, "read back")

    def _read_back(self, action: Action, change: Change[S], how: str) -> Receipt:
        """Say what came of a write by reading; `how` the write itself ended."""
        try:
            state = change.read()
            stands = change.stands(state)
        except (RetryableError, SourceError) as error:
            message = f"sent ({how}), but it cannot be read back: {error.message}"
            return receipt(self._clock, action, Outcome.UNKNOWN, message)
        if change.is_done(state):
            return self._receipt(action, change, state, Outcome.DONE, f"{stands} ({how})")
        if outcome := _meanwhile(change, state, is_sent=True):
            return self._receipt(action, change, state, outcome, f"{stands} ({how})")
        message = f"sent ({how}), but {stands}"
        return self._receipt(action, change, state, Outcome.UNKNOWN, message)

    def _receipt(
        self, action: Action, change: Change[S], state: S, outcome: Outcome, message: str
    ) -> Receipt:
        return receipt(self._clock, action, outcome, message, change.evidence(state))


def _meanwhile(change: Change[S], state: S, *, is_sent: bool) -> Outcome | None:
    return change.outcome(state, is_sent=is_sent) if isinstance(change, Lasts) else None
