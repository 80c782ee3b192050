"""Results of Veracode's pipeline scan: static analysis of one build, not of an application."""

from __future__ import annotations

from functools import partial

from riskcockpit.domain.finding import Observation, Scan
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.forms import Form, forms, whole
from riskcockpit.formats.gathering import Gathering
from riskcockpit.formats.hypertext import plain_text
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.observing import observed
from riskcockpit.formats.paths import location
from riskcockpit.formats.veracode.scale import TOOL, grade, weaknesses

CATEGORY = "pipeline"
_SUCCESS = "SUCCESS"


def read(content: bytes, options: ReadOptions) -> Report:
    """Read `results.json` or `filtered_results.json`.

    Raises:
        FormatError: not Veracode's, not JSON, or beyond a limit.
    """
    found, documents = forms(content, "Veracode pipeline results")
    return whole("veracode-pipeline", [_scan(form, options) for form in found], documents)


def _scan(form: Form, options: ReadOptions) -> Scan:
    gathering = Gathering()
    gathering.take_all("findings", form.records("findings"), partial(_finding, options))
    head = form.head("scan_status", "message")
    status = head.word("scan_status").upper()
    has_failed = bool(status) and status != _SUCCESS
    why = wording.title(options.redact(head.text("message"))) or status
    return gathering.scan(
        TOOL,
        category=CATEGORY,
        is_successful=not has_failed if status else None,
        tool_errors=(why,) if has_failed else (),
    )


def _finding(options: ReadOptions, raw: bytes, place: str) -> Observation:
    entry = record_of(raw, options)
    cwes = weaknesses(entry.text("cwe_id"))
    rule = f"CWE-{cwes[0]}" if cwes else entry.text("issue_type")
    source = entry.member("files", "source_file")
    name, called = entry.text("issue_type"), entry.text("title")
    claims = _claims(entry)
    return observed(
        TOOL,
        rule,
        grade(entry.word("severity"), rule, "severity", options),
        f"{name} ({called})" if name and called and name != called else name or called,
        record=place,
        raw=entry.raw,
        label=name,
        about=plain_text(entry.text("display_text")),
        help_url=entry.text("flaw_details_link"),
        locations=location(source.text("file"), options, line=source.line("line")),
        fingerprints=claims,
        cwes=cwes,
    )


def _claims(entry: Members) -> tuple[tuple[str, str], ...]:
    """Return by what Veracode itself knows a flaw again; its `issue_id` is but a number here."""
    match = entry.member("flaw_match")
    value = match.name("flaw_hash")
    ordinal = match.text("flaw_hash_ordinal")
    return (("flaw_hash", f"{value}:{ordinal}" if ordinal else value),) if value else ()
