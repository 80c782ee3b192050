"""Semgrep's own JSON: code, supply chain, secrets, and the answers of its platform."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.finding import FindingClass
from riskcockpit.domain.severity import Severity
from support.native import SECRET, detected, only, scan, scans

PYTHON = {"scanned": ["app/pay.py"]}


def result(extra: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    return {
        "check_id": "python.sql.string-built",
        "path": "app/pay.py",
        "start": {"line": 7, "col": 5},
        "end": {"line": 8, "col": 20},
        "extra": {
            "message": "SQL is built from text. It can be changed\nby whoever writes the text.",
            "severity": "ERROR",
            "lines": "    run(query)",
            "fingerprint": "abc_0",
            "metadata": {"cwe": ["CWE-89: SQL injection"], "confidence": "HIGH"},
            "engine_kind": "OSS",
        }
        | (extra or {}),
    } | members


def document(*results: Any, **members: Any) -> dict[str, Any]:
    return {"version": "1.182.0", "results": list(results), "errors": [], "paths": PYTHON} | members


def test_a_result_is_a_place_in_code() -> None:
    one = scan("semgrep", document(result()))
    (seen,) = one.observations
    assert (one.tool, one.tool_version, one.category) == ("Semgrep OSS", "1.182.0", "")
    assert (seen.finding_class, seen.rule) == (FindingClass.CODE, "python.sql.string-built")
    place = seen.locations[0]
    assert (place.path, place.line, place.column, place.end_line) == ("app/pay.py", 7, 5, 8)
    assert place.snippet == "    run(query)"
    assert seen.fingerprints == (("matchBasedId/v1", "abc_0"),)
    assert (seen.severity, seen.severity_raw, seen.cwes) == (Severity.HIGH, "ERROR", (89,))
    assert seen.title == ("SQL is built from text. It can be changed by whoever writes the text.")


def test_a_long_message_gives_its_first_sentence_as_the_title() -> None:
    words = "It goes on\nand on, " * 30
    seen = only("semgrep", document(result({"message": f"Use a parameter.\n{words}"})))
    assert seen.title == "Use a parameter."
    assert seen.description.startswith("Use a parameter. It goes on and on,")


@pytest.mark.parametrize(
    ("word", "severity"),
    [
        ("CRITICAL", Severity.CRITICAL),
        ("ERROR", Severity.HIGH),
        ("WARNING", Severity.MEDIUM),
        ("INFO", Severity.LOW),
        ("INVENTORY", Severity.INFO),
        ("?", Severity.MEDIUM),
    ],
)
def test_old_and_new_words_for_severity(word: str, severity: Severity) -> None:
    assert only("semgrep", document(result({"severity": word}))).severity is severity


def test_a_score_of_the_rule_counts_more_than_the_word() -> None:
    scored = {"severity": "WARNING", "metadata": {"security-severity": "9.1"}}
    assert only("semgrep", document(result(scored))).severity is Severity.CRITICAL
    odd = {"severity": "WARNING", "metadata": {"security-severity": "99"}}
    assert only("semgrep", document(result(odd))).severity is Severity.MEDIUM


def test_what_is_shown_only_after_login_is_not_taken_for_code() -> None:
    seen = only("semgrep", document(result({"lines": "requires login"})))
    assert seen.locations[0].snippet == ""


def test_a_result_ignored_in_the_code_is_suppressed() -> None:
    assert only("semgrep", document(result({"is_ignored": True}))).is_suppressed


def test_the_engine_is_part_of_the_tools_name_as_in_its_sarif() -> None:
    assert scan("semgrep", document(result({"engine_kind": "PRO"}))).tool == "Semgrep PRO"
    assert scan("semgrep", document(result(), engine_requested="PRO")).tool == "Semgrep PRO"


def test_a_vulnerable_dependency_is_a_scan_of_its_own_category() -> None:
    found = {
        "package": "@bank/forms",
        "version": "1.2.0",
        "ecosystem": "npm",
        "transitivity": "direct",
        "line_number": 41,
    }
    extra = {
        "message": "Forms before 1.3.0 run what is typed in.",
        "metadata": {
            "sca-vuln-database-identifier": "CVE-2026-0007",
            "sca-fix-versions": [{"@bank/forms": "1.3.0"}],
        },
        "sca_info": {
            "reachable": True,
            "dependency_match": {"found_dependency": found, "lockfile": "web/package-lock.json"},
        },
    }
    code, chain = scans("semgrep", document(result(), result(extra, check_id="ssc-1")))
    assert (code.category, chain.category) == ("", "supply-chain")
    (seen,) = chain.observations
    package = seen.package
    assert package is not None
    assert (package.type, package.namespace, package.name) == ("npm", "@bank", "forms")
    assert (package.version, package.fixed_version) == ("1.2.0", "1.3.0")
    assert seen.vulnerability_ids == ("CVE-2026-0007",)
    assert (seen.locations[0].path, seen.locations[0].line) == ("web/package-lock.json", 41)
    assert "is reachable" in seen.description


@pytest.mark.parametrize(
    ("extra", "category"),
    [
        ({"validation_state": "CONFIRMED_VALID"}, "secrets"),
        ({"metadata": {"technology": ["secrets"]}, "validation_state": "NO_VALIDATOR"}, ""),
        ({"metadata": {"vulnerability_class": ["Hard-coded Secrets"]}}, ""),
    ],
)
def test_a_found_secret_leaves_nothing_clear_behind(extra: dict[str, Any], category: str) -> None:
    quotes = {"lines": SECRET, "metavars": {"$1": {"abstract_content": SECRET}}, "fix": SECRET}
    one = scan("semgrep", document(result(quotes | extra)))
    (seen,) = one.observations
    assert (seen.finding_class, one.category) == (FindingClass.SECRET, category)
    assert seen.secret_digest
    assert SECRET not in repr(one)


def test_secrets_that_the_report_hides_have_no_digest_in_common() -> None:
    hidden = {"lines": "requires login", "metadata": {"technology": ["secrets"]}}
    assert only("semgrep", document(result(hidden))).secret_digest == ""


def test_only_a_scan_of_files_without_errors_counts_as_done() -> None:
    assert scan("semgrep", document()).is_successful is True
    assert scan("semgrep", document(paths={"scanned": []})).is_successful is None
    assert scan("semgrep", {"results": [], "errors": []}).is_successful is None


@pytest.mark.parametrize(
    "members",
    [
        {"errors": [{"level": "warn", "message": "Syntax error", "path": "a.py"}]},
        {"errors": [{"level": "error", "type": "Timeout"}]},
        {"skipped_rules": [{"rule_id": "r"}]},
        {"paths": PYTHON | {"skipped": [{"path": "a", "reason": "analysis_failed_parser"}]}},
    ],
)
def test_what_was_not_scanned_makes_the_scan_incomplete(members: dict[str, Any]) -> None:
    one = scan("semgrep", document(**members))
    assert len(one.tool_errors) == 1
    assert one.is_successful is None


def test_a_remark_is_no_error_and_a_secret_in_one_is_redacted() -> None:
    assert scan("semgrep", document(errors=[{"level": "info"}])).tool_errors == ()
    message = f'password = "{SECRET}"'
    one = scan("semgrep", document(errors=[{"level": "error", "message": message}]))
    assert SECRET not in repr(one.tool_errors)


def test_the_rules_that_ran_are_known_when_the_report_lists_them() -> None:
    listed = document(result(), time={"rules": ["a", {"id": "b"}]})
    assert scan("semgrep", listed).rules == frozenset(("a", "b"))
    assert scan("semgrep", document(result())).rules is None


def test_bad_records_are_quarantined_one_by_one() -> None:
    one = scan("semgrep", document(3, {"path": "x"}, result()))
    assert [problem.where for problem in one.problems] == ["results[0]", "results[1]"]
    assert len(one.observations) == 1


def test_the_head_alone_tells_the_format() -> None:
    files = {"scanned": [f"src/file{number}.py" for number in range(9000)]}
    assert detected({"errors": [], "paths": files, "results": [result()]}) == "semgrep"
    assert detected({"results": [], "errors": [], "other": 1}) != "semgrep"


def vulnerability(**members: Any) -> dict[str, Any]:
    return {
        "title": "Forms run what is typed in",
        "advisory": {
            "ruleId": "ssc-1",
            "severity": "HIGH",
            "ecosystem": "pypi",
            "references": {
                "cveIds": ["CVE-2026-0007"],
                "cweIds": ["CWE-94: x"],
                "urls": ["https://github.com/advisories/GHSA-2222-3333-4444"],
            },
        },
        "matchedDependency": {"name": "Bank_Forms", "versionSpecifier": "1.2"},
        "closestSafeDependency": {"name": "bank-forms", "versionSpecifier": "1.3"},
        "dependencyFileLocation": {"path": "requirements.txt", "startLine": "4"},
        "repositoryName": "bank/web",
        "triage": {"status": "NEW", "dismissReason": "UNKNOWN_REASON"},
    } | members


def test_the_platform_lists_vulnerabilities_of_many_repositories() -> None:
    one = scan("semgrep-platform", {"vulns": [vulnerability()], "hasMore": False})
    (seen,) = one.observations
    assert (one.category, seen.asset, seen.cwes) == ("supply-chain", "bank/web", (94,))
    assert seen.vulnerability_ids == ("CVE-2026-0007", "GHSA-2222-3333-4444")
    assert seen.package is not None
    assert (seen.package.type, seen.package.name) == ("pypi", "bank-forms")
    assert (seen.package.version, seen.package.fixed_version) == ("1.2", "1.3")
    assert (seen.locations[0].path, seen.locations[0].line) == ("requirements.txt", 4)


@pytest.mark.parametrize(
    ("status", "reason", "absent", "suppressed"),
    [
        ("NEW", "UNKNOWN_REASON", 0, False),
        ("CLOSED", "UNKNOWN_REASON", 1, False),
        ("FIXED", "", 1, False),
        ("CLOSED", "FALSE_POSITIVE", 0, True),
        ("IGNORED", "", 0, True),
    ],
)
def test_triage_on_the_platform(status: str, reason: str, absent: int, suppressed: bool) -> None:
    triage = {"status": status, "dismissReason": reason}
    one = scan("semgrep-platform", {"vulns": [vulnerability(triage=triage)]})
    assert one.absent == absent
    assert [seen.is_suppressed for seen in one.observations] == [suppressed] * (1 - absent)


def test_a_page_of_more_is_not_all() -> None:
    assert scan("semgrep-platform", {"vulns": [vulnerability()], "hasMore": True}).is_partial


def test_findings_of_the_platform_are_places_in_code() -> None:
    found = {
        "match_based_id": "m1",
        "rule_name": "r",
        "rule_message": "Bad",
        "severity": "high",
        "status": "open",
        "location": {"file_path": "a.py", "line": 3},
        "repository": {"name": "bank/web"},
    }
    muted = found | {"state": "muted"}
    gone = found | {"status": "fixed"}
    one = scan("semgrep-platform", {"findings": [found, muted, gone]})
    assert [seen.is_suppressed for seen in one.observations] == [False, True]
    assert one.absent == 1
    assert one.observations[0].fingerprints == (("matchBasedId/v1", "m1"),)
