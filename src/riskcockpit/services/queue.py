"""The decision queue: what waits for a person, ordered by consequence."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby

from riskcockpit.domain.action import MODEL_KINDS, ActionState
from riskcockpit.domain.ids import short
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.domain.severity import Severity
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.present.text import count, plural
from riskcockpit.services.summary import (
    DUE_SOON,
    MOST_DEADLINES,
    ActionFact,
    AlarmFact,
    ChampionFact,
    DeadlineFact,
    GlassFact,
    HeldFact,
    RequestFact,
    Summary,
    WaiverFact,
)
from riskcockpit.views.posture import QueueItem, QueueKind

PROPOSED = "rollback.proposed"
"""The kind of what automation proposed, among the requests."""
_OWNERS_SHOWN = 2
_SIGNERS_SHOWN = 3
_REASON_SHOWN = 120
"""Characters of what a source said; `actions list` shows all."""
_URGENCY = {
    QueueKind.CHAMPION_MISSING: 0,
    QueueKind.MODEL_ALARM: 1,
    QueueKind.GLASS_REVIEW: 2,
    QueueKind.ACTION_FAILED: 2,
    QueueKind.ROLLBACK_REQUEST: 3,
    QueueKind.DATA_ALARM: 4,
    QueueKind.WAIVER_REQUEST: 5,
    QueueKind.SLA: 6,
    QueueKind.WAIVER_EXPIRING: 7,
    QueueKind.IMPORT_HELD: 8,
}


def queue(
    facts: Summary, now: datetime, notice: timedelta, currency: str, principal: str = ""
) -> tuple[QueueItem, ...]:
    """Return what needs a decision: alarms first, then by kind, money at risk and deadline.

    Waivers are announced `notice` before they end. `facts` must cover `now`. Keys are those of
    `principal`: nobody is offered to approve what they asked for; empty: of whoever may.
    """
    items = [
        *_alarms(facts.alarms, facts.champions, currency),
        *_actions(facts.actions),
        *_requests(facts.requests, principal),
        *_waivers(facts.waivers, currency, now, now + notice, principal),
        *_deadlines(facts.deadlines, currency, now),
        *_held(facts.held),
        *_glasses(facts.glasses, now, principal),
    ]
    return tuple(sorted(items, key=_consequence))


def _consequence(item: QueueItem) -> tuple[bool, int, Decimal, str]:
    money = item.at_risk.amount if item.at_risk is not None else Decimal(0)
    return item.state is not KpiState.ALARM, _URGENCY[item.kind], -money, item.id


def _alarms(
    alarms: Iterable[AlarmFact], champions: Iterable[ChampionFact], currency: str
) -> Iterator[QueueItem]:
    models = {model.name: model for model in champions}
    for alarm in alarms:
        is_model = alarm.class_ == "model"
        model = models.get(alarm.subject) if is_model else None
        serves = model is not None and model.champion is not None
        awaited = _awaited(model, alarm) if model is not None and serves else ""
        target = model.target if model is not None and not awaited else None
        more = f", {plural(alarm.findings - 1, 'more alarm')}" if alarm.findings > 1 else ""
        ready = awaited or _way_back(target) if serves else ""
        served = f" v{model.champion}" if serves and model else ""
        name = f"{alarm.subject}{served}"
        yield QueueItem(
            id=f"{alarm.class_}:{alarm.subject}",
            kind=QueueKind.MODEL_ALARM if is_model else QueueKind.DATA_ALARM,
            title=name,
            detail=f"{_without(_without(alarm.title, name), alarm.subject)}{more}{ready}",
            since=alarm.onset_at,
            due_at=None,
            at_risk=Money(alarm.exposure, currency),
            state=KpiState.ALARM if alarm.severity >= Severity.HIGH else KpiState.WARN,
            subject=alarm.subject if is_model else alarm.top,
            keys=("r", "n") if target else ("n",),
            severity=Severity(alarm.severity),
            owner=alarm.owner,
            parts=() if awaited else tuple(f"{id_}{served}" for id_ in alarm.gravest),
        )
    for model in models.values():
        if model.champion is None:
            yield QueueItem(
                id=f"champion:{model.name}",
                kind=QueueKind.CHAMPION_MISSING,
                title=model.name,
                detail="no version serves production: the alias champion is missing",
                since=model.since or model.seen_at,
                due_at=None,
                at_risk=Money(model.exposure, currency),
                state=KpiState.ALARM if model.tier == 1 else KpiState.WARN,
                subject=model.name,
                keys=("n",),
                severity=Severity.CRITICAL if model.tier == 1 else Severity.HIGH,
                owner=model.owner,
            )


def _awaited(model: ChampionFact, alarm: AlarmFact) -> str:
    """Say why no rollback answers an alarm: it is not, or not only, of the version that serves."""
    if model.since is None:
        return ""
    if model.since > alarm.last_seen:
        return "; seen before this version served, its own readings are awaited"
    if model.since + timedelta(seconds=model.window_seconds or 0) > alarm.last_seen:
        return "; settling: its readings still span the time before this version served"
    return ""


def _way_back(target: int | None) -> str:
    """Say where a rollback would lead."""
    return f"; roll back to v{target} is ready" if target else "; no version to go back to"


def _without(title: str, subject: str) -> str:
    """Return a title without the name that stands beside it anyway."""
    return title.removeprefix(subject).lstrip(" :") or title


def _actions(actions: Iterable[ActionFact]) -> Iterator[QueueItem]:
    for action in actions:
        yield QueueItem(
            id=f"action:{action.id}",
            kind=QueueKind.ACTION_FAILED,
            title=f"{action.kind} {action.target}",
            detail=_came_to(action),
            since=action.updated_at,
            due_at=None,
            at_risk=None,
            state=KpiState.WARN if action.state.startswith("pending") else KpiState.ALARM,
            subject=action.id,
            keys=("n",),
            severity=Severity.MEDIUM if action.state.startswith("pending") else Severity.HIGH,
        )


def _came_to(action: ActionFact) -> str:
    """Say how far an action is; of one in doubt what a person may do comes before the reason."""
    word = action.state.replace("_", " ")
    if action.state == ActionState.UNKNOWN.value:
        again = f"riskcockpit actions retry {short(action.id)}"
        word = f"unknown; each sync looks again, `{again}` sends it again if it was not done"
    why = action.message
    if len(why) > _REASON_SHOWN:
        why = f"{why[:_REASON_SHOWN].rstrip()}…"
    return f"{word}: {why}" if why else word


def _requests(requests: Iterable[RequestFact], principal: str) -> Iterator[QueueItem]:
    for request in requests:
        title, what = _asked_for(request, principal)
        is_proposed = request.kind == PROPOSED
        yield QueueItem(
            id=f"request:{request.id}",
            kind=QueueKind.ROLLBACK_REQUEST,
            title=title,
            detail=what,
            since=request.requested_at,
            due_at=None,
            at_risk=None,
            state=KpiState.ALARM,
            subject=request.id,
            keys=_ANSWERS if is_proposed else _keys(request.actor, request.could_sign, principal),
            severity=Severity.HIGH,
        )


def _asked_for(request: RequestFact, principal: str) -> tuple[str, str]:
    """Return a request in a title and a detail."""
    steps = json.loads(request.params)
    second = _asked_by(request.actor, request.could_sign, principal)
    model = request.target.rpartition("@")[0]
    if request.kind == PROPOSED:
        title = f"{model} to v{steps.get('to', '?')}"
        return title, f"proposed by {request.actor}: {clean_line(str(steps.get('because', '')))}"
    if request.kind not in {kind.value for kind in MODEL_KINDS}:
        return request.target, f"{request.kind.replace('.', ' ')}, {second}"
    before = steps.get("from", "?")
    origin = f"from v{before}" if before else "the first"
    return f"{model} to v{steps.get('to', '?')}", f"{origin}, {second}"


def _keys(requester: str, could: Sequence[str], principal: str) -> tuple[str, ...]:
    """Return the keys by which `principal` answers a request: who asked may only withdraw it."""
    if not principal or principal in could:
        return _ANSWERS
    return ("X", "n") if principal == requester else ("n",)


_ANSWERS = ("a", "X", "n")


def _asked_by(requester: str, could: Sequence[str], principal: str) -> str:
    who = "you" if requester == principal else requester
    return f"asked by {who}, {_waits_for(could, principal)}"


def _waits_for(could: Sequence[str], principal: str) -> str:
    """Say whose key something waits for, as far as anybody is known who may."""
    if principal in could:
        return "waits for your key"
    if not could:
        return "nobody else may sign it: no other person has a role and a key for that"
    return f"waits for {' or '.join(could[:_SIGNERS_SHOWN])}" + (
        f" or {len(could) - _SIGNERS_SHOWN} more" if len(could) > _SIGNERS_SHOWN else ""
    )


def _waivers(
    waivers: Iterable[WaiverFact], currency: str, now: datetime, horizon: datetime, principal: str
) -> Iterator[QueueItem]:
    for waiver in waivers:
        is_request = waiver.state == "requested"
        is_to_look_at = is_request or bool(waiver.why) or waiver.state == "suspended"
        if not (is_to_look_at or now <= waiver.expires_at < horizon):
            continue
        asked_by = f"asked by {'you' if waiver.requester == principal else waiver.requester}"
        place = f"{waiver.asset}, " if waiver.asset else ""
        yield QueueItem(
            id=f"waiver:{waiver.id}",
            kind=QueueKind.WAIVER_REQUEST if is_request else QueueKind.WAIVER_EXPIRING,
            title=f"waiver for {plural(waiver.finding_count, 'finding')}",
            detail=f"{place}{waiver.reason.replace('_', ' ')}, {asked_by}, "
            + (_waits_for(waiver.could_sign, principal) if is_request else _stands(waiver)),
            since=waiver.requested_at,
            due_at=waiver.expires_at,
            at_risk=Money(waiver.exposure, currency),
            state=KpiState.WARN,
            subject=waiver.id,
            keys=_keys(waiver.requester, waiver.could_sign, principal)
            if is_request
            else ("N", "n"),
        )


def _stands(waiver: WaiverFact) -> str:
    if waiver.state == "suspended":
        return f"suspended: {waiver.why}"
    return f"to be reviewed: {waiver.why}" if waiver.why else "ends soon"


def _deadlines(
    deadlines: Iterable[DeadlineFact], currency: str, now: datetime
) -> Iterator[QueueItem]:
    """Return the groups that weigh most, each of all its findings that are due soon."""
    due = (fact for fact in deadlines if fact.step_at is None or fact.step_at < now + DUE_SOON)
    groups = [tuple(steps) for _, steps in groupby(due, key=lambda fact: (fact.kind, fact.name))]
    for steps in sorted(groups, key=_weight)[:MOST_DEADLINES]:
        yield _deadline(steps, currency, now)


def _weight(steps: Sequence[DeadlineFact]) -> tuple[bool, int, Decimal, str, str]:
    is_kev = any(step.is_kev for step in steps)
    severity = max(step.severity for step in steps)
    exposure = sum((step.exposure for step in steps), Decimal(0))
    return not is_kev, -severity, -exposure, steps[0].name, steps[0].kind


def _deadline(steps: Sequence[DeadlineFact], currency: str, now: datetime) -> QueueItem:
    is_vulnerability, name = steps[0].kind == "vulnerability", steps[0].name
    findings = sum(step.findings for step in steps)
    overdue = sum(s.findings for s in steps if s.step_at is None or s.step_at < now)
    assets = sum(step.assets for step in steps)
    is_kev = any(step.is_kev for step in steps)
    top = max(steps, key=lambda step: (step.severity, step.top_exposure, step.top))
    single = findings == 1
    where = plural(assets, "asset") if assets > 1 else min(step.asset for step in steps)
    found = "" if single else f"{plural(findings, 'finding')}, "
    teams = sorted({owner for step in steps for owner in step.owners})
    owners = ", ".join(teams[:_OWNERS_SHOWN])
    facts = (
        "known exploited" if is_kev else "",
        Severity(top.severity).word,
        f"{found}{count(overdue)} overdue" if overdue else f"{found}due soon",
        where if is_vulnerability else (top.title if single else ""),
        f"owner {owners}" if owners else "",
    )
    field = "cve" if is_vulnerability else "asset"
    is_grave = is_kev or top.severity == Severity.CRITICAL
    return QueueItem(
        id=f"sla:{name}",
        kind=QueueKind.SLA,
        title=name,
        detail=", ".join(fact for fact in facts if fact),
        since=min(step.since for step in steps),
        due_at=min(step.due_at for step in steps),
        at_risk=Money(sum((step.exposure for step in steps), Decimal(0)), currency),
        state=KpiState.ALARM if overdue and is_grave else KpiState.WARN,
        subject=top.top,
        keys=("w", "n") if single else ("enter", "w"),
        query="" if single else f'{field}:"{name}" state:open severity>=high due<24h',
        severity=_deadline_severity(top.severity, is_kev=is_kev, is_overdue=bool(overdue)),
        owner=teams[0] if len(teams) == 1 else "",
    )


def _deadline_severity(severity: int, *, is_kev: bool, is_overdue: bool) -> Severity:
    grade = Severity.CRITICAL if is_kev else Severity(severity)
    return grade if is_overdue else Severity(grade - 1)


def _held(scans: Iterable[HeldFact]) -> Iterator[QueueItem]:
    for scan in scans:
        yield QueueItem(
            id=f"held:{scan.id}",
            kind=QueueKind.IMPORT_HELD,
            title=f"{scan.tool} over {scan.asset}",
            detail=_held_words(scan),
            since=scan.imported_at,
            due_at=None,
            at_risk=None,
            state=KpiState.WARN,
            subject=scan.id,
            keys=("a",) if scan.releasable else (),
        )


def _glasses(glasses: Iterable[GlassFact], now: datetime, principal: str) -> Iterator[QueueItem]:
    for glass in glasses:
        is_missed = glass.review_by < now
        word = "the review is overdue: nobody looked at it" if is_missed else "to be reviewed"
        whose = (
            "" if principal in glass.could_sign else f", {_waits_for(glass.could_sign, principal)}"
        )
        yield QueueItem(
            id=f"glass:{glass.id}",
            kind=QueueKind.GLASS_REVIEW,
            title=f"{glass.kind} of {glass.subject}",
            detail=f"decided by {glass.actor} alone, {word}{whose}: {glass.reason}",
            since=glass.decided_at,
            due_at=glass.review_by,
            at_risk=None,
            state=KpiState.ALARM if is_missed else KpiState.WARN,
            subject=glass.id,
            keys=_keys(glass.actor, glass.could_sign, principal),
        )


def _held_words(scan: HeldFact) -> str:
    share = f" ({round(100 * scan.held / scan.live)} %)" if scan.live else ""
    ready = "release it" if scan.releasable else "import it again with --accept-held"
    return (
        f"held back: +{scan.created} new, {scan.moved} moved, {scan.reopened} reopened, "
        f"{scan.held} would close{share}; {ready} if the report is right"
    )
