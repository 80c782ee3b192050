"""What a waiver closes upstream, and what its end opens again. Pure.

The entry of a waiver lists the alerts it closes, so that whoever signs signs that list. Nothing is
kept beside it: the actions follow from the entry, from what became of it, and from the receipts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from riskcockpit.decisions.receipts import ProjectedAction, projected_action, receipts_of
from riskcockpit.decisions.requests import Standing
from riskcockpit.domain.action import Action, ActionKind, ActionState
from riskcockpit.ledger.chain import Entry

KEY = "upstream"
"""Where the entry of a waiver lists the alerts."""
MOST_ALERTS = 100
"""A waiver that would close more upstream at once is refused."""
_REACHED = frozenset(
    {ActionState.SENT, ActionState.DONE, ActionState.PENDING_UPSTREAM, ActionState.UNKNOWN}
)
"""States of a dismissal that may have taken effect."""


_CLOSING = frozenset({ActionKind.ALERT_DISMISS, ActionKind.ALERT_SILENCE})


class _Order(msgspec.Struct, frozen=True):
    source: str
    target: str
    params: dict[str, str]
    kind: ActionKind = ActionKind.ALERT_DISMISS
    """Older entries know dismissals alone."""


def as_data(actions: Iterable[Action]) -> list[dict[str, Any]]:
    """Return dismissals and silences as they stand in the entry of a waiver."""
    return [
        {
            "kind": each.kind.value,
            "source": each.source,
            "target": each.target,
            "params": dict(each.params),
        }
        for each in actions
    ]


def dismissals_of(ask: Entry) -> tuple[Action, ...]:
    """Return the dismissals and silences in the entry of a waiver; none when one is unreadable."""
    try:
        orders = msgspec.convert(ask.data.get(KEY, []), list[_Order])
    except msgspec.ValidationError:
        return ()
    if len(orders) > MOST_ALERTS or any(order.kind not in _CLOSING for order in orders):
        return ()
    return tuple(_action(ask, order.kind, order) for order in orders)


class Held(msgspec.Struct, frozen=True):
    """A waiver, as far as its alerts go."""

    ask: Entry
    standing: Standing
    is_granted: bool
    """It is in force."""
    is_over: bool
    """It was in force, and ended."""
    stopped_at: datetime | None = None
    """When it ended before its time, or was suspended; aware UTC."""


def alert_actions(held: Sequence[Held], entries: Iterable[Entry]) -> Iterator[ProjectedAction]:
    """Yield what waivers in force close, and what the end of others opens again.

    What ended before it was sent is never sent. What another waiver still covers stays closed. A
    silence ends by itself with its waiver; it is ended before only when the waiver is.
    """
    receipts = receipts_of(entries)
    covered = {
        (each.source, each.target)
        for one in held
        if one.is_granted
        for each in dismissals_of(one.ask)
    }
    for one in held:
        for dismissal in dismissals_of(one.ask):
            closed = _dismissal(one, dismissal, receipts)
            if closed is None:
                continue
            yield closed
            if not one.is_over or closed.state not in _REACHED:
                continue
            if dismissal.kind is ActionKind.ALERT_SILENCE:
                if one.stopped_at is not None:
                    yield _unsilencing(one, dismissal, receipts)
            elif (dismissal.source, dismissal.target) not in covered:
                yield _reopening(one, dismissal, receipts)


def _dismissal(
    one: Held, action: Action, receipts: Mapping[str, Sequence[Entry]]
) -> ProjectedAction | None:
    known = receipts.get(action.id, ())
    if not known and not one.is_granted:
        return None
    at = one.standing.decided_at or one.ask.ts
    unsent = (ActionState.PENDING, "decided, not sent yet", at)
    return projected_action(one.ask, action, one.standing, unsent, known)


def _reopening(
    one: Held, dismissal: Action, receipts: Mapping[str, Sequence[Entry]]
) -> ProjectedAction:
    order = _Order(dismissal.source, dismissal.target, dict(_turned(dismissal.params)))
    return _after(one, _action(one.ask, ActionKind.ALERT_REOPEN, order), receipts)


def _unsilencing(
    one: Held, silence: Action, receipts: Mapping[str, Sequence[Entry]]
) -> ProjectedAction:
    order = _Order(silence.source, silence.target, {"silenced_by": silence.id})
    return _after(one, _action(one.ask, ActionKind.ALERT_UNSILENCE, order), receipts)


def _after(one: Held, action: Action, receipts: Mapping[str, Sequence[Entry]]) -> ProjectedAction:
    """Return what follows from the end of a waiver."""
    at = one.stopped_at or one.ask.ts
    unsent = (ActionState.PENDING, "its waiver ended, not sent yet", at)
    return projected_action(one.ask, action, one.standing, unsent, receipts.get(action.id, ()))


def _turned(params: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "from", params.get("to", "")
    yield "to", params.get("from", "")


def _action(ask: Entry, kind: ActionKind, order: _Order) -> Action:
    """Return the action, with an id that follows from its decision."""
    parts = "\n".join((ask.hash, kind.value, order.source, order.target))
    id_ = hashlib.sha256(parts.encode()).hexdigest()
    return Action(id_, kind, order.source, order.target, order.params)
