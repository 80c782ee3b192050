"""Severity of one record: what the settings say, else the tool's word or score."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from riskcockpit.domain.severity import Severity
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.cvss import HIGHEST
from riskcockpit.formats.overrides import SOURCE, SeverityOverrides


class Grade(NamedTuple):
    """How bad a finding is, and why we say so."""

    severity: Severity
    raw: str
    """The tool's word or number."""
    source: str
    """Which field decided."""


_NO_WORDS: Mapping[str, Severity] = {}


def graded(
    tool: str,
    rule: str,
    word: str | float | None,
    field: str,
    options: ReadOptions,
    *,
    words: Mapping[str, Severity] = _NO_WORDS,
) -> Grade:
    """Return the grade for the tool's `word` (or CVSS score) in its `field`.

    `words` are those, lower-case, that mean something else in this tool than they usually do.

    A word that says nothing counts as medium, and the source says so: unknown is never harmless.
    """
    configured = SeverityOverrides(tool, options.severity_overrides).of(rule)
    if configured is not None:
        return Grade(*configured, SOURCE)
    raw = wording.name(wording.scalar(word))
    if isinstance(word, int | float) and not isinstance(word, bool) and 0 <= word <= HIGHEST:
        return Grade(Severity.from_score(word), raw, field)
    known = words.get(raw.lower(), Severity.from_word(raw))
    if known is None:
        why = "is not known" if raw else "is missing"
        return Grade(Severity.MEDIUM, raw, f"{field} {why}")
    return Grade(known, raw, field)
