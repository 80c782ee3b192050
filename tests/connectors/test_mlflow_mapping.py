"""MLflow's words become ours: versions are numbers, foreign text is clean, approval is earned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskcockpit.connectors.mlflow.mapping import (
    RunDetail,
    detailed_versions,
    registered_model,
    version_number,
)
from riskcockpit.connectors.mlflow.wire import Model, ModelPage, Run, RunReply, Version, VersionPage
from riskcockpit.domain.model import DatasetRef, rollback_target

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "facts" / "samples"


def sample(name: str) -> Any:
    file = SAMPLES / f"mlflow-{name}.json"
    if not file.exists():
        pytest.skip(f"the recorded exchange {file.name} is not beside this checkout")
    return json.loads(file.read_text())["response"]


def model(**fields: Any) -> Model:
    return msgspec.convert({"name": "fraud", **fields}, Model)


def versions(*numbers: str, **fields: Any) -> tuple[Version, ...]:
    return tuple(
        msgspec.convert({"name": "fraud", "version": n, "status": "READY", **fields}, Version)
        for n in numbers
    )


def test_versions_are_ordered_as_numbers() -> None:
    mapped = registered_model(model(), versions("9", "10", "2"), {})
    assert [version.version for version in mapped.versions] == [10, 9, 2]


def test_the_runs_of_aliased_and_newest_versions_are_read() -> None:
    aliased = model(aliases=[{"alias": "champion", "version": "2"}])
    wanted = detailed_versions(aliased, versions(*map(str, range(1, 13))), 3)
    assert wanted == {"12", "11", "10", "2"}


@given(st.text())
def test_a_version_is_a_number_or_nothing(text: str) -> None:
    number = version_number(text)
    assert number is None or (text.isascii() and int(text) == number >= 0)


def test_empty_lists_that_mlflow_leaves_out_are_empty() -> None:
    mapped = registered_model(model(), (), {"unused": RunDetail(Run())})
    assert (mapped.versions, dict(mapped.aliases), dict(mapped.tags)) == ((), {}, {})


def test_foreign_text_is_cleaned() -> None:
    evil = "\x1b]52;c;x\x07"
    mapped = registered_model(
        model(description=f"a{evil}\nb", tags=[{"key": evil, "value": evil}]),
        versions("1", description=evil, run_id="r", tags=[{"key": "k", "value": evil}]),
        {"r": RunDetail(msgspec.convert({"data": {"params": [{"key": "p", "value": evil}]}}, Run))},
    )
    assert "\x1b" not in repr(mapped)
    assert "\\x1b" not in repr(mapped)
    assert "\n" in mapped.description


def test_whoever_trains_cannot_approve() -> None:
    """Of the tags of a run only the validator's name counts, and the version's own wins."""
    run = {
        "data": {
            "tags": [
                {"key": "validation_status", "value": "approved"},
                {"key": "riskcockpit.rolled_back", "value": "x"},
                {"key": "validated_by", "value": "from-the-run"},
                {"key": "mlflow.user", "value": "ci"},
            ]
        }
    }
    details = {"r": RunDetail(msgspec.convert(run, Run))}
    plain = registered_model(model(), versions("1", run_id="r"), details).versions[0]
    assert (plain.is_approved, plain.is_rolled_back) == (False, False)
    assert (plain.validated_by, plain.run_user) == ("from-the-run", "ci")
    own = versions("1", run_id="r", tags=[{"key": "validated_by", "value": "from-the-version"}])
    assert registered_model(model(), own, details).versions[0].validated_by == "from-the-version"


def test_metrics_that_are_no_numbers_are_left_out() -> None:
    metrics = [
        {"key": "auc", "value": 0.9},
        {"key": "loss", "value": "NaN"},
        {"key": "gain", "value": "Infinity"},
        {"key": "count", "value": 3},
    ]
    details = {"r": RunDetail(msgspec.convert({"data": {"metrics": metrics}}, Run))}
    mapped = registered_model(model(), versions("1", run_id="r"), details)
    assert mapped.versions[0].metrics == {"auc": 0.9, "count": 3}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{"uri": "s3://bank/loans.parquet"}', "s3://bank/loans.parquet"),
        ('{"url": "https://user:word@host/x"}', "https://host/x"),
        ('{"tags": {"a": "b"}}', '{"tags": {"a": "b"}}'),
        ("a plain path", "a plain path"),
        ("", ""),
    ],
)
def test_where_a_data_set_lies_is_told_without_a_password(source: str, expected: str) -> None:
    run = {"inputs": {"dataset_inputs": [{"dataset": {"name": "d", "source": source}}]}}
    details = {"r": RunDetail(msgspec.convert(run, Run))}
    mapped = registered_model(model(), versions("1", run_id="r"), details)
    assert mapped.versions[0].datasets == (DatasetRef("d", "", "", expected),)


def test_a_time_beyond_all_calendars_is_no_crash() -> None:
    mapped = registered_model(model(), versions("1", creation_timestamp=10**17), {})
    assert mapped.versions[0].created_at.year == 1970


def test_recorded_exchanges_of_a_real_server_are_read() -> None:
    page = msgspec.convert(sample("registered-models-search-page2-last"), ModelPage)
    own = msgspec.convert(sample("model-versions-search"), VersionPage)
    run = msgspec.convert(sample("run-get-with-dataset-input"), RunReply).run
    upstream = next(m for m in page.registered_models if m.name == "credit-default")
    mapped = registered_model(upstream, own.model_versions, {run.info.run_id: RunDetail(run)})
    assert (mapped.champion, mapped.tier) == (3, 1)
    newest = mapped.versions[0]
    assert newest.metrics["accuracy"] == pytest.approx(0.91)
    assert newest.datasets[0].context == "training"
    assert newest.validated_by
    target = rollback_target(mapped)
    assert target is not None
    assert target.version == 2
