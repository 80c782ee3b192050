"""tfsec's own JSON, of all its versions."""

from __future__ import annotations

import re
from functools import partial

from riskcockpit.domain.finding import ControlEvidence, Observation, Scan
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import Form, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.prose import paragraphs

TOOL = "tfsec"
_STATUSES = {"0": "failed", "1": "passed", "2": "ignored"}
_RESOURCE = re.compile(r"^Resource '(?P<name>[^']{1,400})'")
_ADDRESS = re.compile(r"https://\S+")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the output of `tfsec --format json`.

    Raises:
        FormatError: not tfsec's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "tfsec JSON")
    return whole("tfsec", [_scan(form, options) for form in found], documents)


def _scan(form: Form, options: ReadOptions) -> Scan:
    gathering = Gathering()
    gathering.take_all("results", form.records("results"), partial(_result, options))
    return gathering.scan(TOOL)


def _result(options: ReadOptions, raw: bytes, place: str) -> Observation | ControlEvidence:
    entry = record_of(raw, options)
    rule = entry.first("long_id", "rule_id")
    resource = wording.name(_resource(entry))
    word = entry.word("status").lower()
    status = _STATUSES.get(word, word)
    if status == "passed" or entry.flag("passed"):
        return ControlEvidence(TOOL, wording.name(rule), "pass", resource, place)
    addresses = _ADDRESS.findall(" ".join((*entry.texts("links"), entry.text("link"))))
    message = entry.text("description")
    return observed(
        TOOL,
        rule,
        graded(TOOL, rule, entry.word("severity"), "severity", options),
        entry.text("rule_description") or message,
        record=place,
        raw=entry.raw,
        about=paragraphs(message, entry.word("impact"), entry.text("resolution")),
        help_url=next(iter(addresses), ""),
        is_suppressed=status == "ignored",
        locations=location(
            entry.text("location", "filename"),
            options,
            line=entry.line("location", "start_line"),
            end_line=entry.line("location", "end_line"),
        ),
        fingerprints=(("resource", resource),) if resource else (),
        resource=resource,
    )


def _resource(entry: Members) -> str:
    """Return the address of the resource; older versions have it in the sentence only."""
    match = _RESOURCE.match(entry.text("description"))
    return entry.text("resource") or (match["name"] if match else "")
