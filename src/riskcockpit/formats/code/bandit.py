"""Bandit's own JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import Form, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import labelled
from riskcockpit.formats.titles import first_sentence
from riskcockpit.formats.vulnerabilities import cwe_number

TOOL = "Bandit"
_NUMBERED = re.compile(r"^(?P<number>\d+) ?(?P<code>.*)$", re.MULTILINE)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `bandit -f json`.

    Raises:
        FormatError: not Bandit's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "Bandit JSON")
    return whole("bandit", [_scan(form, options) for form in found], documents)


def _scan(form: Form, options: ReadOptions) -> Scan:
    gathering = Gathering()
    gathering.take_all("results", form.records("results"), partial(_result, options))
    head = form.head("errors", "generated_at", "metrics")
    errors = tuple(_errors(head, options))
    return gathering.scan(
        TOOL,
        scanned_at=head.moment("generated_at"),
        is_successful=True if head.number("metrics", "_totals", "loc") and not errors else None,
        tool_errors=errors,
    )


def _result(options: ReadOptions, raw: bytes, place: str) -> Observation:
    entry = record_of(raw, options)
    rule = entry.first("test_id", "test_name")  # before version 1.0 there was a name only
    line = entry.line("line_number")
    message = entry.text("issue_text")
    confidence = entry.word("issue_confidence").lower()
    cwe = cwe_number(entry.at("issue_cwe", "id"))
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, entry.word("issue_severity"), "issue_severity", options),
        message,
        record=place,
        raw=entry.raw,
        label=first_sentence(message),
        about=labelled("Confidence", confidence),
        help_url=entry.text("more_info"),
        locations=location(
            entry.text("filename"),
            options,
            line=line,
            column=entry.row("col_offset"),
            end_line=max(_range(entry), default=None),
            snippet=_code(wording.scalar(entry.at("code")), line),
        ),
        cwes=(cwe,) if cwe else (),
    )


def _range(entry: Members) -> Iterator[int]:
    for number in range(len(entry.items("line_range"))):
        line = entry.line("line_range", number)
        if line is not None:
            yield line


def _code(text: str, line: int | None) -> str:
    """Return the code at `line` of a quotation in which each line begins with its number."""
    quoted = {int(match["number"]): match["code"] for match in _NUMBERED.finditer(text)}
    return quoted.get(line or 0, "")


def _errors(head: Members, options: ReadOptions) -> Iterator[str]:
    for error in head.members("errors"):
        what = f"{error.text('filename')}: {error.text('reason') or 'not scanned'}"
        yield wording.title(options.redact(what))
