"""Models and readings: alias moves are journalled, a breach is a finding until it is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.domain.model import DatasetRef, ModelVersion, RegisteredModel
from riskcockpit.domain.reading import Direction, MetricClass, Reading, SubjectKind
from riskcockpit.domain.severity import Severity
from riskcockpit.ingest.changes import judge_changes
from riskcockpit.ingest.models import forget_models, record_models
from riskcockpit.ingest.readings import record_readings
from riskcockpit.store.sql import Sql
from support.ingesting import START, Bank, open_bank

MINUTE = timedelta(minutes=1)


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return open_bank(tmp_path)


def model(champion: int | None = 7, **more: str) -> RegisteredModel:
    tags = {"risk_tier": "1", "owner": "team-fraud", "purpose": "fraud", "domain": "cards"} | more
    version_tags = {"validation_status": "approved", "validated_by": "validator"}
    versions = tuple(
        ModelVersion(
            "fraud", number, "READY", START, tags=version_tags, metrics={"auc": 0.9},
            params={"depth": "7"}, datasets=(DatasetRef("cards", "d1", "training"),),
            artifacts=("model",),
        )
        for number in (7, 6)
    )  # fmt: skip
    aliases = {"champion": champion} if champion else {}
    return RegisteredModel("fraud", versions, aliases, tags)


def reading(value: float, at: datetime, version: int | None = 7, **more: Any) -> Reading:
    given: dict[str, Any] = {
        "subject_kind": SubjectKind.MODEL, "subject": "fraud", "metric": "accuracy",
        "metric_class": MetricClass.ACCURACY, "threshold": 0.9,
    } | more  # fmt: skip
    return Reading(value=value, at=at, version=version, **given)


def tell(bank: Bank, values: Mapping[int, float], **more: Any) -> int:
    """Record readings by minute after the start; the clock stands at the last one plus one."""
    readings = [reading(value, START + minute * MINUTE, **more) for minute, value in values.items()]
    bank.now = START + (max(values) + 1) * MINUTE
    with bank.writing() as tx:
        return record_readings(tx, readings, "prometheus", bank.now)


def register(bank: Bank, *models: RegisteredModel, at: datetime = START) -> None:
    with bank.writing() as tx:
        record_models(tx, models, "mlflow", at)


def breaches(bank: Bank) -> list[tuple[object, ...]]:
    return bank.rows("SELECT state, onset_at, first_seen, fixed_at FROM finding ORDER BY metric")


def test_a_model_is_kept_with_its_versions_and_aliases(bank: Bank) -> None:
    register(bank, model())
    register(bank, model())
    assert bank.rows("SELECT name, owner, tier, domain, purpose FROM model") == [
        ("fraud", "team-fraud", 1, "cards", "fraud")
    ]
    assert bank.rows(
        "SELECT version, is_approved, validated_by, metrics, datasets FROM model_version"
        " ORDER BY version"
    ) == [
        (number, True, "validator", {"auc": 0.9},
         [{"name": "cards", "digest": "d1", "context": "training", "source": ""}])
        for number in (6, 7)
    ]  # fmt: skip
    assert bank.rows("SELECT alias, version, since FROM model_alias") == [("champion", 7, START)]
    assert bank.rows("FROM model_alias_move") == []


def test_every_move_of_an_alias_is_journalled_even_its_loss(bank: Bank) -> None:
    register(bank, model(7))
    register(bank, model(6), at=START + MINUTE)
    register(bank, model(None), at=START + 2 * MINUTE)
    register(bank, model(None), at=START + 3 * MINUTE)
    register(bank, model(7), at=START + 4 * MINUTE)
    assert bank.rows(
        'SELECT from_version, to_version, "at", decision_id FROM model_alias_move ORDER BY "at"'
    ) == [
        (7, 6, START + MINUTE, ""),
        (6, None, START + 2 * MINUTE, ""),
        (None, 7, START + 4 * MINUTE, ""),
    ]
    assert bank.rows("SELECT version, since FROM model_alias") == [(7, START + 4 * MINUTE)]


def test_a_version_deleted_upstream_is_gone(bank: Bank) -> None:
    register(bank, model())
    one = model()
    register(bank, RegisteredModel(one.name, one.versions[:1], one.aliases, one.tags))
    assert bank.rows("SELECT version FROM model_version") == [(7,)]


def test_a_reading_is_kept_once(bank: Bank) -> None:
    assert tell(bank, {0: 0.95, 1: 0.94}) == 2
    assert tell(bank, {1: 0.94, 2: 0.95}) == 1
    assert tell(bank, {2: 0.95}) == 0
    assert bank.rows("SELECT count(*) FROM reading") == [(3,)]


def test_a_breach_begins_with_its_first_reading_beyond_the_threshold(bank: Bank) -> None:
    register(bank, model())
    tell(bank, {0: 0.80, 1: 0.95, 2: 0.89, 3: 0.85})
    assert bank.rows(
        "SELECT class, asset, tool, rule, severity, pillar, metric, onset_at, detected_at,"
        " first_seen FROM finding"
    ) == [
        ("model", "fraud", "riskcockpit.monitor", "accuracy.threshold", int(Severity.CRITICAL),
         "model_validation", "accuracy", START + 2 * MINUTE, START + 4 * MINUTE,
         START + 3 * MINUTE)
    ]  # fmt: skip


def test_a_breach_ends_with_the_first_good_reading_and_begins_anew_with_the_next(
    bank: Bank,
) -> None:
    register(bank, model())
    tell(bank, {0: 0.80})
    tell(bank, {1: 0.81, 2: 0.92, 3: 0.93})
    assert breaches(bank) == [("fixed", START, START, START + 2 * MINUTE)]
    tell(bank, {4: 0.94})
    assert breaches(bank) == [("fixed", START, START, START + 2 * MINUTE)]
    tell(bank, {5: 0.70})
    assert breaches(bank) == [("open", START + 5 * MINUTE, START, None)]
    assert bank.rows("SELECT reopened_count, detected_at FROM finding") == [(1, START + 6 * MINUTE)]


def test_silence_ends_nothing(bank: Bank) -> None:
    tell(bank, {0: 0.80})
    register(bank, model())
    tell(bank, {90: 0.05}, metric="psi", metric_class=MetricClass.DRIFT,
         direction=Direction.AT_MOST, threshold=0.2)  # fmt: skip
    assert bank.states() == {"open": 1}


def test_a_rollback_ends_the_breaches_of_the_version_that_served_before(bank: Bank) -> None:
    register(bank, model(7))
    tell(bank, {0: 0.80, 1: 0.79})
    tell(bank, {1: 0.95}, version=6)
    assert bank.states() == {"open": 1}
    register(bank, model(6), at=START + 5 * MINUTE)
    assert bank.states() == {"fixed": 1}
    tell(bank, {6: 0.70}, version=7)
    assert bank.states() == {"fixed": 1}
    tell(bank, {7: 0.70}, version=6)
    assert bank.states() == {"open": 1}


@pytest.mark.parametrize(
    ("metric_class", "tier", "expected"),
    [
        (MetricClass.ACCURACY, "1", Severity.CRITICAL),
        (MetricClass.BIAS, "2", Severity.HIGH),
        (MetricClass.DRIFT, "1", Severity.HIGH),
        (MetricClass.DRIFT, "3", Severity.MEDIUM),
        (MetricClass.QUALITY, "1", Severity.HIGH),
        (MetricClass.FRESHNESS, "1", Severity.MEDIUM),
        (MetricClass.OTHER, "1", Severity.MEDIUM),
    ],
)
def test_severity_follows_the_metric_and_the_tier(
    bank: Bank, metric_class: MetricClass, tier: str, expected: Severity
) -> None:
    register(bank, model(risk_tier=tier))
    tell(bank, {0: 0.5}, metric_class=metric_class)
    assert bank.rows("SELECT severity FROM finding") == [(int(expected),)]


def test_a_data_set_beyond_its_threshold_is_a_data_finding(bank: Bank) -> None:
    tell(bank, {0: 90_000.0, 1: 91_000.0}, version=None, subject_kind=SubjectKind.DATASET,
         subject="loans", metric="age", metric_class=MetricClass.FRESHNESS, unit="seconds",
         threshold=86_400.0, direction=Direction.AT_MOST)  # fmt: skip
    assert bank.rows("SELECT class, asset, pillar, state, title FROM finding") == [
        ("data", "loans", "data_integrity", "open", "loans: age 25.28 h is above 24 h")
    ]
    assert bank.rows("SELECT kind FROM asset") == [("dataset",)]


def test_each_segment_and_metric_is_a_finding_of_its_own(bank: Bank) -> None:
    for segment in ("age>60", "age<30"):
        tell(bank, {0: 0.5}, segment=segment)
    tell(bank, {1: 0.95}, segment="age>60")
    assert bank.rows("SELECT segment, state FROM finding ORDER BY segment") == [
        ("age<30", "open"), ("age>60", "fixed"),
    ]  # fmt: skip


def test_a_breach_of_a_service_is_kept_as_a_reading_only(bank: Bank) -> None:
    tell(bank, {0: 0.5}, subject_kind=SubjectKind.SERVICE, subject="api")
    assert bank.states() == {}


def test_a_reading_that_says_nothing_new_makes_no_scan(bank: Bank) -> None:
    register(bank, model())
    tell(bank, {0: 0.95, 1: 0.96})
    assert bank.rows("FROM scan") == []


def moved(bank: Bank, at: datetime) -> list[tuple[object, ...]]:
    """Judge the moves and return the findings of those nobody decided."""
    with bank.writing() as tx:
        judge_changes(tx, at)
    return bank.rows(
        "SELECT state, severity, title, onset_at FROM finding WHERE tool = 'riskcockpit.registry'"
    )


def test_a_move_nobody_decided_is_a_finding_until_a_decision_moves_it_on(bank: Bank) -> None:
    register(bank, model(7))
    assert moved(bank, START) == [], "the first sight of a model is no move"
    register(bank, model(6), at=START + MINUTE)
    ((state, severity, title, onset),) = moved(bank, START + 2 * MINUTE)
    assert (state, severity, onset) == ("open", Severity.CRITICAL, START + MINUTE)
    assert "from version 7 to version 6" in str(title)
    written = bank.rows("SELECT rev FROM finding")
    assert moved(bank, START + 3 * MINUTE)[0][0] == "open"
    assert bank.rows("SELECT rev FROM finding") == written, "nothing is written anew"
    register(bank, model(7), at=START + 4 * MINUTE)
    with bank.writing() as tx:  # as the projection of a decision of ours does
        tx.execute(
            Sql("test", "UPDATE model_alias_move SET decision_id = 'd' WHERE to_version = 7")
        )
    assert moved(bank, START + 5 * MINUTE)[0][0] == "fixed"


def test_a_champion_that_vanishes_and_comes_back_elsewhere_was_moved(bank: Bank) -> None:
    register(bank, model(7))
    register(bank, model(None), at=START + MINUTE)
    ((state, severity, title, _),) = moved(bank, START + MINUTE)
    assert (state, severity) == ("open", Severity.CRITICAL)
    assert "away" in str(title)
    register(bank, model(7), at=START + 2 * MINUTE)
    assert moved(bank, START + 2 * MINUTE)[0][0] == "fixed", "it is where it was"
    register(bank, model(None), at=START + 3 * MINUTE)
    register(bank, model(6), at=START + 4 * MINUTE)
    ((state, _, title, _),) = moved(bank, START + 4 * MINUTE)
    assert state == "open"
    assert "from version 7 to version 6" in str(title)


def test_an_old_move_asks_for_no_explanation_any_more(bank: Bank) -> None:
    register(bank, model(7))
    register(bank, model(6), at=START + MINUTE)
    assert moved(bank, START + MINUTE)[0][0] == "open"
    assert moved(bank, START + timedelta(days=91))[0][0] == "fixed"


def test_a_model_that_the_registry_has_no_longer_leaves_and_its_journal_stays(bank: Bank) -> None:
    other = RegisteredModel("churn", (), {"champion": 1}, {})
    register(bank, model(7), other)
    with bank.writing() as tx:
        record_models(tx, [RegisteredModel("elsewhere")], "another", START)
        gone = forget_models(tx, ["churn"], "mlflow", START + MINUTE)
    assert gone == ("fraud",)
    assert bank.rows("SELECT name FROM model ORDER BY name") == [("churn",), ("elsewhere",)]
    assert bank.rows("SELECT count(*) FROM model_version") == [(0,)]
    assert bank.rows("SELECT model FROM model_alias") == [("churn",)]
    assert bank.rows('SELECT model, from_version, to_version, "at" FROM model_alias_move') == [
        ("fraud", 7, None, START + MINUTE)
    ]
    ((state, severity, _, _),) = moved(bank, START + 2 * MINUTE)
    assert (state, severity) == ("open", Severity.CRITICAL)
