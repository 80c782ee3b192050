"""What the forms of SonarQube's findings share: severities, states, descriptions of rules."""

from __future__ import annotations

from dataclasses import dataclass

from riskcockpit.domain.severity import Severity
from riskcockpit.formats.hypertext import plain_text
from riskcockpit.formats.vulnerabilities import cwe_numbers

TOOL = "SonarQube"
ISSUES = "issues"
HOTSPOTS = "hotspots"
SCALE = {
    "blocker": Severity.CRITICAL,
    "critical": Severity.HIGH,
    "major": Severity.MEDIUM,
    "minor": Severity.LOW,
    "info": Severity.INFO,
}
"""SonarQube's own words: blocker is above critical, and major is its middle."""
GONE = frozenset({"FIXED", "REMOVED", "CLOSED"})
"""States and resolutions of what is no longer there."""
ACCEPTED = frozenset(
    {"FALSE-POSITIVE", "FALSE_POSITIVE", "WONTFIX", "ACCEPTED", "SAFE", "ACKNOWLEDGED"}
)
"""States and resolutions by which somebody decided to leave it."""
TO_REVIEW = "TO_REVIEW"
_SEE = ("\nSee\n", "\nResources\n")
"""Headings of the last section of a rule: links and standards."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in words."""

    title: str = ""
    text: str = ""
    cwes: tuple[int, ...] = ()


def rule_from_html(title: str, html: str) -> Rule:
    """Return the rule that `html` describes, without its list of standards."""
    text = plain_text(html)
    cwes = cwe_numbers([text, html])
    end = min((at for mark in _SEE if (at := text.rfind(mark)) > 0), default=len(text))
    return Rule(title, text[:end].strip(), cwes)
