"""JUnit XML."""

from __future__ import annotations

import pytest

from riskcockpit.domain.finding import FindingClass, Location
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError
from support.reading import format_of, only, scan_of


def suite(*cases: str, name: str = "unit") -> str:
    head = f'<testsuite name="{name}" timestamp="2026-11-20T10:00:00" hostname="somewhere">'
    return f'<?xml version="1.0"?><testsuites>{head}{"".join(cases)}</testsuite></testsuites>'


def case(inner: str = "", **attributes: str) -> str:
    given = {"classname": "tests.test_pay", "name": "test_sum", "time": "0.1"} | attributes
    words = " ".join(f'{name}="{value}"' for name, value in given.items())
    return f"<testcase {words}>{inner}</testcase>"


FAILURE = '<failure message="assert 1 == 2" type="AssertionError">line 3\nassert 1 == 2</failure>'


def test_a_failed_test_is_a_finding_where_the_test_stands() -> None:
    seen = only(suite(case(FAILURE, file="tests/test_pay.py", line="12")))
    assert seen.finding_class is FindingClass.CODE
    assert (seen.rule, seen.severity) == ("tests.test_pay.test_sum", Severity.HIGH)
    assert seen.locations == (Location("tests/test_pay.py", 12),)
    assert "assert 1 == 2" in seen.description


def test_a_test_without_a_file_is_known_by_its_name() -> None:
    assert only(suite(case(FAILURE))).locations == ()


@pytest.mark.parametrize("tag", ["failure", "error", "rerunFailure"])
def test_every_kind_of_failure_counts(tag: str) -> None:
    assert only(suite(case(f'<{tag} message="x"/>'))).severity_source == tag


def test_passed_and_skipped_tests_are_evidence() -> None:
    scan = scan_of(
        suite(
            case(), case("<skipped/>", name="test_b"), case("<system-out>x</system-out>", name="c")
        )
    )
    assert [each.status for each in scan.evidence] == ["pass", "not_applicable", "pass"]
    assert scan.observations == ()
    assert scan.scanned_at is not None


@pytest.mark.parametrize(
    ("name", "classname", "in_suite"),
    [
        ("expect_column_values_to_not_be_null", "loans", "x"),
        ("not_null", "dbt.loans", "x"),
        ("rows", "loans", "data-quality"),
        ("rows", "soda.loans", "x"),
    ],
)
def test_a_failed_test_of_data_is_of_data_integrity(
    name: str, classname: str, in_suite: str
) -> None:
    seen = only(suite(case(FAILURE, name=name, classname=classname), name=in_suite))
    assert seen.finding_class is FindingClass.DATA
    assert seen.signal is not None
    assert (seen.signal.model, seen.signal.monitor, seen.signal.metric) == (
        classname,
        in_suite,
        name,
    )


@pytest.mark.parametrize("name", ["test_database", "test_metadata_parser", "test_expected"])
def test_a_test_whose_name_only_sounds_like_data_is_of_code(name: str) -> None:
    assert only(suite(case(FAILURE, name=name))).finding_class is FindingClass.CODE


def test_suites_in_suites_and_a_bare_suite_are_read() -> None:
    inner = f'<testsuite name="inner">{case(FAILURE, classname="")}</testsuite>'
    seen = only(f'<testsuite name="outer">{inner}</testsuite>')
    assert seen.rule == "inner.test_sum"


def test_a_test_without_a_name_is_quarantined() -> None:
    scan = scan_of(suite(case(FAILURE), case(FAILURE, name="")))
    assert (len(scan.observations), len(scan.problems)) == (1, 1)


def test_a_report_without_suites_is_partial() -> None:
    assert scan_of("<testsuites/>").is_partial


def test_a_secret_in_the_output_is_not_kept() -> None:
    secret = "AKIA" + "IOSFODNN7EXAMPLE"[:16]
    seen = only(suite(case(f"<failure>key = {secret}</failure>")))
    assert secret.encode() not in seen.raw
    assert secret not in f"{seen.description}{seen.title}"


def test_other_xml_is_not_junit() -> None:
    with pytest.raises(FormatError):
        format_of("<tests><testcase/></tests>")
