"""One cycle of alerting: from what is remembered, what is so, and the time, to messages. Pure.

Every fact has exactly one fate, and every fate is counted: nothing is dropped in silence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from riskcockpit.alerts.rules import Rules
from riskcockpit.alerts.state import Alert, Delivery, State
from riskcockpit.domain.alert import AlertKind, Fact, Fate, Line, Notice, Why
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.ids import digest

KEPT = timedelta(days=31)
"""How long counts and finished messages are remembered."""
Acks = Mapping[str, tuple[datetime, str]]
"""Key of an alert → when it was last signed for, and by whom."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a cycle came to."""

    state: State
    """With the new messages waiting in it."""
    created: tuple[Delivery, ...]
    fates: Mapping[str, Fate]
    """Key of each fact → what became of it."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A fact that is to be told now, unless its owner's budget is spent."""

    alert: Alert
    why: Why
    step: int
    channel: str


def decide(
    state: State,
    facts: Iterable[Fact],
    acks: Acks,
    rules: Rules,
    now: datetime,
    *,
    context: str = "",
) -> Plan:
    """Return what is told of `facts` at `now`, and what is remembered from then on.

    `facts` are all there are now: what is not among them has ended. Two of one key count as the
    worse. The same arguments give the same plan.
    """
    here = _by_key(facts)
    past = {alert.fact.key: alert for alert in state.alerts}
    alerts = {key: _seen(past.get(key), fact, acks.get(key), now) for key, fact in here.items()}
    fates: dict[str, Fate] = {}
    calls: list[_Call] = []
    for key in sorted(alerts):
        judged = _judged(alerts[key], rules, now)
        if isinstance(judged, _Call):
            calls.append(judged)
        else:
            fates[key] = judged
    spent = _spent(state, rules, now)
    created = []
    for channel, owner, group in _grouped(calls, rules):
        told = _afforded(group, spent, owner, rules)
        fates.update({each.alert.fact.key: Fate.BUDGET for each in group})
        if not told:
            continue
        spent[owner] += 1
        created.append(_delivery(channel, owner, told, context, now))
        for place, call in enumerate(told):
            key = call.alert.fact.key
            fates[key] = Fate.GROUPED if place else Fate.SENT
            alerts[key] = _told(call, now)
    kept = [_with_fate(alerts[key], fates[key]) for key in alerts]
    gone = [_ended(alert, now) for key, alert in past.items() if key not in here]
    after = State(
        at=now,
        alerts=_in_order((*kept, *(a for a in gone if _is_remembered(a, rules, now)))),
        deliveries=(*state.deliveries, *created),
        spent=dict(spent),
        spent_day=rules.day(now).isoformat(),
        digest_day=state.digest_day,
        tally=_tallied(state.tally, fates.values(), now),
    )
    return Plan(after, tuple(created), fates)


def _by_key(facts: Iterable[Fact]) -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for fact in sorted(facts, key=_weight):
        found.setdefault(fact.key, fact)
    return found


def _weight(fact: Fact) -> tuple[object, ...]:
    """Order facts of one key, the one that counts first; equal only when they say the same."""
    said = (fact.kind, fact.owner, fact.title, fact.detail, fact.since, fact.subject)
    place = (fact.pillar, fact.asset, fact.model, fact.rule, str(fact.at_risk))
    return fact.key, fact.is_waived, -fact.severity, *said, *place


def _seen(past: Alert | None, fact: Fact, ack: tuple[datetime, str] | None, now: datetime) -> Alert:
    """Return the alert of a fact that is there now; one that came back goes on as it was."""
    if past is None:
        found = Alert(fact=fact, began_at=now, seen_at=now, raised_at=now, told_parts=())
    else:
        is_worse = fact.severity > max(past.fact.severity, past.told_severity)
        is_joined = _has_joined(past, fact) and not set(fact.parts) <= set(past.fact.parts)
        raised = now if is_worse or is_joined else past.raised_at
        known = replace(fact, since=_since(past, fact))
        told = fact.parts if past.told_parts is None else past.told_parts
        found = replace(
            past, fact=known, seen_at=now, ended_at=None, raised_at=raised, told_parts=told
        )
    if ack is not None and ack[0] >= found.raised_at:
        return replace(found, acked_at=ack[0], acked_by=ack[1])
    return replace(found, acked_at=None, acked_by="")


def _has_joined(alert: Alert, fact: Fact) -> bool:
    """Whether something is part of it now that nobody was told of, and no less grave than that."""
    is_grave = fact.severity >= alert.told_severity and alert.told_parts is not None
    return is_grave and not set(fact.parts) <= set(alert.told_parts or ())


def _since(past: Alert, fact: Fact) -> datetime:
    """Return when a fact began: of a control, which knows when it was judged, the first time."""
    if fact.kind is not AlertKind.CONTROL or past.ended_at is not None:
        return fact.since
    return min(past.fact.since, fact.since)


def _judged(alert: Alert, rules: Rules, now: datetime) -> Fate | _Call:
    fact = alert.fact
    if fact.is_waived:
        return Fate.WAIVED
    route = rules.route(fact)
    if route is None:
        return Fate.NO_ROUTE
    if alert.acked_at is not None:
        return Fate.ACKNOWLEDGED
    last = len(route.to) - 1
    step = min(alert.step, last)
    why = _why(alert, rules, now, has_next=step < last)
    if why is None:
        return Fate.DUPLICATE
    if rules.is_quiet(now) and fact.severity < rules.break_through:
        return Fate.QUIET_HOURS
    step += why is Why.ESCALATED
    return _Call(alert, why, step, route.to[step])


def _why(alert: Alert, rules: Rules, now: datetime, *, has_next: bool) -> Why | None:
    """Return why an alert is to be told now; None: it is not."""
    if alert.told_at is None:
        return Why.NEW
    severity = alert.fact.severity
    if severity > alert.told_severity or _has_joined(alert, alert.fact):
        return Why.WORSE
    is_silent = alert.step_at is not None and now - alert.step_at >= rules.escalate_after
    if has_next and is_silent and severity >= rules.escalate_least:
        return Why.ESCALATED
    return Why.STILL if now - alert.told_at >= rules.repeat_after else None


def _grouped(calls: Iterable[_Call], rules: Rules) -> list[tuple[str, str, Sequence[_Call]]]:
    """Return (channel, owner, calls of one message), the worst first in both."""
    groups: defaultdict[tuple[str, str, tuple[str, ...]], list[_Call]] = defaultdict(list)
    for call in calls:
        fact = call.alert.fact
        groups[call.channel, fact.owner, rules.group(fact)].append(call)
    for group in groups.values():
        group.sort(key=lambda call: (-call.alert.fact.severity, call.alert.fact.key))
    ordered = sorted(groups, key=lambda name: (-groups[name][0].alert.fact.severity, name))
    return [(name[0], name[1], groups[name]) for name in ordered]


def _afforded(
    group: Sequence[_Call], spent: Mapping[str, int], owner: str, rules: Rules
) -> Sequence[_Call]:
    """Return what of a message may be told: all of it within the budget, else the worst only."""
    if spent[owner] < rules.budget(owner):
        return group
    return [call for call in group if call.alert.fact.severity >= rules.break_through]


def _spent(state: State, rules: Rules, now: datetime) -> Counter[str]:
    is_today = state.spent_day == rules.day(now).isoformat()
    return Counter(dict(state.spent) if is_today else {})


def _told(call: _Call, now: datetime) -> Alert:
    alert = call.alert
    is_first = call.why in (Why.NEW, Why.WORSE, Why.ESCALATED)
    return replace(
        alert,
        told_at=now,
        told_severity=alert.fact.severity,
        told_parts=tuple(sorted({*(alert.told_parts or ()), *alert.fact.parts})),
        step=call.step,
        step_at=now if is_first else alert.step_at,
        times=alert.times + 1,
    )


def _delivery(
    channel: str, owner: str, calls: Sequence[_Call], context: str, now: datetime
) -> Delivery:
    keys = [f"{call.alert.fact.key} {call.why.value} {call.step}" for call in calls]
    notice = Notice(
        id=digest([channel, owner, rfc3339(now), *keys]),
        created_at=now,
        severity=max(call.alert.fact.severity for call in calls),
        owner=owner,
        context=context,
        lines=tuple(_line(call) for call in calls),
    )
    return Delivery(notice=notice, channel=channel, at=now)


def _line(call: _Call) -> Line:
    fact = call.alert.fact
    return Line(
        key=fact.key, why=call.why, severity=fact.severity, title=fact.title, detail=fact.detail,
        since=fact.since, owner=fact.owner, subject=fact.subject,
    )  # fmt: skip


def _with_fate(alert: Alert, fate: Fate) -> Alert:
    if fate is Fate.SENT:
        return replace(alert, fate=fate)
    held = {**alert.held, fate.value: alert.held.get(fate.value, 0) + 1}
    return replace(alert, fate=fate, held=held)


def _ended(alert: Alert, now: datetime) -> Alert:
    return alert if alert.ended_at is not None else replace(alert, ended_at=now)


def _is_remembered(alert: Alert, rules: Rules, now: datetime) -> bool:
    """Return whether what ended and comes back now would be the same alert."""
    return alert.ended_at is not None and now - alert.ended_at < rules.repeat_after


def _in_order(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    return tuple(sorted(alerts, key=lambda alert: alert.fact.key))


def _tallied(
    tally: Mapping[str, Mapping[str, int]], fates: Iterable[Fate], now: datetime
) -> dict[str, dict[str, int]]:
    hour, first = hour_of(now), hour_of(now - KEPT)
    kept = {each: dict(counts) for each, counts in tally.items() if each >= first}
    counts = Counter(kept.get(hour, {}))
    counts.update(fate.value for fate in fates)
    if counts:
        kept[hour] = dict(sorted(counts.items()))
    return kept


def hour_of(moment: datetime) -> str:
    """Return the hour of a moment, as the counts are kept by."""
    return rfc3339(moment)[:13]
