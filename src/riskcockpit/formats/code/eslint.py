"""ESLint's own JSON: a list of files with their messages, bare or with metadata beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from msgspec import Raw

from riskcockpit.domain.finding import Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import Form, form_of, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.titles import first_sentence

TOOL = "ESLint"
WORDS = {"1": Severity.MEDIUM, "2": Severity.HIGH}
"""Its numbers for warning and error."""
NO_RULE = "eslint"
"""Stands as the rule of what ESLint itself says: of an unused directive, an ignored file."""


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `eslint -f json` or `-f json-with-metadata`.

    Raises:
        FormatError: not ESLint's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "ESLint JSON")
    gathering = Gathering()
    errors: list[str] = []
    count = 0
    for form in found:
        for number, raw in enumerate(form.items if form.is_list else form.records("results")):
            errors += _file(gathering, raw, f"[{number}]", options)
            count += 1
    scan = gathering.scan(
        TOOL, is_successful=True if count and not errors else None, tool_errors=tuple(errors)
    )
    return whole("eslint", [scan], documents)


def _file(gathering: Gathering, raw: Raw, place: str, options: ReadOptions) -> Iterator[str]:
    """Take the messages of one file; yield why it could not be parsed, if so."""
    try:
        form = form_of(raw)
        messages = form.records("messages")
        suppressed = form.records("suppressedMessages")
        head = form.head("filePath", "source")
    except (FormatError, SkipRecordError) as fault:
        gathering.trouble(place, fault.message)
        return
    lines = wording.scalar(head.at("source")).splitlines()
    path = head.text("filePath")
    read_message = partial(_message, options, path, lines)
    gathering.take_all(f"{place}.messages", messages, read_message)
    gathering.take_all(
        f"{place}.suppressedMessages",
        suppressed,
        lambda item, where: replace(read_message(item, where), is_suppressed=True),
    )
    if _has_fatal(form):
        yield wording.title(options.redact(f"cannot parse {path}"))


def _has_fatal(form: Form) -> bool:
    counted = form.head("fatalErrorCount", "messages")
    return bool(counted.number("fatalErrorCount")) or any(
        message.flag("fatal") for message in counted.members("messages")
    )


def _message(
    options: ReadOptions, path: str, lines: list[str], raw: bytes, place: str
) -> Observation:
    entry = record_of(raw, options)
    rule = entry.text("ruleId") or NO_RULE
    message = entry.text("message")
    line = entry.line("line")
    code = lines[line - 1] if line is not None and line <= len(lines) else ""
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, entry.word("severity"), "severity", options, words=WORDS),
        message,
        record=place,
        raw=entry.raw,
        label=first_sentence(message),
        locations=location(
            path,
            options,
            line=line,
            column=entry.line("column"),
            end_line=entry.line("endLine"),
            snippet=options.redact(code),
        ),
    )
