"""KPIs of a home that cannot be measured: nothing else stops, and everybody is told why."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskcockpit.domain.kpi import KpiState
from riskcockpit.services import doctor
from riskcockpit.services.alerts import alerts
from riskcockpit.services.context import Context
from riskcockpit.services.judging import judge
from riskcockpit.services.kpis import kpi
from riskcockpit.views.setup import Check, CheckState
from support.caches import NOW, context

CATALOGUE = """\
kpis:
  - id: own-share
    pillar: model_validation
    title: Share of tier one
    definition: Models of tier one among all
    unit: percent
    target: 50
    warning: 20
    direction: at_least
    window: 30d
    inputs: [model]
"""
SQL = "SELECT 90.0::DOUBLE AS value, 3::BIGINT AS sample, $as_of::TIMESTAMP AS as_of FROM {}"


@pytest.fixture
def home(tmp_path: Path) -> Context:
    """A home with a KPI of its own."""
    ctx = context(tmp_path)
    (ctx.paths.config / "kpis").mkdir(parents=True)
    (ctx.paths.config / "kpis.yaml").write_text(CATALOGUE)
    return ctx


def publish(ctx: Context, table: str) -> None:
    """Judge and publish with a SELECT from `table`."""
    (ctx.paths.config / "kpis" / "own-share.sql").write_text(SQL.format(table))
    with ctx.store.writer() as tx:
        judge(ctx, tx, NOW)


def checked(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Return what `doctor` says of the KPIs."""
    monkeypatch.setattr(doctor.Context, "open", lambda _paths: ctx)
    return next(check for check in doctor.examine() if check.name == "KPIs")


def test_one_that_cannot_run_says_why_until_it_is_mended(
    home: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(home, "modell")
    shown = kpi(home, "own-share").summary
    assert shown.state is KpiState.NO_DATA
    assert "reads 'modell'" in shown.message
    assert "did you mean 'model'?" in shown.message
    told = {row.key: row.detail for row in alerts(home)}
    assert told["kpi:own-share"] == shown.message
    check = checked(home, monkeypatch)
    assert (check.state, check.detail) == (CheckState.FAIL, shown.message)

    publish(home, "(VALUES (1))")
    assert kpi(home, "own-share").summary.message == ""
    assert "kpi:own-share" not in {row.key for row in alerts(home)}
    assert checked(home, monkeypatch).state is CheckState.OK


def test_doctor_names_a_catalogue_that_stops_every_publish(
    home: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = checked(home, monkeypatch)
    assert check.state is CheckState.FAIL
    assert "own-share.sql" in check.detail
