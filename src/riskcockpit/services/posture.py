"""The overview: pillars, exposure, the decision queue, sources, of one generation of the cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from riskcockpit.domain.control import Verdict
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.reading import Direction
from riskcockpit.domain.severity import Severity
from riskcockpit.present.text import limit, measure
from riskcockpit.services.context import Context
from riskcockpit.services.ledger_pulse import was_there
from riskcockpit.services.overview import current
from riskcockpit.services.queue import queue
from riskcockpit.services.sources import enrichment_views, source_views
from riskcockpit.services.summary import (
    TREND_DAYS,
    ControlFact,
    ExposureFact,
    KpiFact,
    Summary,
    TrendFact,
)
from riskcockpit.views.posture import (
    ExposureView,
    KpiView,
    LedgerState,
    PillarView,
    PostureView,
)

_FAILING = (Verdict.ALARM.value, Verdict.ERROR.value, Verdict.CONFIG_INVALID.value)
_UNJUDGED = (Verdict.NO_DATA.value, Verdict.STALE.value)


@dataclass(frozen=True, slots=True)
class _Exposure:
    """Money at risk of one pillar; amounts in the settings' currency."""

    expected: Decimal = Decimal(0)
    waived: Decimal = Decimal(0)
    driver: str = ""
    driver_amount: Decimal = Decimal(0)
    before: Decimal | None = None


def posture(ctx: Context) -> PostureView:
    """Return everything on the overview; without a cache all is `no_data`.

    Raises:
        StoreError: the cache is damaged.
    """
    now = ctx.clock.now()
    if ctx.store.generation() == 0:
        return _nothing_yet(ctx, now)
    generation, facts = current(ctx, now)
    settings = ctx.settings
    pillars, exposure = standing(ctx, facts, now)
    return PostureView(
        as_of=now,
        generation=generation,
        context=settings.context.name,
        is_production=settings.context.production,
        principal=settings.identity.principal,
        pillars=pillars,
        exposure=exposure,
        queue=queue(
            facts,
            now,
            timedelta(days=settings.waivers.notice_days),
            settings.currency,
            settings.identity.principal,
        ),
        sources=source_views(settings.sources, facts.sources, now),
        ledger=_ledger(ctx),
        enrichments=enrichment_views(facts.enrichments, now),
    )


def standing(
    ctx: Context, facts: Summary, now: datetime
) -> tuple[tuple[PillarView, ...], ExposureView]:
    """Return the pillars and the money at risk as `facts` tell them for the moment `now`."""
    exposure = _exposures(facts.exposures, now - timedelta(days=1))
    pillars = _pillars(facts, exposure, ctx.settings.currency, now)
    return pillars, _exposure_view(ctx, exposure)


def _nothing_yet(ctx: Context, now: datetime) -> PostureView:
    from riskcockpit.services.policy import (  # noqa: PLC0415 - a judged cache knows its KPIs
        kpis_in_force,
    )

    currency = ctx.settings.currency
    undefined = [
        KpiFact(k.id, k.pillar.value, k.title, k.definition, k.unit, k.target, k.direction.value,
                None, 0, KpiState.NO_DATA.value, None, None)
        for k in kpis_in_force(ctx.paths)
    ]  # fmt: skip
    return PostureView(
        as_of=now,
        generation=0,
        context=ctx.settings.context.name,
        is_production=ctx.settings.context.production,
        principal=ctx.settings.identity.principal,
        pillars=tuple(
            PillarView(
                pillar=pillar,
                state=KpiState.NO_DATA,
                reason="nothing is in the cache yet",
                at_risk=Money.zero(currency),
                at_risk_change=None,
                kpis=_kpi_views(undefined, {}, pillar, now),
                open_findings=0,
                failing_controls=0,
                controls=0,
                as_of=None,
            )
            for pillar in Pillar
        ),
        exposure=_exposure_view(ctx, {}),
        queue=(),
        sources=source_views(ctx.settings.sources, (), now),
        ledger=_ledger(ctx),
    )


def _pillars(
    facts: Summary, exposure: Mapping[str, _Exposure], currency: str, now: datetime
) -> tuple[PillarView, ...]:
    trends = _trends(facts.trends, now)
    opened = {each.pillar: each.findings for each in facts.opened}
    return tuple(
        _pillar(
            pillar,
            _kpi_views(facts.kpis, trends, pillar, now),
            [control for control in facts.controls if control.pillar == pillar.value],
            open_findings=opened.get(pillar.value, 0),
            exposure=exposure.get(pillar.value, _Exposure()),
            currency=currency,
        )
        for pillar in Pillar
    )


def _pillar(
    pillar: Pillar,
    kpis: tuple[KpiView, ...],
    controls: Sequence[ControlFact],
    *,
    open_findings: int,
    exposure: _Exposure,
    currency: str,
) -> PillarView:
    failing = [control for control in controls if control.verdict in _FAILING]
    state, reason = pillar_state(kpis, failing)
    change = None if exposure.before is None else exposure.expected - exposure.before
    return PillarView(
        pillar=pillar,
        state=state,
        reason=reason,
        at_risk=Money(exposure.expected, currency),
        at_risk_change=None if change is None else Money(change, currency),
        kpis=kpis,
        open_findings=open_findings,
        failing_controls=len(failing),
        controls=len(controls),
        as_of=max((kpi.as_of for kpi in kpis if kpi.as_of is not None), default=None),
        unjudged_controls=sum(control.verdict in _UNJUDGED for control in controls),
    )


def pillar_state(kpis: Sequence[KpiView], failing: Sequence[ControlFact]) -> tuple[KpiState, str]:
    """Return the state of a pillar and the sentence that says what made it.

    An alarm outweighs all else; then stale data, a headline without data, a warning. Failing
    controls of high or critical severity alarm, others warn.
    """
    by_state: dict[KpiState, KpiView] = {}
    for kpi in kpis:
        by_state.setdefault(kpi.state, kpi)
    grave = [control for control in failing if control.severity >= Severity.HIGH]
    if kpi_in := by_state.get(KpiState.ALARM):
        return KpiState.ALARM, _missed(kpi_in)
    if grave:
        return KpiState.ALARM, f"control fails: {grave[0].title}"
    if kpi_in := by_state.get(KpiState.STALE):
        return KpiState.STALE, f"{kpi_in.title}: the data behind it is too old"
    if kpis and kpis[0].state is KpiState.NO_DATA:
        return KpiState.NO_DATA, f"{kpis[0].title}: no data"
    if kpi_in := by_state.get(KpiState.WARN):
        return KpiState.WARN, _missed(kpi_in)
    if failing:
        return KpiState.WARN, f"control fails: {failing[0].title}"
    return (KpiState.OK, "") if kpis else (KpiState.NO_DATA, "no KPI is defined")


def _missed(kpi: KpiView) -> str:
    target = limit(kpi.target, kpi.unit, kpi.direction)
    return f"{kpi.title}: {measure(kpi.value, kpi.unit)}, target {target}"


def _kpi_views(
    facts: Iterable[KpiFact],
    trends: Mapping[str, tuple[float | None, ...]],
    pillar: Pillar,
    now: datetime,
) -> tuple[KpiView, ...]:
    """Return the KPIs of one pillar, the headline first."""
    return tuple(
        KpiView(
            id=fact.id,
            title=fact.title,
            definition=fact.definition,
            unit=fact.unit,
            value=fact.value,
            target=fact.target,
            direction=Direction(fact.direction),
            state=KpiState.STALE if _is_stale(fact, now) else KpiState(fact.state),
            as_of=fact.as_of,
            sample=fact.sample,
            trend=trends.get(fact.id, ()),
            message=fact.message,
        )
        for fact in facts
        if fact.pillar == pillar.value
    )


def _is_stale(fact: KpiFact, now: datetime) -> bool:
    """Return whether the inputs of a value have become too old since it was measured."""
    if fact.value is None or fact.as_of is None or fact.max_age_seconds is None:
        return False
    return now - fact.as_of > timedelta(seconds=fact.max_age_seconds)


def _trends(facts: Iterable[TrendFact], now: datetime) -> dict[str, tuple[float | None, ...]]:
    """Return one value a day for each KPI, oldest first; a day without a reading is None."""
    first = now.date() - timedelta(days=TREND_DAYS - 1)
    days: dict[str, dict[date, float | None]] = {}
    for fact in facts:
        if fact.day >= first:
            days.setdefault(fact.kpi_id, {})[fact.day] = fact.value
    calendar = [first + timedelta(days=offset) for offset in range(TREND_DAYS)]
    return {
        kpi_id: tuple(values.get(day) for day in calendar if day >= min(values))
        for kpi_id, values in days.items()
    }


def _exposures(facts: Iterable[ExposureFact], yesterday: datetime) -> dict[str, _Exposure]:
    """Return what is at risk by pillar: the newest reading, compared with that of a day ago."""
    found: dict[str, _Exposure] = {}
    before: dict[str, Decimal] = {}
    for fact in facts:  # the oldest first
        if fact.at <= yesterday:
            before[fact.pillar] = fact.expected
        found[fact.pillar] = _Exposure(
            fact.expected, fact.waived, fact.driver, fact.driver_amount, before.get(fact.pillar)
        )
    return found


def _exposure_view(ctx: Context, pillars: Mapping[str, _Exposure]) -> ExposureView:
    currency = ctx.settings.currency
    known = list(pillars.values())
    before = [exposure.before for exposure in known if exposure.before is not None]
    mean = sum((exposure.expected for exposure in known), Decimal(0))
    top = max(known, key=lambda exposure: exposure.driver_amount, default=_Exposure())
    has_past = bool(known) and len(before) == len(known)
    return ExposureView(
        mean=Money(mean, currency),
        p95=None,
        appetite=Money(Decimal(ctx.settings.appetite), currency),
        change=Money(mean - sum(before, Decimal(0)), currency) if has_past else None,
        driver=top.driver,
        waived=Money(sum((exposure.waived for exposure in known), Decimal(0)), currency),
    )


def _ledger(ctx: Context) -> LedgerState:
    """Return the state of the ledger; where none ever was the verifier is not loaded for it."""
    if not was_there(ctx):
        return LedgerState(is_ok=True, entries=0, head="")
    from riskcockpit.services.verify import ledger_state  # noqa: PLC0415 - as said above

    return ledger_state(ctx)
