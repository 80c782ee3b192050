"""Bandit's own JSON."""

from __future__ import annotations

from typing import Any

from riskcockpit.domain.severity import Severity
from support.native import detected, only, scan


def result(**members: Any) -> dict[str, Any]:
    return {
        "code": "6 import hashlib\n7     key = hashlib.md5(data)\n8     return key\n",
        "filename": "app/pay.py",
        "issue_confidence": "LOW",
        "issue_severity": "HIGH",
        "issue_cwe": {"id": 327, "link": "https://cwe.mitre.org/data/definitions/327.html"},
        "issue_text": "Use of a weak hash.",
        "line_number": 7,
        "line_range": [7, 8],
        "col_offset": 10,
        "more_info": "https://bandit.readthedocs.io/en/latest/b303.html",
        "test_id": "B303",
        "test_name": "weak_hash",
    } | members


def document(*results: Any, **members: Any) -> dict[str, Any]:
    return {
        "errors": [],
        "generated_at": "2026-11-20T10:00:00Z",
        "metrics": {"_totals": {"loc": 120}},
        "results": list(results),
    } | members


def test_a_result_is_a_place_in_code_with_just_its_line() -> None:
    one = scan("bandit", document(result()))
    (seen,) = one.observations
    place = seen.locations[0]
    assert (place.path, place.line, place.column, place.end_line) == ("app/pay.py", 7, 11, 8)
    assert place.snippet == "    key = hashlib.md5(data)"
    assert (seen.rule, seen.cwes, seen.severity) == ("B303", (327,), Severity.HIGH)
    assert one.scanned_at is not None
    assert one.is_successful is True


def test_code_moved_by_some_lines_has_the_same_snippet() -> None:
    moved = result(code="16 x\n17     key = hashlib.md5(data)\n", line_number=17)
    before, after = only("bandit", document(result())), only("bandit", document(moved))
    assert before.locations[0].snippet == after.locations[0].snippet


def test_an_older_report_without_weakness_and_column_is_read() -> None:
    old = result()
    for name in ("issue_cwe", "col_offset"):
        del old[name]
    seen = only("bandit", document(old, metrics={}))
    assert (seen.cwes, seen.locations[0].column) == ((), None)


def test_a_file_that_could_not_be_read_makes_the_scan_incomplete() -> None:
    broken = [{"filename": "app/old.py", "reason": "syntax error while parsing AST"}]
    one = scan("bandit", document(result(), errors=broken))
    assert one.tool_errors == ("app/old.py: syntax error while parsing AST",)
    assert one.is_successful is None


def test_a_report_over_no_code_proves_nothing() -> None:
    assert scan("bandit", document(metrics={"_totals": {"loc": 0}})).is_successful is None


def test_a_bad_record_is_quarantined_and_an_undefined_severity_is_medium() -> None:
    one = scan("bandit", document([], result(issue_severity="UNDEFINED")))
    assert [problem.where for problem in one.problems] == ["results[0]"]
    assert one.observations[0].severity is Severity.MEDIUM


def test_the_head_alone_tells_the_format() -> None:
    files = {f"src/file{number}.py": {"loc": 1, "nosec": 0} for number in range(4000)}
    assert detected(document(result(), metrics=files)) == "bandit"
