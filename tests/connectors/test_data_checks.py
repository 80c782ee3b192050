"""Great Expectations, dbt and Soda: what their checks measured, judged as they judged it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.dbt.connector import DbtConnector
from riskcockpit.connectors.great_expectations.connector import GreatExpectationsConnector
from riskcockpit.connectors.result_files import ResultFiles
from riskcockpit.connectors.soda.connector import SodaConnector
from riskcockpit.domain.batch import Batch
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.reading import MetricClass, Reading, SubjectKind
from support.results import SHARED, expectation, validation

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RAN_AT = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def pull(kind: type[ResultFiles], path: Path, content: Any = None, **options: Any) -> list[Batch]:
    if content is not None:
        path.write_text(json.dumps(content))
    spec = SourceSpec("checks", "", {"paths": [str(path)], **options})
    return list(kind.build(spec, FrozenClock(NOW)).pull("", NOW))


def readings(batches: list[Batch]) -> list[Reading]:
    return [item for batch in batches for item in batch.items if isinstance(item, Reading)]


def expected(tmp_path: Path, *results: Any, **meta: Any) -> list[Reading]:
    found = validation(*results, **meta)
    return readings(pull(GreatExpectationsConnector, tmp_path / "v.json", found))


def test_shares_of_bad_rows_have_the_limit_of_mostly(tmp_path: Path) -> None:
    given = {"element_count": 1000, "unexpected_percent": 3.8}
    (found,) = expected(
        tmp_path,
        expectation("column_values_to_not_be_null", success=False, result=given, column="income",
                    mostly=0.98),
    )  # fmt: skip
    assert found.subject_kind is SubjectKind.DATASET
    assert (found.subject, found.segment) == ("loans", "income")
    assert (found.value, found.threshold, found.unit) == (3.8, 2.0, "percent")
    assert (found.is_breach, found.sample_size, found.at) == (True, 1000, RAN_AT)


def test_observed_values_have_the_bound_they_are_beyond(tmp_path: Path) -> None:
    def rows(count: int, *, success: bool) -> Any:
        result = {"observed_value": count}
        return expectation(
            "table_row_count_to_be_between",
            success=success,
            result=result,
            min_value=900,
            max_value=1100,
        )

    cases = ((1000, True, 900.0), (10, False, 900.0), (5000, False, 1100.0))
    for count, success, threshold in cases:
        (found,) = expected(tmp_path, rows(count, success=success))
        assert (found.threshold, found.is_breach) == (threshold, not success)
        assert found.metric_class is MetricClass.VOLUME


def test_a_verdict_without_a_number_is_a_count_of_failures(tmp_path: Path) -> None:
    listed = {"observed_value": ["a", "b"]}
    bad, good = expected(
        tmp_path,
        expectation("table_columns_to_match_set", success=False, result=listed),
        expectation("column_to_exist", success=True, result={}),
    )
    assert (bad.value, bad.is_breach) == (1.0, True)
    assert (good.value, good.is_breach) == (0.0, False)


def test_a_crash_is_told_and_is_no_failure(tmp_path: Path) -> None:
    content = validation(
        expectation("column_values_to_be_between", success=False, result={}, crashed=True,
                    column="gone"),
    )  # fmt: skip
    batches = pull(GreatExpectationsConnector, tmp_path / "v.json", content)
    assert readings(batches) == []
    assert batches[0].coverage.is_truncated
    assert "[gone] could not be checked" in batches[0].coverage.note


def test_rows_and_traces_are_never_kept(tmp_path: Path) -> None:
    result = {"unexpected_percent": 1.0, "partial_unexpected_list": ["Ana Ruiz"]}
    crash = expectation("y", success=False, result=result, crashed=True)
    content = validation(expectation("x", success=False, result=result), crash)
    batches = pull(GreatExpectationsConnector, tmp_path / "v.json", content)
    assert "Ana" not in repr(batches)


def test_a_checkpoint_holds_validations(tmp_path: Path) -> None:
    ok = expectation("x", success=True, result={"unexpected_percent": 0.0})
    other = validation(ok, active_batch_definition={"data_asset_name": "clients"})
    content = {"run_results": {"a": validation(ok), "b": {"validation_result": other}}}
    found = readings(pull(GreatExpectationsConnector, tmp_path / "c.json", content))
    assert [r.subject for r in found] == ["loans", "clients"]


# dbt ---------------------------------------------------------------------------------------------

SCHEMA = "https://schemas.getdbt.com/dbt/run-results/v6.json"


def run_results(*results: tuple[str, str, int | None], schema: str = SCHEMA) -> dict[str, Any]:
    return {
        "metadata": {"dbt_schema_version": schema, "generated_at": "2026-03-01T10:00:00Z"},
        "results": [
            {"unique_id": id_, "status": status, "failures": count, "message": "/home/someone/x"}
            for id_, status, count in results
        ],
    }


def test_tests_of_dbt_are_known_by_the_manifest_beside_them(tmp_path: Path) -> None:
    unique = "test.bank.unique_loans_id.0a"
    nodes = {
        unique: {
            "name": "unique_loans_id",
            "column_name": "id",
            "attached_node": "model.bank.loans",
            "test_metadata": {"name": "unique"},
        }
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    content = run_results(
        (unique, "fail", 3), ("test.bank.own.0b", "warn", 2), ("model.bank.loans", "success", None)
    )
    first, second = readings(pull(DbtConnector, tmp_path / "run_results.json", content))
    assert (first.subject, first.metric, first.segment) == ("loans", "unique", "id")
    assert (first.value, first.is_breach, first.at) == (3.0, True, RAN_AT)
    assert (second.subject, second.metric, second.is_breach) == ("bank", "own", True)


def test_a_test_that_may_have_some_failures_passed(tmp_path: Path) -> None:
    path = tmp_path / "run_results.json"
    (found,) = readings(pull(DbtConnector, path, run_results(("test.bank.x.1", "pass", 2))))
    assert (found.value, found.is_breach) == (2.0, False)


def test_an_error_is_told_and_nothing_else_passes_for_a_test(tmp_path: Path) -> None:
    path = tmp_path / "run_results.json"
    content = run_results(("test.bank.x.1", "error", None), ("test.bank.y.1", "skipped", None))
    batches = pull(DbtConnector, path, content)
    assert readings(batches) == []
    assert batches[0].coverage.is_truncated
    sources = run_results(schema="https://schemas.getdbt.com/dbt/sources/v3.json")
    other = pull(DbtConnector, path, sources)
    assert "another artefact" in other[-1].coverage.note


def test_a_manifest_that_leads_elsewhere_or_is_broken_is_not_needed(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text('{"nodes": {"test.bank.x.1": {"attached_node": "model.bank.stolen"}}}')
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "manifest.json").symlink_to(outside)
    path = folder / "run_results.json"
    (found,) = readings(pull(DbtConnector, path, run_results(("test.bank.x.1", "pass", 0))))
    assert found.subject == "bank"
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").write_text("{")
    assert len(readings(pull(DbtConnector, path))) == 1


# Soda --------------------------------------------------------------------------------------------


def scan(*checks: dict[str, Any], **said: Any) -> dict[str, Any]:
    return {
        "hasErrors": False, "scanEndTimestamp": "2026-03-01T10:00:00+00:00",
        "checks": [{"table": "loans", **check} for check in checks], **said,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "value", "threshold"),
    [("pass", 1.0, 10.0), ("warn", 4.0, 2.0), ("fail", 12.0, 10.0)],
)
def test_checks_of_soda_have_the_bound_they_are_beyond(
    tmp_path: Path, outcome: str, value: float, threshold: float
) -> None:
    diagnostics = {"value": value, "fail": {"greaterThan": 10.0}, "warn": {"greaterThan": 2.0}}
    check = {"name": "missing(a)", "column": "a", "outcome": outcome, "diagnostics": diagnostics}
    (found,) = readings(pull(SodaConnector, tmp_path / "s.json", scan(check)))
    assert (found.subject, found.segment, found.threshold) == ("loans", "a", threshold)
    assert found.is_breach is (outcome != "pass")


def test_a_limit_that_is_itself_bad(tmp_path: Path) -> None:
    diagnostics = {"value": 0, "fail": {"lessThanOrEqual": 0.0}}
    check = {"name": "row_count > 0", "outcome": "fail", "diagnostics": diagnostics}
    (found,) = readings(pull(SodaConnector, tmp_path / "s.json", scan(check)))
    assert found.is_breach
    assert found.metric_class is MetricClass.VOLUME


def test_what_was_not_evaluated_is_told(tmp_path: Path) -> None:
    check = {"name": "x", "outcome": None, "diagnostics": {"value": 1}}
    batches = pull(SodaConnector, tmp_path / "s.json", scan(check, hasErrors=True))
    assert readings(batches) == []
    assert batches[0].coverage.is_truncated
    assert "the scan had errors; x was not evaluated" in batches[0].coverage.note


@pytest.mark.parametrize("kind", [GreatExpectationsConnector, DbtConnector, SodaConnector])
@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"results": 1}', '{"checks": {}}', "[" * 9000]
)
def test_what_is_no_result_is_told(tmp_path: Path, kind: type[ResultFiles], content: str) -> None:
    path = tmp_path / "run_results.json"
    path.write_text(content)
    (last,) = pull(kind, path)
    assert "run_results.json: no " in last.coverage.note
    assert last.cursor == "{}"


@pytest.mark.skipif(not SHARED.exists(), reason="no recorded outputs here")
def test_recorded_results_are_judged_as_they_were(tmp_path: Path) -> None:
    recorded = json.loads((SHARED / "gx-validation-result-summary.json").read_text())
    verdicts = [r["success"] for r in recorded["results"] if r["result"]]
    found = readings(pull(GreatExpectationsConnector, SHARED / "gx-validation-result-summary.json"))
    assert [not r.is_breach for r in found] == verdicts
    scanned = json.loads((SHARED / "soda-v3-scan-results.json").read_text())
    found = readings(pull(SodaConnector, SHARED / "soda-v3-scan-results.json"))
    assert [r.is_breach for r in found] == [c["outcome"] != "pass" for c in scanned["checks"]]
