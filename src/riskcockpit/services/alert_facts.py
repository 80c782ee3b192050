"""What somebody should be told of now: the decision queue, and what is red beside it.

There is one derivation of what needs a person: what waits in the queue comes from the queue.
Controls, KPIs and sources are in no queue; they are added here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from riskcockpit.domain.alert import AlertKind, Fact
from riskcockpit.domain.control import Verdict
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.present.text import limit, measure, plural
from riskcockpit.services.context import Context
from riskcockpit.services.posture import standing
from riskcockpit.services.queue import queue
from riskcockpit.services.sources import source_views
from riskcockpit.services.summary import ControlFact, Summary, WaivedFact
from riskcockpit.views.posture import PillarView, QueueItem, QueueKind, SourceView

_FAILING = frozenset({Verdict.ALARM, Verdict.ERROR, Verdict.CONFIG_INVALID})
_OF_MONITORS = {QueueKind.MODEL_ALARM, QueueKind.CHAMPION_MISSING, QueueKind.DATA_ALARM}
_PILLARS = {
    QueueKind.MODEL_ALARM: Pillar.MODEL_VALIDATION,
    QueueKind.CHAMPION_MISSING: Pillar.MODEL_VALIDATION,
    QueueKind.ROLLBACK_REQUEST: Pillar.MODEL_VALIDATION,
    QueueKind.DATA_ALARM: Pillar.DATA_INTEGRITY,
    QueueKind.IMPORT_HELD: Pillar.DATA_INTEGRITY,
    QueueKind.SLA: Pillar.INFRASTRUCTURE_HARDENING,
    QueueKind.WAIVER_REQUEST: Pillar.COMPLIANCE_AUTOMATION,
    QueueKind.WAIVER_EXPIRING: Pillar.COMPLIANCE_AUTOMATION,
    QueueKind.GLASS_REVIEW: Pillar.COMPLIANCE_AUTOMATION,
    QueueKind.ACTION_FAILED: Pillar.INCIDENT_RESPONSE,
}


def facts(ctx: Context, summary: Summary, now: datetime) -> tuple[Fact, ...]:
    """Return what is so at `now` and that somebody should know of, by key.

    `summary` must cover `now`. KPIs and controls that lack data or have stale inputs are not
    among them: the source that failed is. Those that cannot be run are.
    """
    notice = timedelta(days=ctx.settings.waivers.notice_days)
    items = queue(summary, now, notice, ctx.settings.currency)
    pillars, _ = standing(ctx, summary, now)
    found = (
        *map(_queued, items),
        *_controls(summary.controls),
        *(fact for pillar in pillars for fact in _kpis(pillar, now)),
        *_sources(source_views(ctx.settings.sources, summary.sources, now), now),
        *map(_waived, summary.waived),
    )
    return tuple(sorted(found, key=lambda fact: (fact.key, fact.is_waived)))


def _queued(item: QueueItem) -> Fact:
    is_model = item.kind in (QueueKind.MODEL_ALARM, QueueKind.CHAMPION_MISSING)
    return Fact(
        key=item.id,
        kind=AlertKind(item.kind.value),
        severity=item.severity,
        title=item.title,
        detail=item.detail,
        since=item.since,
        owner=item.owner,
        pillar=_PILLARS[item.kind].value,
        asset="" if item.kind in _OF_MONITORS else item.title,
        model=item.subject if is_model else "",
        parts=item.parts,
        subject=item.subject if item.kind in _OF_MONITORS or "w" in item.keys else "",
        at_risk=item.at_risk.amount if item.at_risk else None,
    )


def _controls(controls: Iterable[ControlFact]) -> Iterator[Fact]:
    for control in controls:
        verdict = Verdict(control.verdict)
        if verdict not in _FAILING:
            continue
        failed = (
            f"{control.failed} of {plural(control.failed + control.passed, 'resource')} failing"
        )
        is_broken = verdict is not Verdict.ALARM
        yield Fact(
            key=f"control:{control.id}",
            kind=AlertKind.CONTROL,
            severity=max(Severity(control.severity), Severity.HIGH if is_broken else Severity.INFO),
            title=control.title,
            detail=control.message if is_broken else failed,
            since=control.since or control.at,
            pillar=control.pillar,
            rule=control.id,
        )


def _kpis(pillar: PillarView, now: datetime) -> Iterator[Fact]:
    for place, kpi in enumerate(pillar.kpis):
        if kpi.state is not KpiState.ALARM and not kpi.message:
            continue
        missed = (
            f"{measure(kpi.value, kpi.unit)}, target {limit(kpi.target, kpi.unit, kpi.direction)}"
        )
        yield Fact(
            key=f"kpi:{kpi.id}",
            kind=AlertKind.KPI,
            severity=Severity.MEDIUM if place else Severity.HIGH,
            title=kpi.title,
            detail=kpi.message or missed,
            since=kpi.as_of or now,
            pillar=pillar.pillar.value,
            rule=kpi.id,
        )


def _sources(views: Iterable[SourceView], now: datetime) -> Iterator[Fact]:
    for view in views:
        if view.state not in ("failed", "partial"):
            continue
        yield Fact(
            key=f"source:{view.name}",
            kind=AlertKind.SOURCE,
            severity=Severity.HIGH if view.state == "failed" else Severity.MEDIUM,
            title=f"source {view.name}",
            detail=view.message or view.state,
            since=view.last_success or view.last_attempt or now,
        )


def _waived(each: WaivedFact) -> Fact:
    kinds = {"model": AlertKind.MODEL_ALARM, "data": AlertKind.DATA_ALARM}
    is_monitored = each.kind in kinds
    return Fact(
        key=f"{each.kind}:{each.subject}" if is_monitored else f"waived:{each.subject}",
        kind=kinds.get(each.kind, AlertKind.SLA),
        severity=Severity(each.severity),
        title=each.subject if is_monitored else "waived findings",
        detail=f"{plural(each.findings, 'waived finding')}, the worst: {each.title}",
        since=each.since,
        owner=each.owner,
        model=each.subject if each.kind == "model" else "",
        is_waived=True,
    )
