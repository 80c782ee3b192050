"""Checks of data: dbt, Great Expectations and Soda."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass, ModelSignal
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from support.reading import format_of, only, report, scan_of


def node(status: str, unique_id: str = "test.bank.unique_loans_id.8c765780ec", **more: Any) -> Any:
    return {
        "status": status,
        "unique_id": unique_id,
        "message": "Got 3 results",
        "failures": 3,
        "compiled_code": "select 'someone' from loans",
    } | more


def dbt(*results: Any, schema: str = "run-results/v6") -> dict[str, Any]:
    return {
        "metadata": {
            "dbt_schema_version": f"https://schemas.getdbt.com/dbt/{schema}.json",
            "dbt_version": "1.9.11",
            "generated_at": "2026-11-20T10:00:00Z",
        },
        "results": list(results),
        "args": {"project_dir": "/somewhere"},
    }


def test_a_failed_test_of_dbt_is_of_data_integrity() -> None:
    seen = only(dbt(node("fail")))
    assert seen.finding_class is FindingClass.DATA
    assert seen.signal == ModelSignal("bank", "test", "unique_loans_id")
    assert (seen.severity, seen.severity_raw) == (Severity.HIGH, "fail")
    assert seen.title == "Data test unique_loans_id failed (3 rows)"
    assert b"someone" not in seen.raw


@pytest.mark.parametrize(
    ("status", "severity", "triage"),
    [("warn", Severity.MEDIUM, False), ("error", Severity.HIGH, True)],
)
def test_a_warning_is_milder_and_a_test_that_broke_asks_for_a_look(
    status: str, severity: Severity, triage: bool
) -> None:
    scan = scan_of(dbt(node(status)))
    (seen,) = scan.observations
    assert (seen.severity, seen.needs_triage) == (severity, triage)
    assert bool(scan.tool_errors) == triage


def test_what_passed_is_evidence_and_what_was_skipped_did_not_run() -> None:
    skipped = node("skipped", "test.bank.b.8c765780ed")
    scan = scan_of(dbt(node("pass"), skipped, node("success", "model.bank.loans")))
    assert [(each.rule, each.status) for each in scan.evidence] == [
        ("test.unique_loans_id", "pass"),
        ("test.b", "not_applicable"),
        ("model.loans", "pass"),
    ]
    assert scan.rules == frozenset({"test.unique_loans_id", "model.loans"})
    assert scan_of(dbt(node("fail"), skipped)).is_partial


def test_a_model_that_cannot_be_built_is_a_finding_and_an_error() -> None:
    scan = scan_of(dbt(node("error", "model.bank.loans", failures=None)))
    (seen,) = scan.observations
    assert (seen.title, seen.needs_triage) == ("dbt model loans could not be built", False)
    assert len(scan.tool_errors) == 1


def test_freshness_of_sources_is_a_scan_of_its_own() -> None:
    found = node("error", "source.bank.raw.loans", max_loaded_at="2026-11-01T00:00:00Z")
    scan = scan_of(dbt(node("pass", "source.bank.raw.x"), found, schema="sources/v3"))
    assert scan.category == "freshness"
    assert scan.observations[0].title == "Source raw.loans is not fresh"


def test_one_bad_result_of_dbt_is_quarantined() -> None:
    scan = scan_of(dbt(node("fail"), node("odd"), node("fail", "x"), 7))
    assert (len(scan.observations), len(scan.problems)) == (1, 3)


def expectation(success: bool | None = False, **members: Any) -> dict[str, Any]:
    return {
        "success": success,
        "expectation_config": {
            "type": "expect_column_values_to_not_be_null",
            "kwargs": {"column": "income", "batch_id": "p-loans"},
            "severity": "warning",
        },
        "result": {
            "element_count": 100,
            "unexpected_count": 4,
            "partial_unexpected_list": ["somebody"],
        },
        "exception_info": {"raised_exception": False},
    } | members


def validation(*results: Any, **members: Any) -> dict[str, Any]:
    return {
        "success": False,
        "results": list(results),
        "suite_name": "integrity",
        "statistics": {},
        "meta": {
            "great_expectations_version": "1.24.1",
            "active_batch_definition": {"data_asset_name": "loans"},
            "run_id": {"run_time": "2026-11-20T10:00:00+00:00"},
        },
    } | members


def test_an_expectation_that_is_not_met_is_of_data_integrity() -> None:
    scan = scan_of(validation(expectation()))
    (seen,) = scan.observations
    assert seen.signal == ModelSignal(
        "loans", "integrity", "expect_column_values_to_not_be_null", "income"
    )
    assert (seen.severity, seen.severity_raw) == (Severity.MEDIUM, "warning")
    assert seen.title == "Expected column values to not be null: loans.income"
    assert "unexpected count: 4" in seen.description
    assert b"somebody" not in seen.raw
    assert (scan.category, scan.tool_version) == ("integrity loans", "1.24.1")
    assert (seen.pillar or Pillar.DATA_INTEGRITY) is Pillar.DATA_INTEGRITY


def test_an_expectation_that_is_met_is_evidence() -> None:
    scan = scan_of(validation(expectation(True)))
    assert [each.status for each in scan.evidence] == ["pass"]


@pytest.mark.parametrize(
    "info",
    [
        {"raised_exception": True, "exception_message": "no such column"},
        {
            "MetricConfigurationID(x)": {
                "raised_exception": True,
                "exception_message": "no such column",
            }
        },
    ],
)
def test_an_expectation_that_raised_is_not_a_pass_and_nothing_may_close(info: Any) -> None:
    scan = scan_of(validation(expectation(exception_info=info)))
    assert scan.observations[0].needs_triage
    assert scan.tool_errors == (
        "expect_column_values_to_not_be_null could not be evaluated: no such column",
    )


def test_version_0_names_things_differently() -> None:
    old = expectation()
    old["expectation_config"] = {
        "expectation_type": "expect_table_row_count_to_be_between",
        "kwargs": {"min_value": 1},
    }
    meta = {"expectation_suite_name": "old", "batch_kwargs": {"table": "loans"}}
    found = {"success": False, "results": [old], "meta": meta, "statistics": {}}
    seen = only(found)
    assert seen.signal == ModelSignal("loans", "old", "expect_table_row_count_to_be_between")
    assert seen.severity_raw == "fail"


def test_checkpoints_of_both_versions_have_a_scan_for_each_validation() -> None:
    identifier = "ValidationResultIdentifier::a"
    old = {
        "run_id": {}, "success": False, "checkpoint_config": {},
        "run_results": {identifier: {"validation_result": validation(expectation())}},
    }  # fmt: skip
    described = {"expectation_type": "expect_x", "success": False, "kwargs": {"batch_id": "b"}}
    new = {
        "success": False,
        "statistics": {},
        "validation_results": [
            {"success": False, "statistics": {}, "expectations": [described], "result_url": None},
            {"success": True, "statistics": {}, "expectations": [], "result_url": None},
        ],
    }
    assert [len(each.observations) for each in report(old).scans] == [1]
    assert [len(each.observations) for each in report(new).scans] == [1, 0]


def test_one_bad_expectation_is_quarantined() -> None:
    scan = scan_of(validation(expectation(), {"success": "x"}, 7, expectation(success=None)))
    assert (len(scan.observations), len(scan.problems)) == (1, 3)


def check(outcome: str | None, **members: Any) -> dict[str, Any]:
    return {
        "identity": "966c7db0",
        "name": "missing_percent(income) < 2",
        "definition": "checks for loans:",
        "dataSource": "d",
        "table": "loans",
        "column": "income",
        "outcome": outcome,
        "diagnostics": {"value": 4.0, "blocks": [{"text": "somebody"}]},
    } | members


def soda(*checks: Any, **members: Any) -> dict[str, Any]:
    return {
        "definitionName": "nightly",
        "scanEndTimestamp": "2026-11-20T10:00:00+00:00",
        "hasErrors": False,
        "hasFailures": True,
        "checks": list(checks),
        "logs": [{"level": "INFO", "message": "x"}],
    } | members


@pytest.mark.parametrize(
    ("outcome", "severity", "words"),
    [("fail", Severity.HIGH, "failed"), ("warn", Severity.MEDIUM, "warns")],
)
def test_a_check_of_soda_that_fails_or_warns_is_of_data_integrity(
    outcome: str, severity: Severity, words: str
) -> None:
    seen = only(soda(check(outcome)))
    assert seen.signal == ModelSignal("d.loans", "nightly", "966c7db0", "income")
    assert seen.severity is severity
    assert seen.title == f"missing_percent(income) < 2 {words} on d.loans"
    assert "Measured: 4.0" in seen.description
    assert b"somebody" not in seen.raw


def test_a_check_without_an_outcome_was_not_evaluated() -> None:
    scan = scan_of(soda(check(None)))
    assert scan.observations[0].needs_triage
    assert scan.tool_errors == ("missing_percent(income) < 2 was not evaluated",)


def test_a_check_that_passed_is_evidence_and_errors_make_the_scan_fail() -> None:
    log = {"level": "ERROR", "message": "cannot connect"}
    scan = scan_of(soda(check("pass"), hasErrors=True, logs=[log]))
    assert [each.status for each in scan.evidence] == ["pass"]
    assert (scan.is_successful, scan.tool_errors) == (False, ("cannot connect",))


def test_one_bad_check_is_quarantined() -> None:
    scan = scan_of(soda(check("fail"), check("odd"), {"outcome": "fail"}, 7))
    assert (len(scan.observations), len(scan.problems)) == (1, 3)


@pytest.mark.parametrize(
    ("content", "name"),
    [(dbt(), "dbt"), (validation(), "great-expectations"), (soda(), "soda")],
)
def test_empty_results_are_known(content: Any, name: str) -> None:
    assert format_of(content) == name
    assert scan_of(content).observations == ()


@pytest.mark.parametrize(
    "content",
    [{"results": [], "metadata": {}}, {"success": True, "results": 3}, {"checks": [], "x": 1}],
)
def test_near_misses_are_not_data_checks(content: Any) -> None:
    with pytest.raises(FormatError):
        format_of(content)


def test_records_are_json() -> None:
    for content in (dbt(node("fail")), validation(expectation()), soda(check("fail"))):
        assert isinstance(json.loads(only(content).raw), dict)
