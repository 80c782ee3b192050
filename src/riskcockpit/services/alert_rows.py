"""From what alerting remembers to what is shown of it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime

from riskcockpit.alerts.decide import hour_of
from riskcockpit.alerts.rules import Rules
from riskcockpit.alerts.state import Alert, Delivery, DeliveryState, State
from riskcockpit.domain.ids import digest, short
from riskcockpit.views.alerts import AlertRow, DeliveryRow, DigestView

_ARRIVED = (DeliveryState.DONE, DeliveryState.UNKNOWN)


def alert_row(alert: Alert, rules: Rules, messages: Sequence[Delivery] = ()) -> AlertRow:
    """Return one alert as it is shown, with what became of the `messages` that tell it."""
    fact = alert.fact
    route = rules.route(fact)
    arrived = [each.at for each in messages if each.state in _ARRIVED]
    times = max(0, alert.times - (len(messages) - len(arrived)))
    newest = max(messages, key=lambda each: each.notice.created_at, default=None)
    return AlertRow(
        id=short(digest([fact.key])),
        key=fact.key,
        kind=fact.kind.value,
        severity=fact.severity.word,
        title=fact.title,
        detail=fact.detail,
        owner=fact.owner,
        since=fact.since,
        fate="ended" if alert.ended_at else alert.fate.value,
        told_at=max(arrived, default=alert.told_at) if times else None,
        times=times,
        unsent=newest.state.value if newest is not None and _was_refused(newest) else "",
        recipient=route.to[min(alert.step, len(route.to) - 1)] if route else "",
        acked_at=alert.acked_at,
        acked_by=alert.acked_by,
        ended_at=alert.ended_at,
        held=dict(sorted(alert.held.items())),
        at_risk=fact.at_risk,
        subject=fact.subject,
    )


def _was_refused(delivery: Delivery) -> bool:
    is_waiting = delivery.state is DeliveryState.WAITING and delivery.attempts > 0
    return is_waiting or delivery.state is DeliveryState.FAILED


def alert_rows(state: State, rules: Rules) -> tuple[AlertRow, ...]:
    """Return all alerts, the worst first, what ended last."""
    messages: defaultdict[str, list[Delivery]] = defaultdict(list)
    for delivery in state.deliveries:
        for line in delivery.notice.lines:
            messages[line.key].append(delivery)
    ordered = sorted(
        state.alerts,
        key=lambda alert: (alert.ended_at is not None, -alert.fact.severity, alert.fact.key),
    )
    return tuple(alert_row(alert, rules, messages[alert.fact.key]) for alert in ordered)


def delivery_row(delivery: Delivery) -> DeliveryRow:
    """Return one message as it is shown."""
    notice = delivery.notice
    return DeliveryRow(
        id=short(notice.id),
        channel=delivery.channel,
        state=delivery.state.value,
        severity=notice.severity.word,
        owner=notice.owner,
        headline=notice.headline,
        alerts=tuple(line.key for line in notice.lines),
        created_at=notice.created_at,
        at=delivery.at,
        attempts=delivery.attempts,
        message=delivery.message,
    )


def digest_of(
    state: State, rules: Rules, since: datetime, until: datetime, context: str
) -> DigestView:
    """Return what there is at `until`, and what was told and held back since `since`."""
    rows = alert_rows(state, rules)
    fates: Counter[str] = Counter()
    for hour, counts in state.tally.items():
        if hour_of(since) <= hour <= hour_of(until):
            fates.update(counts)
    return DigestView(
        since=since,
        until=until,
        context=context,
        open=tuple(row for row in rows if row.ended_at is None),
        ended=tuple(row for row in rows if row.ended_at is not None and row.ended_at >= since),
        fates=dict(sorted(fates.items())),
        deliveries=tuple(
            delivery_row(each)
            for each in state.deliveries
            if since <= each.notice.created_at <= until
        ),
    )
