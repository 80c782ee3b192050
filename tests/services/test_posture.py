"""The overview: states with reasons, what needs a person, money, freshness."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from riskcockpit.config.settings import SourceSettings
from riskcockpit.controls.cases import fill
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.reading import Direction
from riskcockpit.domain.severity import Severity
from riskcockpit.services.alert_facts import facts
from riskcockpit.services.context import Context
from riskcockpit.services.gathering import gather
from riskcockpit.services.judging import judge
from riskcockpit.services.posture import pillar_state, posture
from riskcockpit.services.summary import ControlFact
from riskcockpit.views.posture import KpiView, PillarView, PostureView, QueueItem, QueueKind
from support.caches import NOW, context

Rows = dict[str, list[dict[str, Any]]]
MODEL: Rows = {
    "model": [{"name": "fraud", "tier": 1}],
    "model_alias": [{"model": "fraud", "alias": "champion", "version": 7}],
    "model_version": [
        {"model": "fraud", "version": 7, "status": "READY", "is_approved": True,
         "run_user": "author", "validated_by": "validator", "artifacts": ["shap.json"],
         "datasets": [{"name": "cards", "digest": "a1", "context": "training", "source": ""}]},
        {"model": "fraud", "version": 6, "status": "READY", "is_approved": True},
    ],
}  # fmt: skip
ALARM: dict[str, Any] = {
    "id": "drop", "class": "model", "asset": "fraud", "model": "fraud", "metric": "accuracy",
    "title": "fraud: accuracy 0.81 < 0.90", "severity": 4, "state": "open",
    "pillar": "model_validation", "onset_at": "-9m", "detected_at": "-5m",
}  # fmt: skip


def judged(ctx: Context, rows: Rows) -> None:
    with ctx.store.writer() as tx:
        fill(tx, rows, ctx.clock.now())
        judge(ctx, tx, ctx.clock.now())


def after(ctx: Context, **span: float) -> Context:
    return dataclasses.replace(ctx, clock=FrozenClock(ctx.clock.now() + timedelta(**span)))


def kpi(view: PostureView, name: str) -> KpiView:
    return next(each for pillar in view.pillars for each in pillar.kpis if each.id == name)


def pillar(view: PostureView, which: Pillar) -> PillarView:
    return next(each for each in view.pillars if each.pillar is which)


def vulnerability(name: str, cve: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "class": "dependency", "asset": f"asset-{name}", "vulnerability": cve,
        "severity": 4, "state": "open", "pillar": "infrastructure_hardening", "title": cve,
        "due_at": "+9h", **more,
    }  # fmt: skip


def test_without_a_cache_there_are_five_pillars_without_data(tmp_path: Path) -> None:
    view = posture(context(tmp_path))
    assert [each.pillar for each in view.pillars] == list(Pillar)
    assert {each.state for each in view.pillars} == {KpiState.NO_DATA}
    assert all(each.kpis and each.reason for each in view.pillars)
    assert (view.generation, len(view.queue), view.exposure.mean.amount) == (0, 0, Decimal(0))
    assert not (tmp_path / "cache").exists()


def test_an_empty_cache_is_no_data_never_ok(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    judged(ctx, {})
    assert {each.state for each in posture(ctx).pillars} == {KpiState.NO_DATA}


def test_a_breach_shows_in_the_pillar_the_queue_and_the_money(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    judged(ctx, {**MODEL, "reading": [
        {"subject_kind": "model", "subject": "fraud", "metric": "accuracy", "at": "-1m",
         "metric_class": "accuracy", "value": 0.94, "threshold": 0.9, "version": 7}]})  # fmt: skip
    calm = posture(ctx)
    ctx = after(ctx, minutes=2)
    judged(ctx, {"finding": [ALARM], "reading": [
        {"subject_kind": "model", "subject": "fraud", "metric": "accuracy", "at": "-1m",
         "metric_class": "accuracy", "value": 0.81, "threshold": 0.9, "version": 7,
         "is_breach": True}]})  # fmt: skip
    view = posture(ctx)
    hit = pillar(view, Pillar.MODEL_VALIDATION)
    assert hit.state is KpiState.ALARM
    assert "accuracy" in hit.reason
    assert hit.at_risk.amount > pillar(calm, Pillar.MODEL_VALIDATION).at_risk.amount > 0
    assert view.exposure.driver == "fraud"
    item = view.queue[0]
    assert (item.kind, item.subject, item.state) == (QueueKind.MODEL_ALARM, "fraud", KpiState.ALARM)
    assert item.keys[0] == "r"
    assert "v6" in item.detail


def test_without_a_version_to_go_back_to_rolling_back_is_not_offered(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    judged(ctx, {**MODEL, "model_version": MODEL["model_version"][:1], "finding": [ALARM]})
    assert "r" not in posture(ctx).queue[0].keys


def test_an_alarm_of_the_champion_before_offers_no_second_rollback(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    moved = {"model": "fraud", "alias": "champion", "version": 7, "since": "-1m"}
    judged(ctx, {**MODEL, "model_alias": [moved], "finding": [{**ALARM, "last_seen": "-2m"}]})
    item = posture(ctx).queue[0]
    assert (item.subject, item.keys) == ("fraud", ("n",))
    assert "v6" not in item.detail
    assert "awaited" in item.detail


def test_an_alarm_over_a_window_from_before_the_move_is_settling(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    moved = {"model": "fraud", "alias": "champion", "version": 7, "since": "-60s"}
    reading = {
        "subject_kind": "model", "subject": "fraud", "metric": "accuracy", "value": 0.8,
        "at": "-20s", "window_seconds": 45,
    }  # fmt: skip
    rows = {**MODEL, "model_alias": [moved], "reading": [reading]}
    judged(ctx, {**rows, "finding": [{**ALARM, "last_seen": "-20s"}]})
    item = posture(ctx).queue[0]
    assert item.keys == ("n",)
    assert "settling" in item.detail
    assert "v6" not in item.detail
    later = context(tmp_path / "later")
    judged(later, {**rows, "finding": [{**ALARM, "last_seen": "-10s"}]})
    item = posture(later).queue[0]
    assert item.keys == ("r", "n"), "a whole window of its own is in breach"
    assert "roll back to v6 is ready" in item.detail


def test_a_model_without_champion_needs_a_person(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    made = [{**each, "created_at": "-9h"} for each in MODEL["model_version"]]
    rows = {"model": MODEL["model"], "model_version": made}
    judged(ctx, rows)
    (item,) = [each for each in posture(ctx).queue if each.kind is QueueKind.CHAMPION_MISSING]
    assert item.since == NOW - timedelta(hours=9), "since there was something that could serve"
    lost = {"model": "fraud", "alias": "champion", "from_version": 7, "at": "-2h"}
    later = context(tmp_path / "later")
    judged(later, {**rows, "model_alias_move": [{**lost, "to_version": None}]})
    (item,) = [each for each in posture(later).queue if each.kind is QueueKind.CHAMPION_MISSING]
    assert item.since == NOW - timedelta(hours=2)


def test_deadlines_are_grouped_and_only_those_of_the_next_day_are_shown(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    rows = [vulnerability(f"a{n}", "CVE-2026-0001") for n in range(40)]
    rows += [
        vulnerability("kev", "CVE-2026-0002", severity=2, is_kev=True, due_at="-1h"),
        vulnerability("later", "CVE-2026-0003", due_at="+25h"),
        vulnerability("minor", "CVE-2026-0004", severity=2),
        vulnerability("done", "CVE-2026-0005", state="fixed"),
    ]
    judged(ctx, {"finding": rows})
    items = [item for item in posture(ctx).queue if item.kind is QueueKind.SLA]
    assert {item.title.split()[0] for item in items} == {"CVE-2026-0001", "CVE-2026-0002"}
    group = next(item for item in items if item.title.startswith("CVE-2026-0001"))
    assert "40" in f"{group.title} {group.detail}"
    assert group.at_risk is not None
    assert group.at_risk.amount > 0


def test_the_queue_is_ordered_by_consequence_and_its_ids_are_stable(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    judged(ctx, {
        **MODEL, "finding": [ALARM, vulnerability("a", "CVE-2026-0001", due_at="-1h")],
        "scan": [{"id": "s", "scope": "s", "asset": "web", "tool": "t", "held": 30,
                  "scanned_at": "-1h", "outcome": "held"}],
    })  # fmt: skip
    queue = posture(ctx).queue
    assert queue[0].kind is QueueKind.MODEL_ALARM
    assert queue[-1].kind is QueueKind.IMPORT_HELD
    alarms = [item.state is KpiState.ALARM for item in queue]
    assert alarms == sorted(alarms, reverse=True)
    later = posture(after(ctx, minutes=3)).queue
    assert ids(later) == ids(queue)
    assert len(set(ids(queue))) == len(queue)


def ids(queue: tuple[QueueItem, ...]) -> list[str]:
    return [item.id for item in queue]


def test_a_good_number_grows_stale_while_nobody_publishes(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    check = {"subject_kind": "dataset", "subject": "cards", "metric": "checks",
             "metric_class": "quality", "unit": "ratio", "at": "-1m", "value": 1.0}  # fmt: skip
    judged(ctx, {"reading": [check]})
    assert kpi(posture(ctx), "data-checks-passing").state is KpiState.OK
    old = posture(after(ctx, hours=25))
    assert kpi(old, "data-checks-passing").state is KpiState.STALE
    assert pillar(old, Pillar.DATA_INTEGRITY).state is KpiState.STALE


def test_trends_hold_one_value_a_day_oldest_first(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    check = {"subject_kind": "dataset", "metric_class": "quality", "unit": "ratio", "at": "-1m"}
    for hours, share in ((0, 0.5), (1, 1.0), (24, None), (72, 0.75)):
        rows = [] if share is None else [{**check, "subject": "cards", "value": share}]
        judged(after(ctx, hours=hours), {"reading": rows})
    trend = kpi(posture(after(ctx, hours=72)), "data-checks-passing").trend
    assert trend == (100.0, 100.0, None, 75.0)


def test_the_change_since_yesterday_needs_a_reading_that_old(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    judged(ctx, {"finding": [vulnerability("a", "CVE-2026-0001")]})
    assert posture(ctx).exposure.change is None
    next_day = after(ctx, hours=25)
    judged(next_day, {"finding": [vulnerability("b", "CVE-2026-0001")]})
    view = posture(next_day)
    assert view.exposure.change is not None
    assert view.exposure.change.amount == view.exposure.mean.amount / 2
    change = pillar(view, Pillar.INFRASTRUCTURE_HARDENING).at_risk_change
    assert change is not None
    assert change.amount == view.exposure.change.amount


def test_exposure_is_in_the_currency_of_the_settings_and_has_no_simulated_part_yet(
    tmp_path: Path,
) -> None:
    ctx = context(tmp_path)
    judged(ctx, {"finding": [vulnerability("a", "CVE-2026-0001")]})
    exposure = posture(ctx).exposure
    assert (exposure.mean.currency, exposure.p95) == ("EUR", None)
    assert exposure.appetite.amount == Decimal(15_000_000)


@pytest.mark.parametrize(
    ("age_hours", "state", "shown"),
    [(1, "ok", "ok"), (25, "ok", "partial"), (25, "failed", "failed")],
)
def test_a_source_that_did_not_answer_for_long_is_not_ok(
    tmp_path: Path, age_hours: int, state: str, shown: str
) -> None:
    ctx = context(tmp_path)
    sources = (SourceSettings(name="m", kind="mlflow"), SourceSettings(name="new", kind="files"))
    ctx = dataclasses.replace(ctx, settings=msgspec.structs.replace(ctx.settings, sources=sources))
    judged(ctx, {"source": [{"name": "m", "kind": "mlflow", "state": state,
                             "last_success": NOW - timedelta(hours=age_hours)}]})  # fmt: skip
    assert [(s.name, s.state) for s in posture(ctx).sources] == [("m", shown), ("new", "never")]


def view_of(state: KpiState) -> KpiView:
    value = None if state is KpiState.NO_DATA else 1.0
    return KpiView("k", "Some share", "", "percent", value, 99, Direction.AT_LEAST, state, None, 1)


FAILING = ControlFact("c", "Some control", "data_integrity", Severity.HIGH, "alarm", "", 1, 0, NOW)
MINOR = ControlFact("c", "Some control", "data_integrity", Severity.MEDIUM, "alarm", "", 1, 0, NOW)


@pytest.mark.parametrize(
    ("states", "failing", "expected", "reason"),
    [
        ("ok ok", [], "ok", ""),
        ("ok no_data", [], "ok", ""),
        ("no_data ok", [], "no_data", "Some share: no data"),
        ("ok warn", [], "warn", "Some share"),
        ("ok stale", [], "stale", "too old"),
        ("warn stale alarm", [], "alarm", "Some share"),
        ("ok", [FAILING], "alarm", "control fails: Some control"),
        ("stale", [FAILING], "alarm", "control fails: Some control"),
        ("ok", [MINOR], "warn", "Some control"),
        ("", [], "no_data", "no KPI"),
    ],
)
def test_the_state_of_a_pillar_is_the_worst_with_its_reason(
    states: str, failing: list[ControlFact], expected: str, reason: str
) -> None:
    kpis = [view_of(KpiState(word)) for word in states.split()]
    state, sentence = pillar_state(kpis, failing)
    assert state.value == expected
    assert reason in sentence
    assert bool(sentence) == (state is not KpiState.OK)


@pytest.mark.parametrize(
    ("finding", "since"),
    [
        ({"first_seen": "-2d"}, timedelta(days=2)),
        ({"first_seen": "-9d", "reopened_at": "-3d"}, timedelta(days=3)),
        ({"first_seen": "-9d", "due_at": "-1d"}, timedelta(days=1)),
        ({"id": "not among what fails", "first_seen": "-9d"}, timedelta(minutes=1)),
    ],
)
def test_a_control_fails_since_the_oldest_finding_that_it_fails_over(
    tmp_path: Path, finding: dict[str, Any], since: timedelta
) -> None:
    ctx = context(tmp_path)
    with ctx.store.writer() as tx:
        fill(tx, {
            "control": [{"id": "c", "verdict": "alarm", "failed": 1, "at": "-1m", "title": "c",
                         "pillar": "data_integrity"}],
            "control_row": [{"control_id": "c", "resource": "f", "status": "alarm"}],
            "finding": [{"id": "f", **finding}],
        }, NOW)  # fmt: skip
    with ctx.store.reader() as reader:
        found = facts(ctx, gather(reader, NOW, timedelta(days=7)), NOW)
    assert [NOW - each.since for each in found if each.key == "control:c"] == [since]
