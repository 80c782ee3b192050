"""Incidents by rule: opened from alarms, joined, ended and escalated; every step a signed entry.

Part of every sync and of every publish of the watch. Nothing is kept beside the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.incidents import IncidentRule
from riskcockpit.decisions.containment import Containment
from riskcockpit.decisions.incidents import INCIDENT
from riskcockpit.decisions.notes import NoteKind
from riskcockpit.decisions.project import Projection
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.incident import Incident
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import RiskcockpitError
from riskcockpit.ingest.watched import STALE
from riskcockpit.present.text import stamp
from riskcockpit.services.automatic import record
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.incident_alerts import escalation_of, way_out
from riskcockpit.services.incident_files import rules_in_force
from riskcockpit.services.record import examined, projected
from riskcockpit.store.sql import sql

MOST_ALERTS = 200
"""Alarms that one entry names; the rest joins with the next."""
_WHILE = timedelta(hours=1)
"""How long before its alarm was published automation may have answered it."""
_SKEW = timedelta(minutes=1)
"""How far the clocks of monitors may be ahead of ours before a fault of before counts as new."""


@dataclass(frozen=True, slots=True)
class _Alarm:
    """A finding that may belong to an incident."""

    id: str
    finding_class: FindingClass
    tool: str
    severity: Severity
    subject: str
    title: str
    owner: str
    detected_at: datetime
    ended_at: datetime | None
    began_at: datetime
    """When it began, or last began again; by the clock of who measured it."""
    rule: str


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is to be signed."""

    kind: NoteKind
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


def advance(ctx: Context) -> str:
    """Sign what follows from the alarms of the published cache; return why not, or nothing."""
    try:
        steps = due_steps(ctx)
        if steps:
            desk = Desk(ctx)
            for step in steps:
                record(desk, step.kind, step.text, step.data)
    except RiskcockpitError as error:
        return error.message
    return ""


def due_steps(ctx: Context) -> tuple[Step, ...]:
    """Return what is to be signed now.

    Raises:
        ConfigError: the rules cannot be used.
        LedgerError, StoreError: ledger or cache cannot be read.
    """
    if not ctx.store.exists():
        return ()
    now = ctx.clock.now()
    projection = projected(ctx, examined(ctx), now)
    running = [each for each in projection.incidents if _goes_on(each)]
    ids = sorted({alert for each in running for alert in each.alerts})
    with ctx.store.reader() as reader:
        rows = reader.rows(sql("services", "incident_alarms"), ids=ids)
        owners = dict(reader.rows(sql("services", "incident_owners")))
    alarms = {row[0]: _alarm(row) for row in rows}
    if not alarms and not running:
        return ()
    rules = rules_in_force(ctx.paths)
    return (
        *_opened(rules, alarms.values(), projection, owners, now),
        *_ended(rules, running, alarms, now),
        *_reopened(rules, running, alarms, now),
        *_harming(running, alarms, projection.containments),
        *_escalated(ctx, rules, running, now),
    )


def _alarm(row: Sequence[Any]) -> _Alarm:
    id_, class_, tool, severity, *rest = row
    return _Alarm(id_, FindingClass(class_), tool, Severity(severity), *rest)


def _opened(
    rules: Sequence[IncidentRule],
    alarms: Iterable[_Alarm],
    projection: Projection,
    owners: Mapping[str, str],
    now: datetime,
) -> Iterator[Step]:
    """Yield an opening for each subject with alarms that are in no incident yet, or a joining."""
    groups: defaultdict[tuple[str, str], list[_Alarm]] = defaultdict(list)
    by_id = {rule.id: rule for rule in rules}
    running = [each for each in projection.incidents if _goes_on(each)]
    newest = {alert: each for each in projection.incidents for alert in each.alerts}
    returned = {c.model: c.until for c in projection.containments if c.until is not None}
    for alarm in alarms:
        rule = next((rule for rule in rules if _fits(rule, alarm)), None)
        is_kept = _is_kept(newest.get(alarm.id), alarm, returned.get(alarm.subject))
        if rule is not None and alarm.ended_at is None and not is_kept:
            groups[rule.id, alarm.subject].append(alarm)
    over = (each for each in projection.incidents if each.resolved_at is not None)
    ends = {
        (each.rule, each.subject): each.resolved_at
        for each in sorted(over, key=lambda each: each.resolved_at or each.detected_at)
    }
    for (rule_id, subject), found in groups.items():
        chosen = found[:MOST_ALERTS]
        known = next((i for i in running if (i.rule, i.subject) == (rule_id, subject)), None)
        ids = [alarm.id for alarm in chosen]
        if known is not None:
            data = {INCIDENT: known.id, "subject": subject, "alerts": ids}
            yield Step(NoteKind.INCIDENT_JOINED, f"{subject}: {chosen[0].title}", data)
            continue
        rule = by_id[rule_id]
        detected = _detected(
            subject, chosen, projection, ends.get((rule_id, subject)), returned.get(subject)
        )
        review = parse_duration(rule.review_within) if rule.review_within else timedelta()
        yield Step(
            NoteKind.INCIDENT_OPENED,
            f"{subject}: {rule.title}: {chosen[0].title}",
            {
                "incident_rule": rule.id,
                "subject": subject,
                "title": f"{subject}: {rule.title}",
                "severity": max(alarm.severity for alarm in chosen).word,
                "owner": rule.owner or chosen[0].owner or owners.get(subject, ""),
                "alerts": ids,
                "detected_at": rfc3339(min(detected, now)),
                "acknowledge_due_at": rfc3339(now + parse_duration(rule.acknowledge_within)),
                "review_seconds": int(review.total_seconds()),
            },
        )


def _is_kept(incident: Incident | None, alarm: _Alarm, returned: datetime | None) -> bool:
    """Whether an alarm belongs to an incident.

    One that came back after its end does not, and neither does one whose cause did: the version at
    fault, which serves again since `returned`.
    """
    if incident is None or incident.resolved_at is None or incident.is_despite_alarms:
        return incident is not None
    last = max(filter(None, (alarm.detected_at, returned)))
    return last <= incident.resolved_at


def _fits(rule: IncidentRule, alarm: _Alarm) -> bool:
    floor = Severity.from_word(rule.severity)
    return (
        (not rule.classes or alarm.finding_class in rule.classes)
        and (not rule.tools or alarm.tool in rule.tools)
        and floor is not None
        and alarm.severity >= floor
    )


def _detected(
    subject: str,
    alarms: Sequence[_Alarm],
    projection: Projection,
    ended: datetime | None,
    returned: datetime | None,
) -> datetime:
    """Return when it was detected: automation may have answered before the alarm was published.

    What follows an incident that `ended` was detected after that, if only because the version at
    fault has `returned`.
    """
    first = min(alarm.detected_at for alarm in alarms)
    answered = [each.at for each in projection.automation.asked if each.model == subject]
    moments = [first, *(at for at in answered if first - _WHILE <= at)]
    if ended is None:
        return min(moments)
    later = [*(alarm.detected_at for alarm in alarms), *moments, *([returned] if returned else [])]
    return min((at for at in later if at > ended), default=first)


def _ended(
    rules: Sequence[IncidentRule],
    running: Sequence[Incident],
    alarms: Mapping[str, _Alarm],
    now: datetime,
) -> Iterator[Step]:
    quiet = {rule.id: parse_duration(rule.resolve_after) for rule in rules}
    for each in running:
        ends = [alarms[alert].ended_at for alert in each.alerts if alert in alarms]
        known = [end for end in ends if end is not None]
        if not known or len(known) < len(ends) or each.rule not in quiet:
            continue
        last = max(known)
        if now - last < quiet[each.rule]:
            continue
        data = {INCIDENT: each.id, "subject": each.subject, "ended": True, "at": rfc3339(last)}
        which = "its alarm" if len(ends) == 1 else f"all {len(ends)} alarms"
        text = f"{each.subject}: {which} ended at {stamp(last)}"
        yield Step(NoteKind.INCIDENT_RESOLVED, text, data)


def _goes_on(incident: Incident) -> bool:
    """Whether alarms may join an incident, or end it: also one that is over by word alone."""
    return not incident.state.is_over or incident.is_despite_alarms


def _reopened(
    rules: Sequence[IncidentRule],
    running: Sequence[Incident],
    alarms: Mapping[str, _Alarm],
    now: datetime,
) -> Iterator[Step]:
    """Yield what somebody resolved, and whose alarms stand for as long as they may stay away."""
    quiet = {rule.id: parse_duration(rule.resolve_after) for rule in rules}
    for each in running:
        if each.resolved_at is None or now - each.resolved_at < quiet.get(each.rule, timedelta()):
            continue
        known = (alarms[alert] for alert in each.alerts if alert in alarms)
        standing = [alarm.title for alarm in known if alarm.ended_at is None]
        if not standing:
            continue
        text = f"{each.title}: resolved by word, and {len(standing)} alarms stand: {standing[0]}"
        yield Step(NoteKind.INCIDENT_REOPENED, text, {INCIDENT: each.id, "subject": each.subject})


def _harming(
    running: Sequence[Incident], alarms: Mapping[str, _Alarm], moves: Sequence[Containment]
) -> Iterator[Step]:
    """Yield what a rollback contains no more: an alarm stands that began after it.

    Silence of a monitor says neither that there is harm nor that there is none; what a person
    contained by their word goes by their word.
    """
    for each in running:
        at = each.contained_at
        moved = {max(move.at, each.detected_at) for move in moves if move.model == each.subject}
        if at is None or at not in moved or each.resolved_at is not None:
            continue
        known = (alarms[alert] for alert in each.alerts if alert in alarms)
        standing = [
            alarm
            for alarm in known
            if alarm.ended_at is None and alarm.began_at > at + _SKEW and alarm.rule != STALE
        ]
        if not standing:
            continue
        first = min(standing, key=lambda alarm: alarm.began_at)
        text = f"{each.title}: contained no longer: {first.title}"
        about = {INCIDENT: each.id, "subject": each.subject, "at": rfc3339(first.began_at)}
        yield Step(NoteKind.INCIDENT_REOPENED, text, about)


def _escalated(
    ctx: Context, rules: Sequence[IncidentRule], running: Sequence[Incident], now: datetime
) -> Iterator[Step]:
    """Yield what nobody acknowledged in time.

    It is not said that anybody was told: that follows, and has a receipt of its own.
    """
    named = {rule.id: rule.escalate_to for rule in rules}
    for each in running:
        is_silent = each.acknowledged_at is None and each.escalated_at is None
        is_silent = is_silent and not each.state.is_over
        if not is_silent or now < each.acknowledge_due_at:
            continue
        to = named.get(each.rule, "")
        data = {INCIDENT: each.id, "subject": each.subject, "to": to}
        due = stamp(each.acknowledge_due_at)
        words = f"nobody acknowledged it by {due}{f'; for {to}' if to else ''}"
        text = f"{each.title}: {words}; {way_out(ctx, escalation_of(each, to, now))}"
        yield Step(NoteKind.INCIDENT_ESCALATED, text, data)
