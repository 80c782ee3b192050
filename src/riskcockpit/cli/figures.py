"""KPIs on stdout: as a list, one with the rows behind it, as JSON documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from riskcockpit.cli import documents
from riskcockpit.cli.documents import Json, plain
from riskcockpit.cli.output import cells, line
from riskcockpit.config.durations import written
from riskcockpit.domain.pillar import Pillar
from riskcockpit.present.text import age, limit, measure, stamp
from riskcockpit.views.kpis import KpiDetail
from riskcockpit.views.posture import KpiView

Rows = Sequence[tuple[Pillar, KpiView]]


def kpis(views: Rows, now: datetime) -> None:
    """Print one row a KPI."""
    cells(
        ("state", "kpi", "value", "target", "sample", "seen", "pillar", "title", "why"),
        [
            (
                view.state.value, view.id, measure(view.value, view.unit),
                limit(view.target, view.unit, view.direction), view.sample, age(view.as_of, now),
                pillar.value, view.title, view.message,
            )
            for pillar, view in views
        ],
        "table",
    )  # fmt: skip


def kpi(view: KpiDetail) -> None:
    """Print one KPI with its definition, its history and the rows behind it."""
    summary = view.summary
    unit = summary.unit
    line(f"{summary.id}  {summary.title}")
    line(f"  value        {measure(summary.value, unit)}, {summary.state.value}")
    if summary.message:
        line(f"  why          {summary.message}")
    line(f"  target       {limit(summary.target, unit, summary.direction)}")
    line(f"  warns until  {limit(view.warning, unit, summary.direction)}")
    line(f"  sample       {summary.sample}, {view.minimum_sample} at least")
    line(f"  window       {written(view.window)}")
    if view.max_age is not None:
        line(f"  stale after  {written(view.max_age)}")
    line(f"  definition   {summary.definition}")
    line()
    cells(
        ("when", "value", "sample", "state"),
        [
            (stamp(past.at), measure(past.value, unit), past.sample, past.state.value)
            for past in view.history
        ],
        "table",
    )
    line()
    cells(
        ("item", "value", "when", "what"),
        [
            (row.item, "" if row.value is None else measure(row.value, unit),
             "" if row.at is None else stamp(row.at), row.note)
            for row in view.rows
        ],
        "table",
    )  # fmt: skip


def kpi_list(views: Rows, now: datetime) -> Json:
    """`kpis list --json`."""
    rows = [{"pillar": pillar.value, **_kpi(view)} for pillar, view in views]
    return documents.document("kpis", as_of=plain(now), kpis=rows)


def kpi_detail(view: KpiDetail) -> Json:
    """`kpis show ID --json`."""
    return documents.document(
        "kpi",
        pillar=view.pillar.value,
        **_kpi(view.summary),
        warning=view.warning,
        window_seconds=int(view.window.total_seconds()),
        minimum_sample=view.minimum_sample,
        max_age_seconds=None if view.max_age is None else int(view.max_age.total_seconds()),
        sql=view.sql,
        history=[
            {
                "at": plain(past.at),
                "value": plain(past.value),
                "sample": past.sample,
                "state": past.state.value,
            }
            for past in view.history
        ],
        rows=[
            {"item": row.item, "value": plain(row.value), "at": plain(row.at), "note": row.note}
            for row in view.rows
        ],
    )


def _kpi(view: KpiView) -> Json:
    return {
        "id": view.id,
        "title": view.title,
        "definition": view.definition,
        "unit": view.unit,
        "value": plain(view.value),
        "target": view.target,
        "direction": view.direction.value,
        "state": view.state.value,
        "sample": view.sample,
        "as_of": plain(view.as_of),
        "trend": plain(list(view.trend)),
        "message": view.message,
    }
