"""Evidently: the status of a test decides, whatever the score means; no value of a row is kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.evidently.connector import EvidentlyConnector
from riskcockpit.connectors.http import replayed
from riskcockpit.connectors.reply import Asked, Reply
from riskcockpit.domain.batch import Batch
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import MetricClass, Reading
from riskcockpit.errors import ConfigError
from support.results import (
    SHARED,
    evidently_metric,
    evidently_report,
    evidently_snapshot,
    evidently_test,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def pull(path: Path, **options: Any) -> list[Batch]:
    spec = SourceSpec("monitors", "", {"paths": [str(path)], **options})
    return list(EvidentlyConnector.build(spec, FrozenClock(NOW)).pull("", NOW))


def readings(batches: list[Batch]) -> list[Reading]:
    return [item for batch in batches for item in batch.items if isinstance(item, Reading)]


def of(tmp_path: Path, *metrics: Any, **options: Any) -> list[Reading]:
    path = tmp_path / "run.json"
    path.write_text(json.dumps(evidently_report(*metrics)))
    return readings(pull(path, **options))


@pytest.mark.parametrize(
    ("method", "value", "threshold", "status"),
    [
        ("psi", 0.35, 0.2, "FAIL"),
        ("psi", 0.05, 0.2, "SUCCESS"),
        ("ks", 0.001, 0.05, "FAIL"),
        ("ks", 0.4, 0.05, "SUCCESS"),
        ("K-S p_value", 1e-35, 0.05, "FAIL"),
        ("Wasserstein distance (normed)", 0.4, 0.1, "FAIL"),
    ],
)
def test_a_drift_is_a_breach_exactly_when_its_test_failed(
    tmp_path: Path, method: str, value: float, threshold: float, status: str
) -> None:
    params = {"column": "income", "method": method, "threshold": threshold}
    (found,) = of(tmp_path, evidently_metric("ValueDrift", value, evidently_test(status), **params))
    assert found.is_breach is (status == "FAIL")
    assert (found.metric, found.segment) == (f"value_drift.{method}", "income")
    assert found.metric_class is MetricClass.DRIFT


def test_bounds_of_tests_are_those_of_the_reading(tmp_path: Path) -> None:
    low = evidently_test("FAIL", "GreaterOrEqualMetricTest", 0.8)
    strict = evidently_test("FAIL", "LessThanMetricTest", 3.0)
    accuracy, rows = of(
        tmp_path, evidently_metric("Accuracy", 0.7, low), evidently_metric("RowCount", 3.0, strict)
    )
    assert (accuracy.threshold, accuracy.is_breach) == (0.8, True)
    assert accuracy.metric_class is MetricClass.ACCURACY
    assert rows.is_breach  # 3 is not less than 3
    assert rows.threshold == pytest.approx(3.0)


def test_a_test_that_fails_on_improvement_too_never_rolls_back(tmp_path: Path) -> None:
    equal = evidently_test("FAIL", "EqualMetricTest")
    value, failed = of(tmp_path, evidently_metric("Accuracy", 0.99, equal))
    assert (value.threshold, value.is_breach) == (None, False)
    assert (failed.metric, failed.value, failed.is_breach) == ("accuracy.failed", 1.0, True)
    assert failed.metric_class is MetricClass.OTHER


def test_counts_and_shares_have_their_own_tests(tmp_path: Path) -> None:
    test = evidently_test("FAIL", "LessThanMetricTest", 0.02, is_count=False)
    metric = evidently_metric("MissingValueCount", {"count": 60.0, "share": 0.05}, test, column="a")
    count, share = of(tmp_path, metric)
    name = "missing_value_count"
    assert (count.metric, count.unit, count.threshold) == (f"{name}.count", "count", None)
    assert (share.metric, share.threshold, share.is_breach) == (f"{name}.share", 0.02, True)


def test_one_metric_twice_is_one_reading_with_its_bound(tmp_path: Path) -> None:
    plain = evidently_metric("Accuracy", 0.7, evidently_test("SUCCESS", "EqualMetricTest"), n=1)
    above = evidently_test("FAIL", "GreaterThanMetricTest", 0.8)
    bound = evidently_metric("Accuracy", 0.7, above, n=2)
    found = of(tmp_path, plain, bound)
    assert [(r.metric, r.threshold) for r in found] == [("accuracy", 0.8), ("accuracy.failed", 0.0)]


def test_values_of_columns_are_never_kept(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    named = evidently_metric("UniqueValueCount", {"counts": {"Ana Ruiz": 1.0}}, column="name")
    direct = evidently_metric("UniqueValueCount", {"Ana Ruiz": 1.0}, column="name")
    path.write_text(json.dumps(evidently_report(named, direct)))
    batches = pull(path)
    assert readings(batches) == []
    assert "Ana" not in repr(batches)
    assert "may be personal (2)" in batches[0].coverage.note


def test_a_test_that_could_not_run_makes_the_pass_partial(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    broken = evidently_test("ERROR", "GreaterThanMetricTest", 0.95)
    metric = evidently_metric("Accuracy", 0.9, broken)
    path.write_text(json.dumps(evidently_report(metric)))
    batches = pull(path)
    assert not any(reading.is_breach for reading in readings(batches))
    assert batches[0].coverage.is_truncated


def test_a_snapshot_says_when_and_of_what(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    metrics = (
        evidently_metric("F1ByLabel", {"0": 0.7, "1": float("nan")}),
        evidently_metric("DriftedColumnsCount", {"count": 2.0, "share": 0.5}),
    )
    said = {"model": "pd", "version": "v7"}
    path.write_text(json.dumps(evidently_snapshot(*metrics, metadata=said)))
    label, count, share = readings(pull(path, timezone="Europe/Madrid"))
    assert label.at == datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    assert (label.subject, label.version, label.segment) == ("pd", 7, "0")
    assert (count.value, share.value) == (2.0, 0.5)


def test_both_forms_of_a_run_say_the_same(tmp_path: Path) -> None:
    metrics = (
        evidently_metric("Accuracy", 0.7, evidently_test("FAIL", "GreaterThanMetricTest", 0.8)),
        evidently_metric("ValueDrift", 0.01, evidently_test("FAIL"), method="ks", threshold=0.05),
    )
    path = tmp_path / "run.json"
    path.write_text(json.dumps(evidently_snapshot(*metrics)))
    kept = readings(pull(path, subject="m"))
    reported = of(tmp_path, *metrics, subject="m")
    assert [(r.metric, r.value, r.is_breach) for r in kept] == [
        (r.metric, r.value, r.is_breach) for r in reported
    ]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"metrics": 1}', '{"metric_results": 1}', '{"results": []}',
                '{"metric_results": {"a": {"tests": [1]}}}', "[" * 5000]
)  # fmt: skip
def test_what_is_no_run_is_told_and_tried_again(tmp_path: Path, content: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(content)
    (last,) = pull(path)
    assert "of Evidently" in last.coverage.note
    assert last.coverage.is_truncated
    assert last.cursor == "{}"


def test_only_new_snapshots_of_the_named_projects_are_read() -> None:
    asked_for: list[str] = []
    stamps = ["2026-02-01T10:00:00", "2026-03-01T10:00:00"]

    def answer(asked: Asked) -> Reply:
        asked_for.append(asked.path)
        if asked.path == "/api/projects":
            said: Any = [{"id": "p", "name": "credit"}, {"id": "q", "name": "other"}]
        elif asked.path.endswith("/snapshots"):
            metadata = {"model_version": "3"}
            said = [
                {"id": f"s{n}", "timestamp": stamp, "metadata": metadata}
                for n, stamp in enumerate(stamps)
            ]
        else:
            said = evidently_report(evidently_metric("Accuracy", 0.9))
        return Reply(200, json.dumps(said).encode())

    def pulled(cursor: str, projects: list[str]) -> list[Batch]:
        with replayed(answer):
            spec = SourceSpec("ui", "https://evidently.example", {"projects": projects})
            made = EvidentlyConnector.build(spec, FrozenClock(NOW))
            batches = list(made.pull(cursor, NOW))
            made.close()
        return batches

    first = pulled("", ["credit"])
    assert [(r.subject, r.version, r.at.day) for r in readings(first)] == [
        ("credit", 3, 1), ("credit", 3, 1),
    ]  # fmt: skip
    assert not any("/q/" in path for path in asked_for)
    stamps.append("2026-03-02T09:00:00")
    asked_for.clear()
    again = pulled(first[-1].cursor, ["credit"])
    assert {r.at.day for r in readings(again)} == {1, 2}  # the newest again, and the new one
    assert not any("/s0/" in path for path in asked_for)
    missing = pulled("", ["credit", "gone"])[-1].coverage
    assert missing.is_truncated
    assert "no project is called gone" in missing.note


def test_a_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="no time zone"):
        EvidentlyConnector.build(
            SourceSpec("e", "", {"paths": ["/x"], "timezone": "Mars/Base"}), FrozenClock(NOW)
        )


@pytest.mark.skipif(not SHARED.exists(), reason="no recorded outputs here")
def test_the_recorded_report_agrees_with_its_tests() -> None:
    path = SHARED / "evidently-report-json.json"
    recorded = json.loads(path.read_text())
    failed = [test for test in recorded["tests"] if test["status"] == "FAIL"]
    found = readings(pull(path, subject="m"))
    counted = sum(r.value for r in found if r.metric.endswith(".failed"))
    bounded = sum(r.is_breach for r in found if not r.metric.endswith(".failed"))
    assert counted + bounded == len(failed)
