"""Judging inside a publish: no generation is seen unjudged, and nothing of it can break one."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from riskcockpit.config.settings import AssetSettings
from riskcockpit.controls.cases import fill
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.control import Verdict
from riskcockpit.errors import ConfigError
from riskcockpit.services.context import Context
from riskcockpit.services.governance import check_controls, control, controls
from riskcockpit.services.judging import Judgement, judge, record_evaluation
from support.caches import NOW, context, statement

Rows = dict[str, list[dict[str, Any]]]
WORLD: Rows = {
    "asset": [{"name": "payments-api", "kind": "repository", "tier": 1}],
    "scan": [{"id": "s", "asset": "payments-api", "scanned_at": "-1h", "outcome": "applied"}],
    "finding": [
        {"id": "open", "class": "code", "asset": "payments-api", "severity": 4, "state": "open",
         "pillar": "infrastructure_hardening", "due_at": "-1h"},
        {"id": "kev", "class": "dependency", "asset": "payments-api", "severity": 3,
         "is_kev": True, "state": "open", "pillar": "infrastructure_hardening", "due_at": "+9h"},
        {"id": "fixed", "class": "code", "asset": "payments-api", "severity": 4, "state": "fixed",
         "pillar": "infrastructure_hardening", "exposure": 99},
        {"id": "waived", "class": "code", "asset": "elsewhere", "severity": 4, "state": "waived",
         "pillar": "infrastructure_hardening"},
    ],
}  # fmt: skip
PRICES = statement("SELECT id, exposure FROM finding ORDER BY id")
PILLARS = statement("SELECT pillar, expected, waived, driver FROM exposure_reading ORDER BY pillar")


def publish(ctx: Context, rows: Rows) -> Judgement:
    now = ctx.clock.now()
    with ctx.store.writer() as tx:
        fill(tx, rows, now)
        return judge(ctx, tx, now)


def later(ctx: Context, **span: float) -> Context:
    return dataclasses.replace(ctx, clock=FrozenClock(ctx.clock.now() + timedelta(**span)))


def test_a_publish_carries_verdicts_readings_and_prices(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    judgement = publish(ctx, WORLD)
    verdicts = {result.control_id: result.verdict for result in judgement.results}
    assert verdicts["no-overdue-critical"] is Verdict.ALARM
    assert verdicts["no-exposed-secret"] is Verdict.OK
    stored = {view.id: view.verdict for view in controls(ctx)}
    assert stored == {name: verdict.value for name, verdict in verdicts.items()}
    detail = control(ctx, "no-overdue-critical")
    assert [(row.resource, row.status.value) for row in detail.rows] == [("payments-api", "alarm")]
    with ctx.store.reader() as reader:
        prices = dict(reader.rows(PRICES))
        pillars = {row[0]: row[1:] for row in reader.rows(PILLARS)}
    assert prices["open"] > prices["waived"] > prices["fixed"] == 0
    expected, waived, driver = pillars["infrastructure_hardening"]
    assert expected == prices["open"] + prices["kev"] + prices["waived"]
    assert (waived, driver) == (0, "payments-api"), "no decision in the ledger waives anything"
    assert len(pillars) == 5


def test_the_same_facts_judged_for_the_same_moment_have_the_same_digest(tmp_path: Path) -> None:
    first = publish(context(tmp_path / "a"), WORLD)
    second = publish(context(tmp_path / "b"), WORLD)
    assert first.results_digest == second.results_digest
    assert first.policy_digest == second.policy_digest
    calm = {**WORLD, "finding": []}
    assert publish(context(tmp_path / "c"), calm).results_digest != first.results_digest


def test_a_broken_control_of_a_home_is_an_error_and_the_publish_stands(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    pack = ctx.paths.config / "controls" / "mine"
    pack.mkdir(parents=True)
    (pack / "broken.yaml").write_text(
        "id: broken\ntitle: T\npillar: compliance_automation\nseverity: low\nrationale: R\n"
        "remediation: M\nframeworks: {dora: ['9(2)']}\ninputs: [{table: asset}]\n"
    )
    (pack / "broken.sql").write_text(
        "SELECT name AS resource, 'ok' AS status, CAST(CAST(name AS INTEGER) AS VARCHAR) AS reason"
        " FROM asset"
    )
    judgement = publish(ctx, WORLD)
    verdicts = {result.control_id: result.verdict for result in judgement.results}
    assert verdicts["broken"] is Verdict.ERROR
    assert ctx.store.generation() == judgement.generation
    assert {view.id for view in controls(ctx)} >= {"broken", "no-exposed-secret"}
    assert [o.control_id for o in check_controls(ctx.paths) if not o.is_ok] == ["broken"]


def test_priors_of_a_home_stand_in_place_of_ours_and_must_be_in_its_currency(
    tmp_path: Path,
) -> None:
    ctx = context(tmp_path)
    shipped = publish(ctx, WORLD)
    assert shipped.generation == 1
    own = ctx.paths.config / "exposure.yaml"
    own.parent.mkdir(parents=True, exist_ok=True)
    text = (Path(__file__).resolve().parents[2] / "config" / "exposure.yaml").read_text()
    own.write_text(text.replace("tiers: {1: 1.0", "tiers: {1: 0.5"))
    with ctx.store.reader() as reader:
        before = dict(reader.rows(PRICES))["open"]
    publish(ctx, {})
    with ctx.store.reader() as reader:
        assert dict(reader.rows(PRICES))["open"] == pytest.approx(before / 2, abs=Decimal("0.01"))
    own.write_text(text.replace("currency: EUR", "currency: USD"))
    with pytest.raises(ConfigError, match="priced in USD") as caught:
        publish(ctx, {})
    assert "exposure.yaml" in str(caught.value.hint)
    assert ctx.store.generation() == 2


def test_an_asset_of_the_settings_is_judged_although_nobody_saw_it(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    described = (AssetSettings(name="card-transactions", kind="dataset", tier=1),)
    ctx = dataclasses.replace(ctx, settings=msgspec.structs.replace(ctx.settings, assets=described))
    judgement = publish(ctx, {"reading": [{"subject_kind": "model", "subject": "m", "at": "-1m"}]})
    verdicts = {result.control_id: result.verdict for result in judgement.results}
    assert verdicts["data-checks-pass"] is Verdict.ALARM
    assert control(ctx, "data-checks-pass").rows[0].resource == "card-transactions"


def test_old_readings_thin_out_to_one_a_day(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    for hours in (0, 1, 2, 30, 120, 121):
        publish(later(ctx, hours=hours), {} if hours else WORLD)
    with ctx.store.reader() as reader:
        for table, key in (("kpi_reading", "kpi_id"), ("exposure_reading", "pillar")):
            query = f'SELECT {key}, list("at" ORDER BY "at") FROM {table} GROUP BY {key}'
            for _, moments in reader.rows(statement(query)):
                kept = [NOW.replace(tzinfo=None) + timedelta(hours=h) for h in (2, 30, 120, 121)]
                assert [moment.replace(tzinfo=None) for moment in moments] == kept


def test_without_a_key_the_evaluation_is_not_signed_and_that_is_said(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    judgement = publish(ctx, WORLD)
    assert record_evaluation(ctx, judgement, ctx.clock.now()) != ""
    assert list(ctx.paths.ledger.glob("chains/*")) == []


def test_frameworks_are_kept_with_the_verdict(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    publish(ctx, WORLD)
    with ctx.store.reader() as reader:
        rows = reader.rows(statement("SELECT frameworks FROM control WHERE id = 'waivers-valid'"))
    assert "dora" in json.loads(rows[0][0])
