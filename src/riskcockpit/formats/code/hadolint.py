"""Hadolint's own JSON."""

from __future__ import annotations

from functools import partial

from riskcockpit.domain.finding import Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.titles import first_sentence

TOOL = "Hadolint"
WORDS = {"info": Severity.LOW, "style": Severity.LOW, "ignore": Severity.INFO}
"""`info` and `style` are what its SARIF calls notes."""
_STDIN = "-"


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `hadolint --format json`.

    Raises:
        FormatError: not Hadolint's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "Hadolint JSON")
    gathering = Gathering()
    for form in found:
        gathering.take_all("", form.items, partial(_result, options))
    return whole("hadolint", [gathering.scan(TOOL)], documents)


def _result(options: ReadOptions, raw: bytes, place: str) -> Observation:
    entry = record_of(raw, options)
    rule = entry.text("code")
    path = entry.text("file")
    message = entry.text("message")
    address = f"https://github.com/hadolint/hadolint/wiki/{rule}" if rule[:2] == "DL" else ""
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, entry.word("level"), "level", options, words=WORDS),
        message,
        record=place,
        raw=entry.raw,
        label=first_sentence(message),
        help_url=address,
        locations=location(
            "" if path == _STDIN else path,
            options,
            line=entry.line("line"),
            column=entry.line("column"),
        ),
    )
