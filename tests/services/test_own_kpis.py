"""KPIs of a home that cannot be measured: nothing else stops, and everybody is told why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from riskcockpit.config.paths import shipped
from riskcockpit.controls.cases import fill
from riskcockpit.domain.kpi import KpiState
from riskcockpit.kpis.catalogue import digest
from riskcockpit.services.alerts import alerts
from riskcockpit.services.context import Context
from riskcockpit.services.doctor import examine
from riskcockpit.services.judging import judge
from riskcockpit.services.kpis import kpi
from riskcockpit.services.policy import kpis_in_force
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
    monkeypatch.setattr(Context, "open", lambda _paths: ctx)
    return next(check for check in examine() if check.name == "KPIs")


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


def test_one_that_would_eat_all_memory_is_stopped_apart(home: Context) -> None:
    huge = "(SELECT 1 FROM model WHERE length(repeat('a', 3000000000)) > tier)"
    with home.store.writer() as tx:
        fill(tx, {"model": [{"name": "m", "tier": 1}]}, NOW)
    publish(home, huge)
    shown = kpi(home, "own-share").summary
    assert shown.state is KpiState.NO_DATA
    assert "memory" in shown.message


def test_ours_in_a_catalogue_of_a_home_run_here_and_the_digest_knows_no_difference(
    home: Context,
) -> None:
    folder = home.paths.config / "kpis"
    entry = CATALOGUE.replace("own-share", "fresh-telemetry")
    (home.paths.config / "kpis.yaml").write_text(entry)
    for name in ("fresh-telemetry.sql", "fresh-telemetry.rows.sql"):
        (folder / name).write_text((shipped("config", "kpis") / name).read_text())
    (same,) = kpis_in_force(home.paths)
    assert same.is_trusted
    (folder / "fresh-telemetry.rows.sql").write_text("SELECT 1")
    (other,) = kpis_in_force(home.paths)
    assert not other.is_trusted
    assert digest([replace(other, rows_sql=same.rows_sql)]) == digest([same])


def test_doctor_names_a_catalogue_that_stops_every_publish(
    home: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = checked(home, monkeypatch)
    assert check.state is CheckState.FAIL
    assert "own-share.sql" in check.detail
