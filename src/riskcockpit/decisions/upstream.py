"""What a waiver closes upstream and what its end opens again; what a rollback silences. Pure.

The entry of a waiver lists the alerts it closes, so that whoever signs signs that list; that of a
rollback lists the silences for the version that loses its place. Nothing is kept beside it: the
actions follow from the entry, from what became of it, and from the receipts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from riskcockpit.decisions.receipts import ProjectedAction, projected_action, receipts_of
from riskcockpit.decisions.requests import Standing
from riskcockpit.domain.action import Action, ActionKind, ActionState
from riskcockpit.domain.clock import parse_utc
from riskcockpit.ledger.chain import Entry

KEY = "upstream"
"""Where the entry of a waiver lists the alerts."""
MOST_ALERTS = 100
"""A waiver that would close more upstream at once is refused."""
LONGEST_SILENCE = timedelta(hours=24)
_LEAST_LABELS = 2
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


def silences_of(ask: Entry) -> tuple[Action, ...]:
    """Return the silences in the entry of a rollback; none when one is unreadable or too wide.

    Each names the model and the version at least, and ends within a day.
    """
    found = dismissals_of(ask)
    return found if all(_is_narrow(ask, each) for each in found) else ()


def _is_narrow(ask: Entry, silence: Action) -> bool:
    if silence.kind is not ActionKind.ALERT_SILENCE:
        return False
    try:
        labels = msgspec.json.decode(silence.params.get("labels", ""), type=dict[str, str])
        until = parse_utc(silence.params.get("until", ""))
    except (msgspec.DecodeError, ValueError, OverflowError):
        return False
    return len(labels) >= _LEAST_LABELS and until <= ask.ts + LONGEST_SILENCE


def silences_after(
    rollbacks: Iterable[ProjectedAction], entries: Sequence[Entry]
) -> Iterator[ProjectedAction]:
    """Yield what rollbacks that are done silence, and the end of that where one was taken back."""
    asks = {entry.hash: entry for entry in entries if KEY in entry.data}
    known = tuple(rollbacks)
    undone = {
        str(entry.data["undoes"])
        for entry in entries
        if entry.data.get("undoes")
        and any(e.action.id == entry.hash and e.state is ActionState.DONE for e in known)
    }
    receipts = receipts_of(entries)
    for rollback in known:
        ask = asks.get(rollback.action.id)
        is_done = rollback.state is ActionState.DONE
        if ask is None or not is_done or rollback.action.kind is not ActionKind.MODEL_ROLLBACK:
            continue
        for silence in silences_of(ask):
            made = receipts.get(silence.id, ())
            is_undone = rollback.action.id in undone
            if is_undone and not made:
                continue
            unsent = (ActionState.PENDING, "decided, not sent yet", rollback.updated_at)
            closed = projected_action(ask, silence, rollback.standing, unsent, made)
            yield closed
            if is_undone and closed.state in _REACHED:
                order = _Order(silence.source, silence.target, {"silenced_by": silence.id})
                end = _action(ask, ActionKind.ALERT_UNSILENCE, order)
                words = (ActionState.PENDING, "the rollback was taken back", rollback.updated_at)
                yield projected_action(ask, end, rollback.standing, words, receipts.get(end.id, ()))


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
