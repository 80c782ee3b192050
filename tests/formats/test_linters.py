"""Own formats of linters: Hadolint, ShellCheck, Dockle, zizmor, Ruff, cfn-lint, ESLint, njsscan."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskcockpit.domain.severity import Severity
from support.native import SECRET, detected, only, report, scan

HADOLINT = {
    "line": 9,
    "code": "DL3008",
    "message": "Pin versions in apt-get install",
    "column": 1,
    "file": "docker\\Dockerfile",
    "level": "warning",
}
SHELLCHECK = {
    "file": "run.sh",
    "line": 2,
    "endLine": 3,
    "column": 1,
    "endColumn": 6,
    "level": "warning",
    "code": 2164,
    "message": "Use 'cd ... || exit' in case cd fails.",
    "fix": None,
}


def test_hadolint() -> None:
    seen = only("hadolint", [HADOLINT])
    assert (seen.tool, seen.rule, seen.severity) == ("Hadolint", "DL3008", Severity.MEDIUM)
    assert (seen.locations[0].path, seen.locations[0].line) == ("docker/Dockerfile", 9)
    assert seen.help_url.endswith("/DL3008")


@pytest.mark.parametrize(
    ("level", "severity"),
    [("error", Severity.HIGH), ("info", Severity.LOW), ("style", Severity.LOW)],
)
def test_levels_of_hadolint_and_shellcheck_are_those_of_their_sarif(
    level: str, severity: Severity
) -> None:
    assert only("hadolint", [HADOLINT | {"level": level}]).severity is severity
    assert only("shellcheck", [SHELLCHECK | {"level": level}]).severity is severity


def test_a_dockerfile_from_standard_input_has_no_path() -> None:
    assert only("hadolint", [HADOLINT | {"file": "-"}]).locations == ()


@pytest.mark.parametrize("content", [[SHELLCHECK], {"comments": [SHELLCHECK]}])
def test_shellcheck_in_both_its_forms(content: Any) -> None:
    seen = only("shellcheck", content)
    assert (seen.rule, seen.locations[0].line, seen.locations[0].end_line) == ("SC2164", 2, 3)


def test_shellcheck_without_comments_and_with_a_bad_one() -> None:
    assert scan("shellcheck", {"comments": []}).observations == ()
    one = scan("shellcheck", {"comments": [SHELLCHECK, {"line": 1}]})
    assert [problem.where for problem in one.problems] == ["comments[1]"]


def test_dockle_is_about_an_image() -> None:
    levels = ["FATAL", "WARN", "INFO", "SKIP", "PASS", "IGNORE"]
    details = [
        {"code": f"CIS-{n}", "title": "A check", "level": n, "alerts": ["a"]} for n in levels
    ]
    image = "registry.example.invalid:5000/bank/app:1.2"
    one = scan("dockle", {"image": image, "summary": {"fatal": 1, "pass": 12}, "details": details})
    assert one.asset == "registry.example.invalid:5000/bank/app"
    assert [seen.severity for seen in one.observations] == [
        Severity.HIGH,
        Severity.MEDIUM,
        Severity.LOW,
    ]
    assert [proof.status for proof in one.evidence] == ["not_applicable", "pass", "not_applicable"]
    assert one.is_successful is True


def test_dockle_proves_that_it_ran_by_what_passed() -> None:
    nothing = {"summary": {"fatal": 0, "warn": 0, "pass": 16}, "details": []}
    assert scan("dockle", nothing).is_successful is True
    assert scan("dockle", {"summary": {"fatal": 0, "pass": 0}, "details": []}).is_successful is None


def spot(kind: str, row: int, path: Any) -> dict[str, Any]:
    point = {"row": row, "column": 4}
    return {
        "symbolic": {"key": path, "annotation": f"here in {row}", "kind": kind},
        "concrete": {
            "location": {"start_point": point, "end_point": {"row": row + 1, "column": 2}},
            "feature": f"uses: x{row}",
        },
    }


def zizmor(*spots: Any, **members: Any) -> list[Any]:
    found = {
        "ident": "artipacked",
        "desc": "credentials are kept",
        "url": "https://docs.zizmor.sh/audits/#artipacked",
        "determinations": {"confidence": "Low", "severity": "Medium"},
        "locations": list(spots),
        "ignored": False,
    }
    return [found | members]


LOCAL = {"Local": {"verbatim_path": "./.github/workflows/ci.yml"}}


def test_zizmor_counts_from_zero_and_names_its_primary_place() -> None:
    seen = only("zizmor", zizmor(spot("Hidden", 1, LOCAL), spot("Primary", 9, LOCAL)))
    assert seen.rule == "zizmor/artipacked"
    assert len(seen.locations) == 2
    place = seen.locations[0]
    assert (place.path, place.line, place.column) == (".github/workflows/ci.yml", 10, 5)
    assert (place.end_line, place.snippet) == (11, "uses: x9")


@pytest.mark.parametrize(
    "key",
    [
        LOCAL,
        {"Local": {"prefix": ".", "given_path": ".github/workflows/ci.yml"}},
        {"Remote": {"slug": {"owner": "bank"}, "path": ".github/workflows/ci.yml"}},
    ],
)
def test_zizmor_writes_paths_in_several_ways(key: Any) -> None:
    assert only("zizmor", zizmor(spot("Primary", 0, key))).locations[0].path == (
        ".github/workflows/ci.yml"
    )


def test_what_zizmor_was_told_to_ignore_is_suppressed() -> None:
    assert only("zizmor", zizmor(spot("Primary", 0, LOCAL), ignored=True)).is_suppressed


RUFF = {
    "cell": None,
    "code": "S608",
    "filename": "app/pay.py",
    "location": {"row": 7, "column": 5},
    "end_location": {"row": 7, "column": 9},
    "message": "SQL built from text",
    "noqa_row": 7,
    "url": "https://docs.astral.sh/ruff/rules/x",
}


@pytest.mark.parametrize(
    ("code", "severity"), [("S608", Severity.MEDIUM), ("SIM102", Severity.LOW), ("E501", 1)]
)
def test_ruff_calls_everything_an_error_so_its_rules_decide(code: str, severity: int) -> None:
    assert only("ruff", [RUFF | {"code": code, "severity": "error"}]).severity == severity


def test_ruff_writes_lines_too() -> None:
    lines = "\n".join(json.dumps(RUFF | {"code": code}) for code in ("S608", "E501"))
    assert [seen.rule for seen in scan("ruff", lines).observations] == ["S608", "E501"]


def test_a_file_ruff_cannot_parse_makes_the_scan_incomplete() -> None:
    one = scan("ruff", [RUFF, RUFF | {"code": None, "filename": "app/old.py"}])
    assert one.tool_errors == ("cannot parse app/old.py",)
    assert one.observations[1].rule == "invalid-syntax"


CFN_LINT = {
    "Filename": "cfn/stack.yaml",
    "Level": "Warning",
    "Location": {
        "Start": {"LineNumber": 3, "ColumnNumber": 5},
        "End": {"LineNumber": 4, "ColumnNumber": 9},
        "Path": ["Parameters", "Unused", 0],
    },
    "Message": "Parameter Unused not used.",
    "Rule": {"Id": "W2001", "ShortDescription": "Parameters are used", "Source": "https://x"},
}


def test_cfn_lint_is_known_by_the_place_in_the_template() -> None:
    seen = only("cfn-lint", [CFN_LINT])
    assert (seen.rule, seen.severity) == ("W2001", Severity.MEDIUM)
    assert seen.fingerprints == (("Path", "Parameters/Unused/0"),)
    assert (seen.locations[0].line, seen.locations[0].end_line) == (3, 4)


def test_a_template_cfn_lint_cannot_parse_makes_the_scan_incomplete() -> None:
    broken = CFN_LINT | {"Rule": {"Id": "E0000"}, "Level": "Error"}
    assert len(scan("cfn-lint", [broken]).tool_errors) == 1
    assert scan("cfn-lint", [CFN_LINT]).tool_errors == ()


def eslint(*messages: Any, **members: Any) -> dict[str, Any]:
    return {
        "filePath": "web/server.js",
        "messages": list(messages),
        "errorCount": 1,
        "source": "const a = 1;\n  eval(input);\n",
    } | members


ESLINT = {"ruleId": "no-eval", "severity": 2, "message": "eval is harmful", "line": 2, "column": 3}


def test_eslint_lists_files_with_messages() -> None:
    one = scan("eslint", [eslint(ESLINT, ESLINT | {"severity": 1}), eslint()])
    first, second = one.observations
    assert (first.severity, second.severity) == (Severity.HIGH, Severity.MEDIUM)
    assert first.locations[0].snippet == "  eval(input);"
    assert one.is_successful is True


def test_eslint_may_put_metadata_beside_the_files() -> None:
    content = {"results": [eslint(ESLINT)], "metadata": {"rulesMeta": {}}}
    assert only("eslint", content).rule == "no-eval"


def test_messages_eslint_suppresses_stay_visible() -> None:
    one = scan("eslint", [eslint(ESLINT, suppressedMessages=[ESLINT])])
    assert [seen.is_suppressed for seen in one.observations] == [False, True]


def test_a_file_eslint_cannot_parse_makes_the_scan_incomplete() -> None:
    fatal = {"ruleId": None, "fatal": True, "severity": 2, "message": "Parsing error"}
    one = scan("eslint", [eslint(fatal)])
    assert one.tool_errors == ("cannot parse web/server.js",)
    assert one.is_successful is None


def test_source_that_eslint_quotes_is_redacted() -> None:
    source = f'x\nconst password = "{SECRET}";\n'
    assert SECRET not in repr(scan("eslint", [eslint(ESLINT, source=source)]))


def test_a_bad_file_of_eslint_is_quarantined() -> None:
    one = scan("eslint", [eslint(ESLINT), {"filePath": "a", "messages": 3}, "x"])
    assert [problem.where for problem in one.problems] == ["[1]", "[2]"]
    assert len(one.observations) == 1


def njsscan(**rules: Any) -> dict[str, Any]:
    return {"errors": [], "njsscan_version": "1.0.2", "nodejs": rules, "templates": {}}


def test_njsscan_lists_places_below_rules() -> None:
    place = {
        "file_path": "web/server.js",
        "match_lines": [5, 6],
        "match_position": [3, 9],
        "match_string": "  eval(a);",
    }
    metadata = {"cwe": "CWE-95: x", "description": "User data in eval()", "severity": "ERROR"}
    one = scan("njsscan", njsscan(eval_nodejs={"files": [place, place], "metadata": metadata}))
    assert (one.tool, one.tool_version, len(one.observations)) == ("nodejsscan", "1.0.2", 2)
    seen = one.observations[0]
    assert (seen.rule, seen.cwes, seen.severity) == ("eval_nodejs", (95,), Severity.HIGH)
    assert (seen.locations[0].line, seen.locations[0].end_line) == (5, 6)


def test_a_control_that_njsscan_misses_is_about_the_project() -> None:
    metadata = {"description": "No rate limit", "severity": "INFO"}
    seen = only("njsscan", njsscan(rate_limit={"metadata": metadata}))
    assert (seen.locations, seen.severity) == ((), Severity.LOW)


def test_a_bad_rule_of_njsscan_is_quarantined_and_its_errors_count() -> None:
    content = njsscan(one=3, two={"files": 3}) | {"errors": [{"message": "cannot read"}, "no"]}
    one = scan("njsscan", content)
    assert [problem.where for problem in one.problems] == ["nodejs.one", "nodejs.two"]
    assert len(one.tool_errors) == 2


def issue(**members: Any) -> dict[str, Any]:
    return {
        "type": "issue",
        "check_name": "method-lines",
        "description": "This method is long",
        "categories": ["Complexity"],
        "fingerprint": "ab12",
        "severity": "major",
        "location": {"path": "app/pay.py", "lines": {"begin": 4, "end": 9}},
    } | members


def test_code_climate_issues() -> None:
    seen = only("code-climate", [issue()])
    assert (seen.tool, seen.rule, seen.severity) == (
        "Code Climate",
        "method-lines",
        Severity.MEDIUM,
    )
    assert seen.fingerprints == (("fingerprint", "ab12"),)
    assert (seen.locations[0].line, seen.locations[0].end_line) == (4, 9)


def test_code_climate_places_as_positions_or_without_end() -> None:
    begin = {"path": "a", "positions": {"begin": {"line": 3, "column": 2}}}
    seen = only("code-climate", [issue(location=begin)])
    assert (seen.locations[0].line, seen.locations[0].column) == (3, 2)
    short = {"path": "a", "lines": {"begin": 7}}
    assert only("code-climate", [issue(location=short)]).locations[0].line == 7


def test_issues_of_several_engines_are_scans_of_their_own() -> None:
    dockerfile = issue(check_name="DL3008", severity="blocker")
    found = report("code-climate", [issue(engine_name="rubocop"), dockerfile]).scans
    assert [one.tool for one in found] == ["rubocop", "Hadolint"]
    assert found[1].observations[0].severity is Severity.HIGH


def test_engines_write_a_stream_with_measurements_in_it() -> None:
    measurement = {"type": "measurement", "name": "loc", "value": 3}
    stream = b"\x00\n".join(json.dumps(item).encode() for item in (issue(), measurement, issue()))
    one = scan("code-climate", stream)
    assert (len(one.observations), len(one.evidence)) == (2, 1)


def test_an_issue_that_cannot_be_read_may_be_of_any_engine() -> None:
    found = report("code-climate", [issue(engine_name="rubocop"), issue(), 3]).scans
    assert [one.is_partial for one in found] == [True, True]
    assert [len(one.problems) for one in found] == [1, 0]


@pytest.mark.parametrize(
    "content",
    [
        [{"code": "x", "message": "y"}],
        {"comments": [{"text": "a blog post's"}]},
        [{"filePath": "x"}],
        {"summary": {"a": 1}, "details": []},
        [{"check_name": "x"}],
    ],
)
def test_near_misses_are_not_taken(content: Any) -> None:
    assert detected(content) == ""
