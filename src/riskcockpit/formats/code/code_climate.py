"""Code Climate issues, as the Code Climate engines write them and GitLab's Code Quality takes them.

The format does not name its tool. An engine's name is taken where there is one; rules of Hadolint
are known by sight; else the tool is "Code Climate".
"""

from __future__ import annotations

import re
from functools import partial

from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import forms, whole
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.titles import first_sentence

TOOL = "Code Climate"
HADOLINT = "Hadolint"
WORDS = {
    "info": Severity.INFO,
    "minor": Severity.LOW,
    "major": Severity.MEDIUM,
    "critical": Severity.HIGH,
    "blocker": Severity.CRITICAL,
}
HADOLINT_WORDS = WORDS | {
    "info": Severity.LOW,
    "critical": Severity.MEDIUM,
    "blocker": Severity.HIGH,
}
"""Hadolint calls its errors blockers, so that severities are those of its other formats."""
_HADOLINT_RULE = re.compile(r"DL\d{4}|SC\d{4}")
_RECORD_SEPARATOR = b"\x00"
"""What engines write between their issues."""


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a list of issues, or a stream of them.

    Raises:
        FormatError: no Code Climate issues, not JSON, or beyond a limit.
    """
    found, documents = forms(content.replace(_RECORD_SEPARATOR, b"\n"), "Code Climate issues")
    raws = [raw for form in found for raw in form.items]
    raws += [
        Raw(part) for form, part in zip(found, documents.parts, strict=True) if not form.is_list
    ]
    groups = Groups(Group(TOOL))
    groups.take_all("", raws, partial(_issue, options))
    return whole("code-climate", groups.scans(), documents)


def _issue(
    options: ReadOptions, raw: bytes, place: str
) -> tuple[Group, Observation | ControlEvidence]:
    entry = record_of(raw, options)
    rule = entry.text("check_name")
    kind = entry.text("type").lower()
    tool = _tool(entry, rule)
    if kind and kind != "issue":
        named = wording.name(entry.text("name") or kind)
        return Group(tool), ControlEvidence(tool, named, "informational", record=place)
    claim = entry.name("fingerprint")
    message = entry.text("description")
    words = HADOLINT_WORDS if tool == HADOLINT else WORDS
    place_of = entry.member("location")
    return Group(tool), observed(
        tool,
        rule,
        graded(tool, rule, entry.word("severity"), "severity", options, words=words),
        message,
        record=place,
        raw=entry.raw,
        label=first_sentence(message),
        about=entry.text("content", "body"),
        locations=location(
            place_of.text("path"),
            options,
            line=place_of.line("lines", "begin") or place_of.line("positions", "begin", "line"),
            column=place_of.line("positions", "begin", "column"),
            end_line=place_of.line("lines", "end") or place_of.line("positions", "end", "line"),
        ),
        fingerprints=(("fingerprint", claim),) if claim else (),
    )


def _tool(entry: Members, rule: str) -> str:
    named = entry.name("engine_name")
    if named:
        return named
    return HADOLINT if _HADOLINT_RULE.fullmatch(rule) else TOOL
