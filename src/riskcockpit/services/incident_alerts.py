"""What somebody should be told of incidents: that they opened, that nobody answers, reviews."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from riskcockpit.alerts.rules import rules_of
from riskcockpit.domain.alert import AlertKind, Fact
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.incident import Incident
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import ConfigError, LedgerError
from riskcockpit.present.text import stamp
from riskcockpit.services.alert_settings import settings_in_force
from riskcockpit.services.context import Context
from riskcockpit.services.record import examined, projected

REVIEW_NOTICE = timedelta(days=1)
"""How long before its time a review is announced."""


def incident_facts(ctx: Context, now: datetime) -> Iterator[Fact]:
    """Yield what somebody should know of incidents at `now`; nothing while there is no ledger."""
    if not (ctx.paths.ledger / "chains").is_dir():
        return
    try:
        found = projected(ctx, examined(ctx), now).incidents
    except LedgerError:
        return
    for incident in found:
        yield from facts_of(incident, now)


def facts_of(incident: Incident, now: datetime) -> Iterator[Fact]:
    """Yield what somebody should know of one incident at `now`."""
    due = incident.review_due_at
    if incident.state.is_over:
        if incident.reviewed_at is None and due is not None and now >= due - REVIEW_NOTICE:
            is_late = now > due
            words = f"its review {'was' if is_late else 'is'} due by {rfc3339(due)}"
            severity = Severity.HIGH if is_late else Severity.MEDIUM
            yield _fact(incident, "-review", severity, words, due - REVIEW_NOTICE)
        return
    if incident.acknowledged_at is not None:
        return
    by = stamp(incident.acknowledge_due_at)
    words = f"it opened, and is to be acknowledged by {by}"
    yield _fact(incident, "", incident.severity, words, incident.detected_at)
    if incident.escalated_at is not None:
        yield escalation_of(incident, incident.escalated_to, incident.escalated_at)


def escalation_of(incident: Incident, to: str, at: datetime) -> Fact:
    """Return that nobody acknowledged an incident in time; its owner is who is to be told."""
    words = f"nobody acknowledged it by {stamp(incident.acknowledge_due_at)}"
    severity = max(incident.severity, Severity.HIGH)
    return _fact(incident, "-escalated", severity, words, at, to=to)


def way_out(ctx: Context, fact: Fact) -> str:
    """Say how a fact is told: the channel it goes to, or that nobody is told and why."""
    try:
        rules = rules_of(settings_in_force(ctx))
    except ConfigError:
        return "not told: the rules of alerts cannot be used"
    route = rules.route(fact)
    return f"goes to the channel {route.to[0]}" if route is not None else "not told: no channel"


def _fact(
    incident: Incident,
    aspect: str,
    severity: Severity,
    words: str,
    since: datetime,
    *,
    to: str = "",
) -> Fact:
    return Fact(
        key=f"incident{aspect}:{incident.id}",
        kind=AlertKind.INCIDENT,
        severity=severity,
        title=incident.title,
        detail=words,
        since=since,
        owner=to or incident.owner,
        pillar=Pillar.INCIDENT_RESPONSE.value,
        asset=incident.subject,
        rule=incident.rule,
    )
