"""NannyML: every form of an export says the same; only being worse than expected is a breach."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.nannyml import table
from riskcockpit.connectors.nannyml.connector import NannymlConnector
from riskcockpit.domain.batch import Batch
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import MetricClass, Reading
from support.results import (
    SHARED,
    Columns,
    as_csv,
    as_json,
    as_parquet,
    flat,
    nannyml_frame,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DRIFT: Columns = nannyml_frame(
    {
        ("income", "jensen_shannon", "value"): [0.4, 0.02],
        ("income", "jensen_shannon", "upper_threshold"): [0.08, 0.08],
        ("income", "jensen_shannon", "lower_threshold"): [None, None],
        ("income", "jensen_shannon", "alert"): [True, False],
        ("region", "chi2", "value"): [8.3, 3.8],
        ("region", "chi2", "upper_threshold"): [None, None],
        ("region", "chi2", "lower_threshold"): [None, None],
        ("region", "chi2", "alert"): [True, False],
    }
)


def performance(value: float, *, alert: bool, metric: str = "accuracy", **more: Any) -> Columns:
    given = {
        "value": value, "upper_threshold": 0.95, "lower_threshold": 0.85, "alert": alert, **more,
    }  # fmt: skip
    return nannyml_frame({(metric, name): [one] for name, one in given.items()}, 1)


def pull(directory: Path, content: bytes, name: str = "result.csv", **options: Any) -> list[Batch]:
    path = directory / name
    path.write_bytes(content)
    os.utime(path, (NOW.timestamp(), NOW.timestamp()))
    spec = SourceSpec("n", "", {"paths": [str(path)], "subject": "pd", **options})
    return list(NannymlConnector.build(spec, FrozenClock(NOW)).pull("", NOW))


def readings(batches: list[Batch]) -> list[Reading]:
    return [item for batch in batches for item in batch.items if isinstance(item, Reading)]


@pytest.mark.parametrize(
    "content",
    [
        as_csv(DRIFT),
        as_csv(DRIFT, stacked=True),
        as_csv(DRIFT, stacked=True, index=True),
        b"\xef\xbb\xbf" + as_csv(DRIFT),
        as_json(DRIFT),
        as_parquet(DRIFT),
        as_parquet(DRIFT, stacked=True),
        json.dumps([{"/".join(k): v[n] for k, v in DRIFT.items()} for n in range(2)]).encode(),
    ],
    ids=["flat", "stacked", "index", "bom", "json", "parquet", "parquet-stacked", "slashes"],
)
def test_every_form_says_the_same(tmp_path: Path, content: bytes) -> None:
    found = readings(pull(tmp_path, content))
    assert [(r.metric, r.segment, r.value, r.threshold, r.is_breach) for r in found] == [
        ("jensen_shannon", "income", 0.4, 0.08, True),
        ("chi2", "region", 8.3, None, False),
        ("chi2.failed", "region", 1.0, 0.0, True),
        ("jensen_shannon", "income", 0.02, 0.08, False),
        ("chi2", "region", 3.8, None, False),
        ("chi2.failed", "region", 0.0, 0.0, False),
    ]
    assert {r.metric_class for r in found} == {MetricClass.DRIFT}
    first = found[0]
    assert first.at == datetime(2026, 2, 1, 23, 59, 59, 999_999, tzinfo=UTC)
    assert (first.window_seconds, first.sample_size) == (86_399, 100)


def test_an_alert_for_being_better_is_no_breach(tmp_path: Path) -> None:
    (better,) = readings(pull(tmp_path, as_csv(performance(0.99, alert=True))))
    (worse,) = readings(pull(tmp_path, as_csv(performance(0.7, alert=True))))
    assert (better.is_breach, worse.is_breach) == (False, True)
    assert better.metric_class is MetricClass.ACCURACY
    (error,) = readings(pull(tmp_path, as_csv(performance(0.99, alert=True, metric="rmse"))))
    (small,) = readings(pull(tmp_path, as_csv(performance(0.2, alert=True, metric="rmse"))))
    assert (error.is_breach, small.is_breach) == (True, False)


def test_an_estimate_is_named_one_and_the_truth_stands_beside_it(tmp_path: Path) -> None:
    late = readings(pull(tmp_path, as_csv(performance(0.9, alert=False, realized=None))))
    assert [r.metric for r in late] == ["estimated_accuracy"]
    known = readings(pull(tmp_path, as_csv(performance(0.9, alert=False, realized=0.75))))
    assert [(r.metric, r.value) for r in known] == [
        ("estimated_accuracy", 0.9), ("accuracy", 0.75),
    ]  # fmt: skip


def test_a_threshold_of_nothing_judges_nothing(tmp_path: Path) -> None:
    frame = nannyml_frame(
        {
            ("a", "hellinger", "value"): [0.002],
            ("a", "hellinger", "upper_threshold"): [0.0],
            ("a", "hellinger", "alert"): [True],
        },
        1,
    )
    batches = pull(tmp_path, as_csv(frame))
    assert [r.is_breach for r in readings(batches)] == [False]
    assert "single chunk" in batches[0].coverage.note


def test_a_period_that_is_not_over_ends_when_it_was_exported(tmp_path: Path) -> None:
    frame = dict(performance(0.9, alert=False))
    frame["chunk", "end_date"] = ["2026-03-31 23:59:59"]
    (found,) = readings(pull(tmp_path, as_csv(frame)))
    assert found.at == NOW


def test_without_dates_only_the_last_chunk_is_read(tmp_path: Path) -> None:
    frame = dict(nannyml_frame({("f1", "value"): [0.8, 0.7, 0.6]}, 3, dated=False))
    frame["chunk", "chunk_index"] = [2, 0, 1]
    batches = pull(tmp_path, as_csv(frame))
    (found,) = readings(batches)
    assert (found.value, found.at) == (0.8, NOW)
    assert "only the last one is read" in batches[0].coverage.note


def test_the_reference_period_is_no_news(tmp_path: Path) -> None:
    frame = dict(nannyml_frame({("f1", "value"): [0.8, 0.7]}))
    frame["chunk", "period"] = ["reference", "analysis"]
    assert [r.value for r in readings(pull(tmp_path, as_csv(frame)))] == [0.7]


def test_columns_of_quality_calculators_get_the_name_of_the_option(tmp_path: Path) -> None:
    frame = nannyml_frame(
        {
            ("income", "value"): [0.1],
            ("income", "upper_threshold"): [0.0],
            ("income", "lower_threshold"): [0],
            ("income", "alert"): [True],
        },
        1,
    )
    (found,) = readings(pull(tmp_path, as_csv(frame), column_metric="missing_values"))
    assert (found.metric, found.segment, found.is_breach) == ("missing_values", "income", True)
    assert found.metric_class is MetricClass.QUALITY


@pytest.mark.parametrize(
    "content",
    [b"", b"a,b\n1,2\n", b"[]", b'{"a": 1}', b"PAR1", b"PAR1" + b"x" * 500, b"\xff\xfe", b"[1]"],
)
def test_what_is_no_export_is_told(tmp_path: Path, content: bytes) -> None:
    (last,) = pull(tmp_path, content)
    assert "no export of NannyML" in last.coverage.note
    assert last.coverage.is_truncated


def test_a_file_beyond_all_measure_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MOST_CELLS", 10)
    for content in (as_csv(DRIFT), as_json(DRIFT), as_parquet(DRIFT)):
        (last,) = pull(tmp_path, content)
        assert "more than 10 cells" in last.coverage.note


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    frame = {name: values for name, values in flat(DRIFT).items() if name.startswith("chunk")}
    frame["\x1b[31m[red]_hellinger_value"] = [0.1, 0.2]
    rows = [dict(zip(frame, row, strict=True)) for row in zip(*frame.values(), strict=True)]
    found = readings(pull(tmp_path, json.dumps(rows).encode(), "r.json"))
    assert all("\x1b" not in r.segment for r in found)


@pytest.mark.skipif(not SHARED.exists(), reason="no recorded outputs here")
def test_the_recorded_estimate_falls_below_its_limit(tmp_path: Path) -> None:
    content = (SHARED / "nannyml-cbpe-estimate-records.json").read_bytes()
    accuracy, auc = readings(pull(tmp_path, content, "r.json"))
    assert (accuracy.metric, accuracy.is_breach) == ("estimated_accuracy", True)
    assert accuracy.threshold == pytest.approx(0.7654756045)
    assert auc.is_breach
