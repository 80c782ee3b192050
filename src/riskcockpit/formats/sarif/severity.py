"""How bad a SARIF result is, and which field says so (facts/findings.md section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, TypeVar

from riskcockpit.domain.severity import Severity
from riskcockpit.formats.overrides import SOURCE, SeverityOverrides
from riskcockpit.formats.sarif.rules import KnownRule
from riskcockpit.formats.wording import name, scalar

LEVELS = {
    "error": Severity.HIGH,
    "warning": Severity.MEDIUM,
    "note": Severity.LOW,
    "none": Severity.INFO,
}
SINGLE_LEVEL_TOOLS: Mapping[str, Mapping[str, str]] = {
    "checkov": {"CKV_SECRET_*": "high", "*": "medium"},
    "ruff": {"S*": "medium", "*": "low"},
}
"""Tools that write the same level on everything: tool → rule glob → severity."""
SEVERITY_FIELDS: Mapping[str, tuple[str, ...]] = {
    "bandit": ("issue_severity",),
    "python security analysis": ("issue_severity",),
    "dependency-check": ("severity",),
}
"""Tools that write the severity into the properties of a result: tool → field names."""
SEVERITY_TAGS = ("trivy",)
"""Tools that write the severity as a tag of the rule."""

T = TypeVar("T")


class Verdict(NamedTuple):
    """A resolved severity with what it was made from."""

    severity: Severity
    raw: str
    source: str


class SeverityJudge:
    """Resolves the severities of one tool's results."""

    def __init__(self, tool: str, overrides: Mapping[str, Mapping[str, str]]) -> None:
        self._tool = tool.casefold()
        self._configured = SeverityOverrides(tool, overrides)
        self._shipped = _of_tool(SINGLE_LEVEL_TOOLS, self._tool) or {}
        self._fields = _of_tool(SEVERITY_FIELDS, self._tool) or ()
        self._has_tags = self._tool.startswith(SEVERITY_TAGS)

    def judge(
        self,
        rule: KnownRule,
        level: str | None,
        kind: str | None,
        properties: Mapping[str, Any],
        *,
        is_secret: bool,
    ) -> Verdict:
        """Return the severity of a result of `rule` with `level` and `kind` as it writes them."""
        configured = self._configured.of(rule.id)
        if configured is not None:
            return Verdict(*configured, SOURCE)
        verdict = (
            _scored(rule.score, "rule.properties.security-severity")
            or _scored(
                scalar(properties.get("security-severity")), "result.properties.security-severity"
            )
            or self._by_tool(rule, properties)
        )
        return verdict or _by_level(rule, level, kind, is_secret=is_secret)

    def _by_tool(self, rule: KnownRule, properties: Mapping[str, Any]) -> Verdict | None:
        for field in self._fields:
            word = scalar(properties.get(field))
            severity = Severity.from_word(word)
            if severity is not None:
                return Verdict(severity, name(word), f"result.properties.{field}")
        if self._has_tags:
            for tag in rule.tags:
                severity = Severity.from_word(tag)
                if severity is not None:
                    return Verdict(severity, tag, "rule.properties.tags")
        word = _by_glob(self._shipped, rule.id) or ""
        severity = Severity.from_word(word)
        return None if severity is None else Verdict(severity, word, "default of the tool")


def _by_level(rule: KnownRule, level: str | None, kind: str | None, *, is_secret: bool) -> Verdict:
    if kind in (None, "fail") and level:
        return Verdict(_of_level(level), name(level), "result.level")
    if rule.override_level:
        return Verdict(_of_level(rule.override_level), rule.override_level, "invocation override")
    if rule.level:
        return Verdict(_of_level(rule.level), rule.level, "rule.defaultConfiguration.level")
    if is_secret:
        return Verdict(Severity.HIGH, "", "default for secrets")
    return Verdict(Severity.MEDIUM, "warning", "default of SARIF")


def _of_level(level: str) -> Severity:
    known = LEVELS.get(level.lower(), Severity.from_word(level))
    return Severity.MEDIUM if known is None else known


def _scored(text: str, source: str) -> Verdict | None:
    """Return what a `security-severity` says: a number, or in some tools a word."""
    if not text:
        return None
    try:
        score = float(text)
    except ValueError:
        severity = Severity.from_word(text)
    else:
        severity = Severity.from_score(score) if 0 <= score <= 10 else None  # noqa: PLR2004 - CVSS
    return None if severity is None else Verdict(severity, name(text), source)


def _by_glob(globs: Mapping[str, str], rule: str) -> str | None:
    return next((word for glob, word in globs.items() if fnmatchcase(rule, glob)), None)


def _of_tool(table: Mapping[str, T], tool: str) -> T | None:
    return next((value for prefix, value in table.items() if tool.startswith(prefix)), None)
