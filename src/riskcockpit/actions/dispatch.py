"""Sending decided actions upstream, and what comes of it, as entries of the ledger.

`action.sent` is written before, the receipt after. Nothing is ever sent twice blindly: an action
without a receipt is looked for upstream first. The precondition is checked by the connector at
the moment of sending.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from riskcockpit.connectors.api import Acts
from riskcockpit.domain.action import Action, ActionKind, ActionState, Outcome, Receipt
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import RetryableError, SourceError
from riskcockpit.ledger.canonical import Json
from riskcockpit.ledger.chain import Entry

DUE = frozenset({ActionState.PENDING, ActionState.SENT, ActionState.PENDING_UPSTREAM})
"""What the outbox takes care of by itself."""
RETRIED = DUE | {ActionState.UNKNOWN, ActionState.REFUSED}
"""What a person may try again."""
OPEN_UPSTREAM = frozenset({ActionState.SENT, ActionState.PENDING_UPSTREAM, ActionState.UNKNOWN})
"""What was sent, and nobody knows yet what came of it in the end."""

_ENTRY_TYPES = {
    Outcome.DONE: EntryType.ACTION_CONFIRMED,
    Outcome.PENDING_UPSTREAM: EntryType.ACTION_CONFIRMED,
    Outcome.REFUSED: EntryType.ACTION_REFUSED,
    Outcome.UNKNOWN: EntryType.ACTION_UNKNOWN,
}


class Ledger(Protocol):
    """What is needed of the journal."""

    def append(self, type_: EntryType, data: Mapping[str, Json]) -> Entry:
        """Sign an entry and write it."""
        ...


class Dispatcher:
    """Sends actions through one connector and writes down what came of it."""

    def __init__(self, connector: Acts, ledger: Ledger, clock: Clock) -> None:
        self._connector = connector
        self._ledger = ledger
        self._clock = clock

    def dispatch(self, action: Action, state: ActionState) -> Receipt:
        """Bring a due action on: send it, or look what became of it."""
        if state is ActionState.PENDING:
            return self._send(action)
        try:
            seen = self._connector.observe(action)
        except (RetryableError, SourceError) as error:
            seen = self._unreadable(action, error)
        return self._record(action, seen)

    def read_back(self, action: Action, state: ActionState, message: str) -> Receipt:
        """Look what became of an action that was sent; `message` is what is known of it.

        Nothing is sent. Only what is new is written down, so that looking often costs no entries.

        Raises:
            RetryableError, SourceError: it cannot be read now.
        """
        try:
            seen = self._connector.observe(action)
        except (RetryableError, SourceError) as error:
            if state is ActionState.SENT:
                self._record(action, self._unreadable(action, error))
            raise
        is_known = seen.outcome.value == state.value and clean_line(seen.message) == message
        return seen if is_known else self._record(action, seen)

    def retry(self, action: Action, state: ActionState) -> Receipt:
        """Try an action again for a person; it is sent again only when it was read as not done."""
        if state is ActionState.PENDING:
            return self._send(action)
        try:
            seen = self._connector.observe(action)
        except (RetryableError, SourceError) as error:
            return self._record(action, self._unreadable(action, error))
        if seen.outcome in (Outcome.UNKNOWN, Outcome.REFUSED):
            return self._send(action)  # the connector checks the precondition once more
        return self._record(action, seen)

    def _send(self, action: Action) -> Receipt:
        self._ledger.append(EntryType.ACTION_SENT, _described(action))
        try:
            receipt = self._connector.apply(action)
        except RetryableError as error:
            receipt = self._receipt(action, Outcome.UNKNOWN, f"not sent: {error.message}")
        except SourceError as error:
            receipt = self._receipt(action, Outcome.REFUSED, error.message)
        return self._record(action, receipt)

    def _unreadable(self, action: Action, error: RetryableError | SourceError) -> Receipt:
        return self._receipt(action, Outcome.UNKNOWN, f"cannot be read: {error.message}")

    def _record(self, action: Action, receipt: Receipt) -> Receipt:
        data: dict[str, Json] = {
            **_described(action),
            "outcome": receipt.outcome.value,
            "message": clean_line(receipt.message),
            "evidence": {key: clean_line(value) for key, value in receipt.evidence.items()},
        }
        self._ledger.append(_ENTRY_TYPES[receipt.outcome], data)
        if receipt.outcome is Outcome.DONE and action.kind is ActionKind.MODEL_ROLLBACK:
            self._ledger.append(EntryType.ROLLBACK_EXECUTED, _described(action))
        return receipt

    def _receipt(self, action: Action, outcome: Outcome, message: str) -> Receipt:
        return Receipt(action.id, outcome, self._clock.now(), message)


def _described(action: Action) -> dict[str, Json]:
    return {
        "action": action.id,
        "kind": action.kind.value,
        "source": action.source,
        "target": action.target,
        "model": action.target.rpartition("@")[0],
        "params": dict(action.params),
    }
