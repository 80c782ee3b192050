"""The overview: pillars, exposure, the decision queue, sources, of one generation of the cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from riskcockpit.domain.control import Verdict
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.reading import Direction
from riskcockpit.domain.severity import Severity
from riskcockpit.present.text import limit, measure
from riskcockpit.services.context import Context
from riskcockpit.services.queue import queue
from riskcockpit.services.sources import source_views
from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql
from riskcockpit.views.posture import (
    ExposureView,
    KpiView,
    LedgerState,
    PillarView,
    PostureView,
    SourceView,
)

TREND_DAYS = 30
_FAILING = (Verdict.ALARM.value, Verdict.ERROR.value)


@dataclass(frozen=True, slots=True)
class _Exposure:
    """What `posture_exposure` says of one pillar; amounts in the settings' currency."""

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
    with ctx.store.reader() as reader:
        exposure = _exposures(reader, now)
        pillars = _pillars(reader, exposure, ctx.settings.currency, now)
        return PostureView(
            as_of=now,
            generation=reader.generation,
            context=ctx.settings.context.name,
            is_production=ctx.settings.context.production,
            principal=ctx.settings.identity.principal,
            pillars=pillars,
            exposure=_exposure_view(ctx, exposure),
            queue=queue(ctx, reader, now),
            sources=source_views(ctx, reader, now),
            ledger=_ledger(ctx),
        )


def _nothing_yet(ctx: Context, now: datetime) -> PostureView:
    from riskcockpit.services.policy import (  # noqa: PLC0415 - a judged cache knows its KPIs
        kpis_in_force,
    )

    currency = ctx.settings.currency
    undefined = [
        (k.id, k.pillar.value, k.title, k.definition, k.unit, k.target, k.direction.value,
         None, 0, KpiState.NO_DATA.value, None)
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
                kpis=_kpi_views(undefined, {}, pillar),
                open_findings=0,
                failing_controls=0,
                controls=0,
                as_of=None,
            )
            for pillar in Pillar
        ),
        exposure=_exposure_view(ctx, {}),
        queue=(),
        sources=tuple(
            SourceView(s.name, s.kind, "never", None, None, 0)
            for s in ctx.settings.sources
            if s.enabled
        ),
        ledger=_ledger(ctx),
    )


def _pillars(
    reader: Reader, exposure: Mapping[str, _Exposure], currency: str, now: datetime
) -> tuple[PillarView, ...]:
    kpis = reader.rows(sql("services", "posture_kpis"), now=now)
    trends = _trends(reader, now)
    opened = dict(reader.rows(sql("services", "posture_open_findings")))
    controls = reader.records(sql("services", "posture_controls"))
    return tuple(
        _pillar(
            pillar,
            _kpi_views(kpis, trends, pillar),
            [control for control in controls if control["pillar"] == pillar.value],
            open_findings=opened.get(pillar.value, 0),
            exposure=exposure.get(pillar.value, _Exposure()),
            currency=currency,
        )
        for pillar in Pillar
    )


def _pillar(
    pillar: Pillar,
    kpis: tuple[KpiView, ...],
    controls: Sequence[Mapping[str, Any]],
    *,
    open_findings: int,
    exposure: _Exposure,
    currency: str,
) -> PillarView:
    failing = [control for control in controls if control["verdict"] in _FAILING]
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
    )


def pillar_state(
    kpis: Sequence[KpiView], failing: Sequence[Mapping[str, Any]]
) -> tuple[KpiState, str]:
    """Return the state of a pillar and the sentence that says what made it.

    An alarm outweighs all else; then stale data, a headline without data, a warning. Failing
    controls of high or critical severity alarm, others warn.
    """
    by_state: dict[KpiState, KpiView] = {}
    for kpi in kpis:
        by_state.setdefault(kpi.state, kpi)
    grave = [control for control in failing if control["severity"] >= Severity.HIGH]
    if kpi_in := by_state.get(KpiState.ALARM):
        return KpiState.ALARM, _missed(kpi_in)
    if grave:
        return KpiState.ALARM, f"control fails: {grave[0]['title']}"
    if kpi_in := by_state.get(KpiState.STALE):
        return KpiState.STALE, f"{kpi_in.title}: the data behind it is too old"
    if kpis and kpis[0].state is KpiState.NO_DATA:
        return KpiState.NO_DATA, f"{kpis[0].title}: no data"
    if kpi_in := by_state.get(KpiState.WARN):
        return KpiState.WARN, _missed(kpi_in)
    if failing:
        return KpiState.WARN, f"control fails: {failing[0]['title']}"
    return (KpiState.OK, "") if kpis else (KpiState.NO_DATA, "no KPI is defined")


def _missed(kpi: KpiView) -> str:
    target = limit(kpi.target, kpi.unit, kpi.direction)
    return f"{kpi.title} {measure(kpi.value, kpi.unit)}, target {target}"


def _kpi_views(
    rows: Iterable[Sequence[Any]], trends: Mapping[str, tuple[float | None, ...]], pillar: Pillar
) -> tuple[KpiView, ...]:
    """Map the rows of `posture_kpis` that belong to one pillar."""
    return tuple(
        KpiView(
            id=kpi_id,
            title=title,
            definition=definition,
            unit=unit,
            value=value,
            target=target,
            direction=Direction(direction),
            state=KpiState(state),
            as_of=as_of,
            sample=sample,
            trend=trends.get(kpi_id, ()),
        )
        for (kpi_id, of, title, definition, unit, target, direction, value, sample, state, as_of)
        in rows
        if of == pillar.value
    )  # fmt: skip


def _trends(reader: Reader, now: datetime) -> dict[str, tuple[float | None, ...]]:
    """Return one value a day for each KPI, oldest first; a day without a reading is None."""
    first = now.date() - timedelta(days=TREND_DAYS - 1)
    since = now - timedelta(days=TREND_DAYS)
    days: dict[str, dict[date, float | None]] = {}
    for kpi_id, day, value in reader.rows(sql("services", "posture_trends"), since=since):
        days.setdefault(kpi_id, {})[day] = value
    calendar = [first + timedelta(days=offset) for offset in range(TREND_DAYS)]
    return {
        kpi_id: tuple(values.get(day) for day in calendar if day >= min(values))
        for kpi_id, values in days.items()
    }


def _exposures(reader: Reader, now: datetime) -> dict[str, _Exposure]:
    rows = reader.rows(sql("services", "posture_exposure"), yesterday=now - timedelta(days=1))
    return {row[0]: _Exposure(*row[1:]) for row in rows}


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
    """Return the state of the ledger; without chains there is nothing to load the verifier for."""
    if not (ctx.paths.ledger / "chains").is_dir():
        return LedgerState(is_ok=True, entries=0, head="")
    from riskcockpit.services.verify import ledger_state  # noqa: PLC0415 - as said above

    return ledger_state(ctx)
