"""How any change on AWS is previewed, made and read back; what it is, a `Change` knows.

AWS has no compare-and-set, and shows many changes minutes after it took them: what it answered to
counts as on its way, never as done, until it reads so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class Standing:
    """How the thing that is changed stands now."""

    word: str
    """Its state, in the words of `Change.before` and `Change.after`."""
    is_moving: bool = False
    """It is on its way to what is wanted."""
    fault: str = ""
    """Why it will not get there; empty while it may."""
    evidence: Mapping[str, str] = field(default_factory=dict)


class Change(Protocol):
    """One change of one thing."""

    @property
    def name(self) -> str:
        """The thing in words."""
        ...

    @property
    def before(self) -> str:
        """The state it must be in; empty: any."""
        ...

    @property
    def after(self) -> str:
        """The state it shall be in."""
        ...

    @property
    def inverse(self) -> str:
        """How it is undone; empty when it cannot be."""
        ...

    def read(self) -> Standing:
        """Read how it stands."""
        ...

    def faults(self, standing: Standing) -> Iterator[str]:
        """Yield what speaks against it besides its state, as sentences; may read."""
        ...

    def calls(self) -> Iterator[str]:
        """Yield the exact calls in their order, the last one reads back."""
        ...

    def send(self) -> str:
        """Send it, once; return why it was refused, empty when it was taken."""
        ...


class Mover:
    """Previews, applies and observes changes."""

    def __init__(self, make: Callable[[Action], Change], clock: Clock, why_not: str) -> None:
        """`why_not` says why nothing may be written; empty when it may."""
        self._make = make
        self._clock = clock
        self._why_not = why_not

    def preview(self, action: Action) -> Preview:
        """See `connectors.api.Acts.preview`."""
        change = self._make(action)
        standing = change.read()
        blockers = [self._why_not] if self._why_not else []
        blockers += _faults(change, standing)
        return Preview(
            calls=tuple(change.calls()),
            precondition=f"{change.name} is {change.before or 'there'}",
            inverse=change.inverse,
            blockers=tuple(blockers),
        )

    def apply(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.apply`.

        Raises:
            RetryableError: nothing was sent, or AWS asked to wait: nothing changed.
        """
        change = self._make(action)
        if self._why_not:
            return self._receipt(action, Outcome.REFUSED, self._why_not)
        try:
            standing = change.read()
            if standing.word == change.after:
                return self._receipt(action, Outcome.DONE, "it was so already", standing)
            if standing.is_moving:
                return self._receipt(action, Outcome.PENDING_UPSTREAM, _way(change), standing)
            faults = tuple(_faults(change, standing))
        except SourceError as error:
            return self._receipt(action, Outcome.REFUSED, with_hint(error))
        if faults:
            return self._receipt(action, Outcome.REFUSED, "; ".join(faults), standing)
        return self._send(action, change)

    def observe(self, action: Action) -> Receipt:
        """See `connectors.api.Acts.observe`."""
        change = self._make(action)
        standing = change.read()
        stands = _stands(change, standing)
        if standing.word == change.after:
            return self._receipt(action, Outcome.DONE, stands, standing)
        if standing.fault:
            return self._receipt(action, Outcome.REFUSED, standing.fault, standing)
        if standing.is_moving:
            return self._receipt(action, Outcome.PENDING_UPSTREAM, _way(change), standing)
        if change.before and standing.word != change.before:
            return self._receipt(action, Outcome.REFUSED, stands, standing)
        return self._receipt(
            action, Outcome.UNKNOWN, f"{stands} still; what was sent may show only later", standing
        )

    def _send(self, action: Action, change: Change) -> Receipt:
        try:
            refusal = change.send()
        except (NotSentError, RateLimitedError):
            raise
        except (AuthenticationError, ForbiddenError, StatusError) as error:
            return self._receipt(action, Outcome.REFUSED, with_hint(error))
        except (RetryableError, SourceError) as error:
            return self._read_back(action, change, f"after {error.message}", is_taken=False)
        if refusal:
            return self._receipt(action, Outcome.REFUSED, refusal)
        return self._read_back(action, change, "read back", is_taken=True)

    def _read_back(self, action: Action, change: Change, how: str, *, is_taken: bool) -> Receipt:
        """Say what came of a write by reading; `how` the write itself ended."""
        try:
            standing = change.read()
        except (RetryableError, SourceError) as error:
            message = f"sent ({how}), but it cannot be read back: {error.message}"
            return self._receipt(action, Outcome.UNKNOWN, message)
        stands = f"{_stands(change, standing)} ({how})"
        if standing.word == change.after:
            return self._receipt(action, Outcome.DONE, stands, standing)
        if is_taken or standing.is_moving:
            message = f"AWS took it, and shows it later: {stands}"
            return self._receipt(action, Outcome.PENDING_UPSTREAM, message, standing)
        return self._receipt(action, Outcome.UNKNOWN, f"sent, but {stands}", standing)

    def _receipt(
        self, action: Action, outcome: Outcome, message: str, standing: Standing | None = None
    ) -> Receipt:
        evidence = {"state": standing.word, **standing.evidence} if standing else {}
        return receipt(self._clock, action, outcome, message, evidence)


def _faults(change: Change, standing: Standing) -> Iterator[str]:
    if change.before and standing.word != change.before:
        yield f"{_stands(change, standing)}, not {change.before}"
    yield from change.faults(standing)


def _stands(change: Change, standing: Standing) -> str:
    return f"{change.name} is {clean_line(standing.word) or 'in no state'}"


def _way(change: Change) -> str:
    return f"{change.name} is on its way to {change.after}"
