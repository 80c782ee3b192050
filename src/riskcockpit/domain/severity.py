"""Severity: five ordered levels, the words and numbers upstream systems use for them."""

from __future__ import annotations

from enum import IntEnum


class Severity(IntEnum):
    """How bad a finding is; ordered, so `>=` works. Stored as its number."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The lower-case word used in queries, JSON and on screen."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> Severity | None:
        """Map an upstream spelling; None when the word says nothing about severity."""
        return _WORDS.get(word.strip().lower())

    @classmethod
    def from_score(cls, score: float) -> Severity:
        """Map a CVSS score: >= 9 critical, >= 7 high, >= 4 medium, > 0 low, 0 info."""
        for floor, severity in _FLOORS:
            if score >= floor:
                return severity
        return cls.LOW if score > 0 else cls.INFO


_WORDS = {
    "critical": Severity.CRITICAL,
    "blocker": Severity.CRITICAL,
    "high": Severity.HIGH,
    "important": Severity.HIGH,
    "error": Severity.HIGH,
    "major": Severity.HIGH,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "warning": Severity.MEDIUM,
    "warn": Severity.MEDIUM,
    "low": Severity.LOW,
    "minor": Severity.LOW,
    "note": Severity.LOW,
    "negligible": Severity.INFO,
    "info": Severity.INFO,
    "informational": Severity.INFO,
    "none": Severity.INFO,
}
_FLOORS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
