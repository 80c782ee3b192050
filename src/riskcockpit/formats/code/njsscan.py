"""njsscan's own JSON: rules, each with the places where it was found."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from msgspec import Raw

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import Form, form_of, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.titles import first_sentence
from riskcockpit.formats.vulnerabilities import cwe_numbers

TOOL = "nodejsscan"
"""The name by which its SARIF calls itself: both forms are of one tool."""
WORDS = {"info": Severity.LOW}
_PARTS = ("nodejs", "templates")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `njsscan --json`.

    Raises:
        FormatError: not njsscan's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "njsscan JSON")
    return whole("njsscan", [_scan(form, options) for form in found], documents)


def _scan(form: Form, options: ReadOptions) -> Scan:
    gathering = Gathering()
    for part in _PARTS:
        for rule, raw in form.inner(part).members.items():
            _rule(gathering, rule, raw, f"{part}.{wording.name(rule)}", options)
    head = form.head("njsscan_version", "errors")
    return gathering.scan(
        TOOL,
        tool_version=head.name("njsscan_version"),
        tool_errors=tuple(_errors(head, options)),
    )


def _rule(gathering: Gathering, rule: str, raw: Raw, place: str, options: ReadOptions) -> None:
    """Take the places of one rule; one without any is about the whole project."""
    try:
        form = form_of(raw)
        metadata = form.head("metadata").member("metadata")
        files = form.records("files")
    except (FormatError, SkipRecordError) as fault:
        gathering.trouble(place, fault.message)
        return
    read_place = partial(_place, options, rule, metadata)
    if files:
        gathering.take_all(f"{place}.files", files, read_place)
    else:
        gathering.take(place, partial(read_place, b"{}", place))


def _place(
    options: ReadOptions, rule: str, metadata: Members, raw: bytes, place: str
) -> Observation:
    entry = record_of(raw, options)
    message = options.redact(metadata.text("description"))
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, metadata.word("severity"), "metadata.severity", options, words=WORDS),
        message,
        record=place,
        raw=entry.raw,
        label=first_sentence(message),
        locations=location(
            entry.text("file_path"),
            options,
            line=entry.line("match_lines", 0),
            column=entry.line("match_position", 0),
            end_line=entry.line("match_lines", 1),
            snippet=wording.scalar(entry.at("match_string")),
        ),
        cwes=cwe_numbers(metadata.texts("cwe")),
    )


def _errors(head: Members, options: ReadOptions) -> Iterator[str]:
    for error in head.items("errors"):
        text = error.text() or error.text("message") or "an error without a message"
        yield wording.title(options.redact(text))
