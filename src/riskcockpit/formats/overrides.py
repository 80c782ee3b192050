"""Severities that the settings put above what reports say."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from riskcockpit.domain.severity import Severity

SOURCE = "settings: imports.severity_overrides"
"""What `Observation.severity_source` says of them."""


class SeverityOverrides:
    """The overrides of one tool: rule glob → word; the first glob that matches decides."""

    def __init__(self, tool: str, overrides: Mapping[str, Mapping[str, str]]) -> None:
        folded = tool.casefold()
        self._words = [
            (glob, word)
            for pattern, globs in overrides.items()
            if fnmatchcase(folded, pattern.casefold())
            for glob, word in sorted(globs.items(), key=lambda item: item[0] == "*")
        ]

    def of(self, rule: str) -> tuple[Severity, str] | None:
        """Return the severity and the word it was given as, or None without an override."""
        for glob, word in self._words:
            severity = Severity.from_word(word)
            if severity is not None and fnmatchcase(rule, glob):
                return severity, word
        return None
