"""Ruff's own JSON: a list, or an object on each line."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import partial

from msgspec import Raw

from riskcockpit.domain.finding import Observation
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.titles import first_sentence

TOOL = "ruff"
SECURITY_RULES = "S[0-9]*"
"""Its rules from Bandit; the others are about style and correctness."""
SYNTAX_ERROR = "invalid-syntax"


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `ruff check --output-format json` or `json-lines`.

    Raises:
        FormatError: not Ruff's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "Ruff JSON")
    raws = [raw for form in found for raw in form.items]
    raws += [
        Raw(part) for form, part in zip(found, documents.parts, strict=True) if not form.is_list
    ]
    gathering = Gathering()
    gathering.take_all("", raws, partial(_result, options))
    unparsed = {
        place.path
        for seen in gathering.observations
        if seen.rule == SYNTAX_ERROR
        for place in seen.locations
    }
    errors = tuple(wording.title(f"cannot parse {path}") for path in sorted(unparsed))
    return whole("ruff", [gathering.scan(TOOL, tool_errors=errors)], documents)


def _result(options: ReadOptions, raw: bytes, place: str) -> Observation:
    entry = record_of(raw, options)
    rule = entry.text("code") or SYNTAX_ERROR
    message = entry.text("message")
    default = "medium" if fnmatchcase(rule, SECURITY_RULES) else "low"
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, default, "default of the tool", options),
        message,
        record=place,
        raw=entry.raw,
        label=first_sentence(message),
        help_url=entry.text("url"),
        locations=location(
            entry.text("filename"),
            options,
            line=entry.line("location", "row"),
            column=entry.line("location", "column"),
            end_line=entry.line("end_location", "row"),
        ),
    )
