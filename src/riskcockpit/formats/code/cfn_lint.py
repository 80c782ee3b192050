"""cfn-lint's own JSON."""

from __future__ import annotations

from functools import partial

from riskcockpit.domain.finding import Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.titles import first_sentence

TOOL = "cfn-lint"
WORDS = {"informational": Severity.LOW}
UNREAD = "E0"
"""How rules begin that say that a template could not be parsed, or that a rule failed on it."""


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `cfn-lint --format json`.

    Raises:
        FormatError: not cfn-lint's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "cfn-lint JSON")
    gathering = Gathering()
    for form in found:
        gathering.take_all("", form.items, partial(_match, options))
    errors = tuple(seen.title for seen in gathering.observations if seen.rule.startswith(UNREAD))
    return whole("cfn-lint", [gathering.scan(TOOL, tool_errors=errors)], documents)


def _match(options: ReadOptions, raw: bytes, place: str) -> Observation:
    entry = record_of(raw, options)
    rule = entry.text("Rule", "Id")
    message = entry.text("Message")
    path = _template_path(entry)
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, entry.word("Level"), "Level", options, words=WORDS),
        message,
        record=place,
        raw=entry.raw,
        label=entry.text("Rule", "ShortDescription") or first_sentence(message),
        about=entry.text("Rule", "Description"),
        help_url=entry.text("Rule", "Source"),
        locations=location(
            entry.text("Filename"),
            options,
            line=entry.line("Location", "Start", "LineNumber"),
            column=entry.line("Location", "Start", "ColumnNumber"),
            end_line=entry.line("Location", "End", "LineNumber"),
        ),
        fingerprints=(("Path", path),) if path else (),
        resource=path,
    )


def _template_path(entry: Members) -> str:
    """Return the place inside the template: `Resources/Bucket/Properties/AccessControl`."""
    return wording.name("/".join(entry.texts("Location", "Path")))
