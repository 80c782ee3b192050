"""Models: state from the readings of the serving version, rollback target, lineage, timeline."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.kpi import KpiState
from riskcockpit.domain.money import Money
from riskcockpit.errors import UnknownNameError
from riskcockpit.present.text import stamp
from riskcockpit.services.context import Context
from riskcockpit.services.models import POINTS, model, models
from support.caches import NOW, context, finding, publish

pytestmark = pytest.mark.usefixtures("without_policy")

FRAUD = "fraud-scoring"


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return context(tmp_path)


def registered(name: str = FRAUD, **columns: Any) -> dict[str, Any]:
    return {
        "name": name, "owner": "fraud", "tier": 1, "domain": "payments", "purpose": "score",
        "description": "", "tags": {}, "exposure": Decimal("5000.00"), "source_id": "registry",
        "seen_at": NOW,
    } | columns  # fmt: skip


def version(number: int, name: str = FRAUD, **columns: Any) -> dict[str, Any]:
    tags = columns.pop("tags", {"validation_status": "approved"})
    return {
        "model": name, "version": number, "status": "READY", "run_id": f"run{number}",
        "created_at": NOW - timedelta(days=100 - number), "run_user": "engineer",
        "description": "", "is_approved": tags.get("validation_status") == "approved",
        "is_rolled_back": "riskcockpit.rolled_back" in tags, "validated_by": "validator",
        "tags": tags, "metrics": {"auc": 0.97}, "params": {"depth": "6"},
        "datasets": [{"name": "train", "digest": "d1", "context": "training", "source": ""}],
        "artifacts": ["model", "shap_summary.png"], "source_id": "registry", "seen_at": NOW,
    } | columns  # fmt: skip


def alias(number: int, name: str = FRAUD) -> dict[str, Any]:
    return {
        "model": name, "alias": "champion", "version": number, "since": NOW - timedelta(days=3),
        "source_id": "registry", "seen_at": NOW,
    }  # fmt: skip


def reading(value: float, at: datetime, **columns: Any) -> dict[str, Any]:
    return {
        "subject_kind": "model", "subject": FRAUD, "metric": "auc", "metric_class": "accuracy",
        "segment": "", "version": 7, "at": at, "value": value, "unit": "ratio", "threshold": 0.9,
        "direction": "at_least", "is_breach": value < 0.9, "source_id": "metrics", "seen_at": NOW,
    } | columns  # fmt: skip


def fill(ctx: Context, *readings: dict[str, Any], champion: int | None = 7, **more: Any) -> None:
    publish(
        ctx.store,
        {
            "model": [registered()],
            "model_version": [version(n) for n in (5, 6, 7)],
            "model_alias": [] if champion is None else [alias(champion)],
            "reading": readings,
            **more,
        },
    )


def test_without_a_cache_there_are_no_models(ctx: Context) -> None:
    assert models(ctx) == ()
    with pytest.raises(UnknownNameError):
        model(ctx, FRAUD)


FRESH = NOW - timedelta(minutes=5)
OLD = NOW - timedelta(hours=2)


@pytest.mark.parametrize(
    ("readings", "champion", "state", "reason"),
    [
        ([], 7, KpiState.NO_DATA, "no reading yet"),
        ([reading(0.95, FRESH)], 7, KpiState.OK, ""),
        ([reading(0.8, OLD), reading(0.95, FRESH)], 7, KpiState.OK, ""),
        ([reading(0.8, FRESH)], 7, KpiState.ALARM, "auc 0.8 is below 0.9"),
        ([reading(0.8, OLD)], 7, KpiState.ALARM, "auc 0.8 is below 0.9"),
        ([reading(0.95, OLD)], 7, KpiState.STALE, "the newest reading is of 2026-11-24 10:00 UTC"),
        (
            [reading(0.95, FRESH), reading(0.3, OLD, metric="psi", is_breach=False)],
            7, KpiState.WARN, "psi has no reading since 2026-11-24 10:00 UTC",
        ),
        ([reading(0.95, FRESH)], None, KpiState.WARN, "no version serves as champion"),
        ([reading(0.8, FRESH)], 6, KpiState.NO_DATA, "no reading yet"),
        ([reading(0.8, FRESH), reading(0.96, FRESH, version=6)], 6, KpiState.OK, ""),
        (
            [reading(0.8, FRESH, segment="young"), reading(0.7, FRESH, metric="tpr")],
            7, KpiState.ALARM, "auc of young 0.8 is below 0.9 and 1 more",
        ),
        (
            [reading(0.3, FRESH, direction="at_most", threshold=0.2, is_breach=True)],
            7, KpiState.ALARM, "auc 0.3 is above 0.2",
        ),
    ],
)  # fmt: skip
def test_the_state_of_a_model_follows_the_readings_of_what_serves(
    ctx: Context, readings: list[Any], champion: int | None, state: KpiState, reason: str
) -> None:
    fill(ctx, *readings, champion=champion)
    (row,) = models(ctx)
    assert (row.state, row.reason) == (state, reason)


def test_a_row_has_what_the_list_shows(ctx: Context) -> None:
    fill(
        ctx,
        reading(0.1, FRESH, metric="psi", metric_class="drift", is_breach=False),
        reading(0.9, FRESH, metric="dir", metric_class="bias", is_breach=False),
        reading(0.95, FRESH),
    )
    (row,) = models(ctx)
    assert (row.champion, row.champion_since, row.rollback_target) == (
        7,
        NOW - timedelta(days=3),
        6,
    )
    assert row.exposure == Money(Decimal("5000.00"), "EUR")
    assert [metric.metric for metric in row.metrics] == ["auc", "dir", "psi"]


def test_a_trend_is_the_newest_points_oldest_first(ctx: Context) -> None:
    points = [reading(0.9 + n / 10_000, NOW - timedelta(minutes=300 - n)) for n in range(300)]
    fill(ctx, *points)
    (row,) = models(ctx)
    trend = row.metrics[0].trend
    assert len(trend) == POINTS
    assert [at for at, _ in trend] == sorted(at for at, _ in trend)
    assert trend[-1] == (row.metrics[0].as_of, row.metrics[0].value)


def test_a_rollback_does_not_end_the_past_and_what_never_served_is_no_part_of_it(
    ctx: Context,
) -> None:
    def ago(minutes: int) -> datetime:
        return NOW - timedelta(minutes=minutes)

    move = {
        "model": FRAUD, "alias": "champion", "from_version": 7, "to_version": 6, "at": ago(10),
        "decision_id": "d1",
    }  # fmt: skip
    bad = [reading(0.80 + n / 1000, ago(30 - n)) for n in range(20)]
    shadow = [reading(0.99, ago(n), version=6) for n in (25, 15)]
    good = [reading(0.95, ago(n), version=6) for n in (8, 5)]
    other = reading(0.1, ago(1), version=5)
    fill(ctx, *bad, *shadow, *good, other, champion=6, model_alias_move=[move])
    (row,) = models(ctx)
    (metric,) = row.metrics
    assert (metric.value, metric.version, row.state) == (0.95, 6, KpiState.OK)
    values = [value for _, value in metric.trend]
    assert values == [*(each["value"] for each in bad), 0.95, 0.95]


def test_right_after_a_rollback_the_past_is_there_and_the_first_reading_is_awaited(
    ctx: Context,
) -> None:
    move = {
        "model": FRAUD, "alias": "champion", "from_version": 7, "to_version": 6,
        "at": NOW - timedelta(seconds=20), "decision_id": "d1",
    }  # fmt: skip
    bad = [reading(0.80 + n / 1000, NOW - timedelta(minutes=30 - n)) for n in range(20)]
    fill(ctx, *bad, champion=6, model_alias_move=[move])
    (row,) = models(ctx)
    assert (row.state, row.metrics) == (KpiState.NO_DATA, ())
    assert row.reason == (
        f"version 6 serves since {stamp(NOW - timedelta(days=3))}; its first reading is awaited"
    )
    (past,) = row.former
    assert (past.version, past.state, past.value) == (7, KpiState.NO_DATA, bad[-1]["value"])
    assert [value for _, value in past.trend] == [each["value"] for each in bad]
    (later,) = models(replace(ctx, clock=FrozenClock(NOW + timedelta(days=2))))
    assert (later.former, later.reason) == ((), "no reading yet")


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({}, 6),
        ({6: {"tags": {}}}, 5),
        ({6: {"status": "FAILED_REGISTRATION"}}, 5),
        ({6: {"tags": {"validation_status": "approved", "riskcockpit.rolled_back": "x"}}}, 5),
        ({5: {"tags": {}}, 6: {"tags": {}}}, None),
    ],
)
def test_the_rollback_target_is_the_newest_older_approved_version(
    ctx: Context, changes: dict[int, dict[str, Any]], target: int | None
) -> None:
    versions = [version(n, **changes.get(n, {})) for n in (5, 6, 7, 8)]
    publish(
        ctx.store,
        {"model": [registered()], "model_version": versions, "model_alias": [alias(7)]},
    )
    assert models(ctx)[0].rollback_target == target


def test_models_in_alarm_come_first_then_by_tier(ctx: Context) -> None:
    names = {"a": 3, "b": 1, "c": 2}
    publish(
        ctx.store,
        {
            "model": [registered(name, tier=tier) for name, tier in names.items()],
            "model_alias": [alias(7, name) for name in names],
            "reading": [reading(0.5, FRESH, subject="c"), reading(0.95, FRESH, subject="a"),
                        reading(0.95, FRESH, subject="b")],
        },
    )  # fmt: skip
    assert [row.name for row in models(ctx)] == ["c", "b", "a"]


def test_a_detail_shows_versions_with_lineage_newest_first(ctx: Context) -> None:
    fill(ctx, reading(0.95, FRESH))
    detail = model(ctx, FRAUD)
    assert [found.version for found in detail.versions] == [7, 6, 5]
    newest = detail.versions[0]
    assert newest.aliases == ("champion",)
    assert newest.datasets == (("train", "d1"),)
    assert newest.params == {"depth": "6"}
    assert newest.metrics == {"auc": 0.97}
    assert newest.explanation == "shap_summary.png"
    assert detail.purpose == "score"


def test_a_timeline_tells_moves_decisions_and_alarms_newest_first(ctx: Context) -> None:
    alarm = finding("drop", model=FRAUD, title="AUC below threshold", **{"class": "model"})
    move = {"model": FRAUD, "alias": "champion", "decision_id": ""}
    fill(
        ctx,
        model_alias_move=[
            move | {"from_version": 6, "to_version": 7, "at": NOW - timedelta(days=3)},
            move | {"from_version": 7, "to_version": 6, "at": NOW, "decision_id": "e" * 64},
        ],
        ledger_entry=[
            {
                "hash": "e" * 64, "chain": "c", "seq": 0, "ts": NOW - timedelta(minutes=1),
                "actor": "engineer", "key_fp": "", "type": "rollback.approved", "subject": FRAUD,
                "summary": "roll back to 6", "data": "{}",
            }
        ],
        finding=[alarm],
        finding_event=[
            {"finding_id": alarm["id"], "at": NOW - timedelta(minutes=9), "kind": "created",
             "scan_id": "", "detail": "0.8"},
            {"finding_id": alarm["id"], "at": NOW - timedelta(minutes=8), "kind": "seen",
             "scan_id": "", "detail": ""},
        ],
    )  # fmt: skip
    told = [(event.kind, event.text) for event in model(ctx, FRAUD).timeline]
    assert told[:4] == [
        ("alias", "champion moved from version 7 to version 6: decision eeeeeeeeee"),
        ("rollback.approved", "roll back to 6, signed by engineer (eeeeeeeeee)"),
        ("finding", "AUC below threshold created: 0.8"),
        ("alias", "champion moved from version 6 to version 7: no decision here explains it"),
    ]
    assert told[4][1] == "version 7 registered by engineer, validated by validator (READY)"


def test_an_unknown_model_names_the_nearest(ctx: Context) -> None:
    fill(ctx)
    with pytest.raises(UnknownNameError) as caught:
        model(ctx, "fraud-scorin")
    assert caught.value.hint == f"did you mean {FRAUD!r}?"
