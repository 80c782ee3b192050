"""KPIs as they stand, and the rows behind each number."""

from __future__ import annotations

import difflib

from riskcockpit.domain.kpi import KpiRow, KpiState
from riskcockpit.domain.pillar import Pillar
from riskcockpit.errors import UnknownNameError
from riskcockpit.kpis.catalogue import Kpi
from riskcockpit.kpis.compute import behind
from riskcockpit.services.context import Context
from riskcockpit.services.policy import kpis_in_force
from riskcockpit.services.posture import posture
from riskcockpit.store.sql import sql
from riskcockpit.views.kpis import KpiDetail, KpiPast
from riskcockpit.views.posture import KpiView

MOST_PAST = 60
"""Readings of the past that are shown at most."""


def kpis(ctx: Context) -> tuple[tuple[Pillar, KpiView], ...]:
    """Return all KPIs with their pillar, the headline of each pillar first.

    Raises:
        StoreError: the cache is damaged.
    """
    return tuple((each.pillar, kpi) for each in posture(ctx).pillars for kpi in each.kpis)


def kpi(ctx: Context, kpi_id: str) -> KpiDetail:
    """Return one KPI with its definition, its history and the rows behind its newest value.

    Raises:
        UnknownNameError: there is no such KPI; the hint names the nearest.
    """
    catalogue = {each.id: each for each in kpis_in_force(ctx.paths)}
    views = {view.id: (pillar, view) for pillar, view in kpis(ctx)}
    if kpi_id not in catalogue or kpi_id not in views:
        nearest = difflib.get_close_matches(kpi_id, [*catalogue], 1)
        hint = f'did you mean "{nearest[0]}"?' if nearest else "`riskcockpit kpis list`"
        raise UnknownNameError(f'no KPI "{kpi_id}"', hint=hint)
    known = catalogue[kpi_id]
    pillar, view = views[kpi_id]
    history, rows = _past(ctx, known)
    return KpiDetail(
        summary=view,
        pillar=pillar,
        warning=known.warning,
        window=known.window,
        minimum_sample=known.minimum_sample,
        max_age=known.max_age,
        sql=known.sql,
        history=history,
        rows=rows,
    )


def _past(ctx: Context, known: Kpi) -> tuple[tuple[KpiPast, ...], tuple[KpiRow, ...]]:
    if ctx.store.generation() == 0:
        return (), ()
    with ctx.store.reader() as reader:
        asked = reader.rows(sql("services", "kpis_history"), id=known.id, most=MOST_PAST)
        history = tuple(KpiPast(at, value, n, KpiState(state)) for at, value, n, state in asked)
        rows = behind(reader, known, history[0].at) if history else ()
    return history, rows
