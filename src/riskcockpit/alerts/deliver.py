"""What is sent when: which messages are due, and what an attempt leaves of one. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from riskcockpit.alerts.decide import KEPT
from riskcockpit.alerts.rules import Rules
from riskcockpit.alerts.state import Alert, Delivery, DeliveryState, State

MOST_ATTEMPTS = 100
LONGEST_PAUSE = timedelta(minutes=15)
"""Between two attempts; all of them take a day."""
_FIRST_PAUSE = timedelta(minutes=1)
_DOUBLINGS = 8
"""More of them are beyond the longest pause anyway."""
_OPEN = (DeliveryState.WAITING, DeliveryState.SENDING)


def recovered(state: State, repeatable: Collection[str], now: datetime) -> State:
    """Return `state` after a process ended while it was sending.

    A channel of `repeatable` gets the message again under its id, by which the receiver knows a
    repetition; of any other nobody knows whether it was delivered.
    """
    return replace(
        state,
        deliveries=tuple(
            each
            if each.state is not DeliveryState.SENDING
            else replace(each, state=DeliveryState.WAITING, at=now)
            if each.channel in repeatable
            else replace(
                each,
                state=DeliveryState.UNKNOWN,
                at=now,
                message="the process ended while it was sent",
            )
            for each in state.deliveries
        ),
    )


def due(
    state: State, rules: Rules, now: datetime, *, at_once: bool = False
) -> tuple[State, tuple[Delivery, ...]]:
    """Return the state without what need not be sent any more, and what is to be sent now.

    In quiet hours only what breaks through is due, also when an earlier attempt failed. After each
    attempt that failed there is a pause, twice as long each time, unless all is sent `at_once`.
    """
    kept = tuple(
        _superseded(each, state, now)
        for each in state.deliveries
        if each.state in _OPEN or now - each.at < KEPT
    )
    is_quiet = rules.is_quiet(now)
    ready = tuple(
        each
        for each in kept
        if each.state is DeliveryState.WAITING
        and (not is_quiet or each.notice.severity >= rules.break_through)
        and (at_once or now - each.at >= _pause(each.attempts))
    )
    return replace(state, deliveries=kept), ready


def marked(state: State, delivery: Delivery) -> State:
    """Return `state` with `delivery` in place of that with its id and channel."""
    return replace(
        state,
        deliveries=tuple(
            delivery
            if (each.notice.id, each.channel) == (delivery.notice.id, delivery.channel)
            else each
            for each in state.deliveries
        ),
    )


def attempted(delivery: Delivery, outcome: DeliveryState, message: str, now: datetime) -> Delivery:
    """Return a message after an attempt; one that was refused too often is given up."""
    attempts = delivery.attempts + 1
    if outcome is DeliveryState.WAITING and attempts >= MOST_ATTEMPTS:
        outcome = DeliveryState.FAILED
    return replace(delivery, state=outcome, attempts=attempts, at=now, message=message)


def _pause(attempts: int) -> timedelta:
    """Return how long a message waits after so many attempts that failed."""
    if not attempts:
        return timedelta()
    return min(LONGEST_PAUSE, _FIRST_PAUSE * (1 << min(attempts - 1, _DOUBLINGS)))


def _is_over(alert: Alert) -> bool:
    return alert.ended_at is not None or alert.acked_at is not None or alert.fact.is_waived


def _superseded(delivery: Delivery, state: State, now: datetime) -> Delivery:
    if delivery.state is not DeliveryState.WAITING or not delivery.notice.lines:
        return delivery
    alerts = {alert.fact.key: alert for alert in state.alerts}
    about = [alerts.get(line.key) for line in delivery.notice.lines]
    if not all(alert is None or _is_over(alert) for alert in about):
        return delivery
    why = "what it tells ended, was acknowledged or waived before it was sent"
    return replace(delivery, state=DeliveryState.SUPERSEDED, at=now, message=why)
