"""Dockle's own JSON: checks of one container image."""

from __future__ import annotations

from functools import partial

from riskcockpit.domain.finding import ControlEvidence, Observation, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import Form, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.images import image_name
from riskcockpit.formats.members import record_of
from riskcockpit.formats.observing import observed

TOOL = "Dockle"
WORDS = {"fatal": Severity.HIGH, "warn": Severity.MEDIUM, "info": Severity.LOW}
"""As in its SARIF, where `FATAL` is an error and `INFO` a note."""
_NO_FAULT = {"PASS": "pass", "SKIP": "not_applicable", "IGNORE": "not_applicable"}


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `dockle --format json`.

    Raises:
        FormatError: not Dockle's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "Dockle JSON")
    return whole("dockle", [_scan(form, options) for form in found], documents)


def _scan(form: Form, options: ReadOptions) -> Scan:
    gathering = Gathering()
    gathering.take_all("details", form.records("details"), partial(_check, options))
    head = form.head("image", "summary")
    return gathering.scan(
        TOOL,
        asset=image_name(head.text("image")),
        is_successful=True if head.number("summary", "pass") else None,
    )


def _check(options: ReadOptions, raw: bytes, place: str) -> Observation | ControlEvidence:
    entry = record_of(raw, options)
    rule = entry.text("code")
    level = entry.word("level")
    status = _NO_FAULT.get(level.upper())
    if status:
        return ControlEvidence(TOOL, wording.name(rule), status, record=place)
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, level, "level", options, words=WORDS),
        entry.text("title"),
        record=place,
        raw=entry.raw,
        about="\n".join(entry.texts("alerts")),
        help_url=f"https://github.com/goodwithtech/dockle/blob/master/CHECKPOINT.md#{rule.lower()}",
    )
