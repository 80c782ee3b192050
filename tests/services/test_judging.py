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
from riskcockpit.controls.incremental import states
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.control import Verdict
from riskcockpit.errors import ConfigError, InputError
from riskcockpit.services.context import Context
from riskcockpit.services.governance import (
    check_controls,
    control,
    controls,
    new_control,
    run_controls,
)
from riskcockpit.services.judging import Judgement, judge, record_evaluation
from riskcockpit.services.policy import controls_in_force, kpis_in_force
from riskcockpit.services.pricing import price, scenarios_in_force
from riskcockpit.store.guard import CACHE_TABLES
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


@pytest.mark.parametrize(
    ("states", "counted"),
    [
        ("open open open open", "a1 a2"),
        ("open waived open open", "b1 b2"),
        ("waived waived open fixed", "b1"),
        ("waived waived waived fixed", "a1 a2"),
        ("fixed fixed false_positive open", "b2"),
    ],
)
def test_a_fault_that_two_tools_see_costs_once(tmp_path: Path, states: str, counted: str) -> None:
    """The one with the most open says what it costs; a waiver of one tool's does not halve it."""
    ctx = context(tmp_path)
    ids = ("a1", "a2", "b1", "b2")
    grave = {"a1": 3, "a2": 3, "b1": 3, "b2": 2}
    rows = [
        {"id": id_, "class": "code", "asset": "payments-api", "severity": grave[id_],
         "tool": id_[0], "state": state, "pillar": "infrastructure_hardening", "correlation": "one"}
        for id_, state in zip(ids, states.split(), strict=True)
    ]  # fmt: skip
    alone = {**rows[2], "id": "c", "correlation": "", "state": "open"}
    with ctx.store.writer() as tx:
        fill(tx, {**WORLD, "finding": [*rows, alone]}, NOW)
        price(ctx, tx, NOW)
    with ctx.store.reader() as reader:
        prices = dict(reader.rows(PRICES))
        ((expected, waived),) = (
            row[1:3] for row in reader.rows(PILLARS) if row[0] == "infrastructure_hardening"
        )
    assert {id_ for id_ in ids if prices[id_]} == set(counted.split())
    assert prices["c"] > 0
    assert expected + waived == sum(prices.values())


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


def test_an_alert_about_a_version_that_does_not_serve_costs_nothing(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    about = {"class": "model", "model": "fraud", "severity": 4, "state": "open",
             "pillar": "model_validation"}  # fmt: skip
    named = {"serves": "v2", "replaced": "3", "unnamed": "", "odd": "latest"}
    publish(ctx, {
        "model": [{"name": "fraud", "tier": 1}],
        "model_alias": [{"model": "fraud", "alias": "champion", "version": 2}],
        "finding": [{"id": i, "package_version": v, **about} for i, v in named.items()],
    })  # fmt: skip
    with ctx.store.reader() as reader:
        prices = dict(reader.rows(PRICES))
    assert [name for name in named if not prices[name]] == ["replaced"]


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
    checked = check_controls(ctx.paths, ["broken", "no-exposed-secret"])
    assert {o.control_id for o in checked if not o.is_ok} == {"broken"}


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


def test_only_controls_whose_inputs_changed_run_again(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    first = publish(ctx, WORLD)
    assert first.ran == {result.control_id for result in first.results}
    reading = [{"subject_kind": "model", "subject": "fraud", "metric": "auc", "at": "-1m",
                "metric_class": "accuracy"}]  # fmt: skip
    second = publish(later(ctx, minutes=5), {"reading": reading})
    reads = {c.id for c in controls_in_force(ctx.paths) if "reading" in c.inputs}
    assert second.ran >= reads
    assert "no-overdue-critical" not in second.ran
    kept = {view.id: view for view in controls(ctx)}["no-overdue-critical"]
    assert (kept.verdict, kept.at) == ("alarm", NOW)
    assert [row.resource for row in control(ctx, "no-overdue-critical").rows] == ["payments-api"]
    third = publish(later(ctx, minutes=25), {})
    assert "no-overdue-critical" in third.ran, "it asks for the time, and some has passed"


def test_what_is_not_run_again_comes_to_the_same_as_what_is(tmp_path: Path) -> None:
    spread, at_once = context(tmp_path / "a"), context(tmp_path / "b")
    publish(spread, {"asset": WORLD["asset"]})
    publish(spread, {"scan": WORLD["scan"]})
    assert publish(spread, {"finding": WORLD["finding"]}).results_digest == (
        publish(at_once, WORLD).results_digest
    )


def test_a_verdict_that_was_kept_grows_stale_with_its_inputs(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    old = {**WORLD, "scan": [{**WORLD["scan"][0], "scanned_at": "-2870m"}]}  # 48 h but 10 min
    publish(ctx, old)
    judgement = publish(later(ctx, minutes=12), {})
    assert "no-overdue-critical" in judgement.ran, "its input has become too old since"
    verdicts = {result.control_id: result.verdict for result in judgement.results}
    assert verdicts["no-overdue-critical"] is Verdict.STALE


def test_every_table_has_a_state(tmp_path: Path) -> None:
    with context(tmp_path).store.writer() as tx:
        assert states(tx).keys() == CACHE_TABLES - {"control", "control_row"}


def test_a_number_is_measured_again_when_what_it_rests_on_changed(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    first = {reading.kpi_id for reading in publish(ctx, WORLD).kpis}
    assert first == {kpi.id for kpi in kpis_in_force(ctx.paths)}
    reading = [{"subject_kind": "model", "subject": "fraud", "metric": "auc", "at": "-1m",
                "metric_class": "accuracy"}]  # fmt: skip
    second = {each.kpi_id for each in publish(later(ctx, minutes=5), {"reading": reading}).kpis}
    assert {"fresh-telemetry", "controls-passing"} <= second
    assert "exposed-secrets" not in second
    assert {each.kpi_id for each in publish(later(ctx, minutes=25), {}).kpis} == first


def test_what_a_home_sets_otherwise_is_in_the_signed_entry_and_in_the_explanation(
    tmp_path: Path,
) -> None:
    ctx = context(tmp_path)
    before = publish(ctx, WORLD)
    directory = ctx.paths.config / "controls"
    directory.mkdir(parents=True)
    (directory / "parameters.yaml").write_text(
        "overrides: [{control: no-overdue-critical, params: {severity: 3}, "
        "reason: High ones count here as well, decided_by: risk-committee}]\n"
    )
    after = publish(later(ctx, minutes=1), {})
    assert "no-overdue-critical" in after.ran
    assert after.policy_digest == before.policy_digest, "the files are the same"
    assert after.overrides == {"no-overdue-critical": {"severity": 3}}
    shown = control(ctx, "no-overdue-critical")
    assert shown.params["severity"] == 3
    assert "risk-committee" in shown.why_set["severity"]


def test_a_new_control_passes_its_own_cases_and_runs(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    files = new_control(ctx.paths, "assets-owned", "mine")
    assert [file.name for file in files] == ["assets-owned.yaml", "assets-owned.sql"]
    outcomes = check_controls(ctx.paths, ["assets-owned"])
    assert {o.control_id for o in outcomes} == {"assets-owned"}
    with pytest.raises(InputError, match="no control"):
        check_controls(ctx.paths, ["assets-ownd"])
    assert [o.is_ok for o in outcomes] == [True, True, True]
    publish(ctx, WORLD)
    (result,) = run_controls(ctx, ["assets-owned"])
    assert (result.verdict, result.failed) == (Verdict.ALARM, 1)
    with pytest.raises(InputError):
        new_control(ctx.paths, "assets-owned", "mine")
    with pytest.raises(InputError):
        new_control(ctx.paths, "../escaped", "mine")


@pytest.mark.parametrize(
    "text", ["a: &a [1]\nb: *a\n", "a: " + "{b: " * 5000 + "1" + "}" * 5000, "k" * 1_000_001]
)
def test_scenarios_are_read_within_the_limits_of_all_settings(tmp_path: Path, text: str) -> None:
    ctx = context(tmp_path)
    ctx.paths.config.mkdir(parents=True, exist_ok=True)
    (ctx.paths.config / "exposure.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"aliases|nested deeper|larger than"):
        scenarios_in_force(ctx)
