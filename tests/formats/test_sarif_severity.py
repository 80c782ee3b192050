"""Who decides how bad a SARIF result is."""

from __future__ import annotations

from typing import Any

import pytest

from riskcockpit.domain.severity import Severity
from riskcockpit.formats.api import ReadOptions
from support.sarif_logs import read_one, result


def of_tool(name: str, *rules: dict[str, Any]) -> dict[str, Any]:
    return {"tool": {"driver": {"name": name, "rules": list(rules)}}}


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        ("9.0", Severity.CRITICAL),
        ("8.9", Severity.HIGH),
        ("7.0", Severity.HIGH),
        (4, Severity.MEDIUM),
        ("0.1", Severity.LOW),
        ("0.0", Severity.INFO),
        ("High", Severity.HIGH),
    ],
)
def test_security_severity_is_a_number_or_a_word(score: Any, severity: Severity) -> None:
    rule = {"id": "r", "properties": {"security-severity": score}}
    assert read_one(result(level="note"), rules=[rule]).severity is severity


@pytest.mark.parametrize("score", ["11", "-1", "nan", "urgent"])
def test_a_score_that_makes_no_sense_leaves_it_to_the_level(score: str) -> None:
    rule = {"id": "r", "properties": {"security-severity": score}}
    seen = read_one(result(level="error"), rules=[rule])
    assert (seen.severity, seen.severity_source) == (Severity.HIGH, "result.level")


def test_the_score_of_the_rule_beats_that_of_the_result() -> None:
    rule = {"id": "r", "properties": {"security-severity": "9.1"}}
    one = result(properties={"security-severity": "2.0"})
    assert read_one(one, rules=[rule]).severity is Severity.CRITICAL
    assert read_one(one).severity is Severity.LOW


def test_without_any_level_a_result_is_medium() -> None:
    seen = read_one(result())
    assert (seen.severity, seen.severity_source) == (Severity.MEDIUM, "default of SARIF")


def test_an_invocation_may_override_the_level_of_a_rule() -> None:
    override = {"descriptor": {"id": "r"}, "configuration": {"level": "error"}}
    seen = read_one(
        result(),
        rules=[{"id": "r", "defaultConfiguration": {"level": "note"}}],
        invocations=[{"ruleConfigurationOverrides": [override]}],
    )
    assert (seen.severity, seen.severity_source) == (Severity.HIGH, "invocation override")


@pytest.mark.parametrize(
    ("tool", "rule", "severity"),
    [("Checkov", "CKV_1", "medium"), ("ruff", "S105", "medium"), ("ruff", "E501", "low")],
)
def test_tools_that_call_everything_an_error_have_defaults(
    tool: str, rule: str, severity: str
) -> None:
    seen = read_one(result(ruleId=rule, level="error"), **of_tool(tool))
    assert (seen.severity.word, seen.severity_source) == (severity, "default of the tool")


def test_bandit_writes_its_severity_into_the_properties() -> None:
    seen = read_one(
        result(level="error", properties={"issue_severity": "LOW"}), **of_tool("Bandit")
    )
    assert seen.severity is Severity.LOW


def test_trivy_writes_its_severity_as_a_tag() -> None:
    rule = {"id": "r", "properties": {"tags": ["misconfiguration", "CRITICAL"]}}
    assert read_one(result(level="error"), **of_tool("Trivy", rule)).severity is Severity.CRITICAL


def test_a_leaked_secret_without_any_level_is_high() -> None:
    seen = read_one(result(), **of_tool("gitleaks"))
    assert (seen.severity, seen.severity_source) == (Severity.HIGH, "default for secrets")


def test_the_settings_beat_everything_and_a_rule_beats_the_star() -> None:
    overrides = {"PROBE": {"*": "low", "r*": "critical"}}
    options = ReadOptions(severity_overrides=overrides)
    rule = {"id": "r", "properties": {"security-severity": "5.0"}}
    seen = read_one(result(), options=options, rules=[rule])
    assert (seen.severity, seen.severity_raw) == (Severity.CRITICAL, "critical")
    assert read_one(result(ruleId="x"), options=options).severity is Severity.LOW
