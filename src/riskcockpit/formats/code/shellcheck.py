"""ShellCheck's own JSON: the older list and the newer object with `comments`."""

from __future__ import annotations

from functools import partial

from riskcockpit.domain.finding import Observation
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.titles import first_sentence

TOOL = "ShellCheck"
WORDS = {"info": Severity.LOW, "style": Severity.LOW}


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `shellcheck -f json` or `-f json1`.

    Raises:
        FormatError: not ShellCheck's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "ShellCheck JSON")
    gathering = Gathering()
    for form in found:
        if form.is_list:
            gathering.take_all("", form.items, partial(_comment, options))
        else:
            gathering.take_all("comments", form.records("comments"), partial(_comment, options))
    return whole("shellcheck", [gathering.scan(TOOL)], documents)


def _comment(options: ReadOptions, raw: bytes, place: str) -> Observation:
    entry = record_of(raw, options)
    number = entry.integer("code")
    if number is None:
        raise SkipRecordError("it names no rule")
    rule = f"SC{number}"
    message = entry.text("message")
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, entry.word("level"), "level", options, words=WORDS),
        message,
        record=place,
        raw=entry.raw,
        label=first_sentence(message),
        help_url=f"https://www.shellcheck.net/wiki/{rule}",
        locations=location(
            entry.text("file"),
            options,
            line=entry.line("line"),
            column=entry.line("column"),
            end_line=entry.line("endLine"),
        ),
    )
