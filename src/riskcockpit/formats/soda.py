"""Soda's scan results in JSON (Soda Core and Library 3) → one scan.

A check without an outcome was not evaluated, which is never a pass. SQL and sampled rows are not
kept.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, Observation, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.data_checks import DataCheck, Outcome, record_of, without_rows
from riskcockpit.formats.documents import decode_documents, decode_json
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.loose import at, is_true, objects, text, texts
from riskcockpit.formats.moments import moment

TOOL = "Soda"
_LEFT_OUT = frozenset({"blocks", "queries", "sql", "failingRowsQueryName", "failedRows"})
_OUTCOMES = {
    "pass": Outcome.PASSED,
    "passed": Outcome.PASSED,
    "fail": Outcome.FAILED,
    "failed": Outcome.FAILED,
    "warn": Outcome.WARNED,
    "warned": Outcome.WARNED,
    "": Outcome.BROKEN,
    "not_evaluated": Outcome.BROKEN,
}


class Document(msgspec.Struct, gc=False, rename="camel"):
    """A document: the checks still raw."""

    definition_name: Any = None
    default_data_source: Any = None
    data_timestamp: Any = None
    scan_end_timestamp: Any = None
    has_errors: Any = None
    checks: list[Raw] | None = None
    automated_monitoring_checks: list[Raw] | None = None
    logs: Any = None


_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the results of a scan.

    Raises:
        FormatError: not Soda's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, "Soda's scan results")
        scans = [_scan(form, options) for form in forms]
    return Report("soda", (*scans, *unread(TOOL, documents)), documents.notes)


def _scan(document: Document, options: ReadOptions) -> Scan:
    gathering = Gathering()
    errors = [
        wording.title(options.redact(text(entry, "message")))
        for entry in objects(document.logs)
        if text(entry, "level").upper() == "ERROR"
    ]
    suite = wording.name(text(document.definition_name))
    for member, raws in (
        ("checks", document.checks),
        ("automatedMonitoringChecks", document.automated_monitoring_checks),
    ):
        for number, raw in enumerate(raws or ()):
            place = f"{member}[{number}]"
            gathering.take(place, partial(_check, bytes(raw), suite, place, errors, options))
    return gathering.scan(
        TOOL,
        category=suite,
        scanned_at=moment(document.scan_end_timestamp) or moment(document.data_timestamp),
        is_successful=False if is_true(document.has_errors) else None,
        tool_errors=tuple(errors),
        is_partial=document.checks is None,
    )


def _check(
    raw: bytes, suite: str, place: str, errors: list[str], options: ReadOptions
) -> Observation | ControlEvidence:
    content = without_rows(raw, _LEFT_OUT, options)
    found = decode_json(content)
    name = text(found, "name") or text(found, "definition")
    outcome = _OUTCOMES.get(text(found, "outcome").lower())
    if not name or outcome is None:
        raise SkipRecordError("a check without a name, or with an unknown outcome")
    if outcome is Outcome.BROKEN:
        errors.append(wording.title(f"{name} was not evaluated"))
    source, table = text(found, "dataSource"), text(found, "table")
    dataset = ".".join(filter(None, (source, table))) or "data"
    diagnostics = at(found, "diagnostics")
    value = text(diagnostics, "value")
    ended = {Outcome.WARNED: "warns", Outcome.BROKEN: "was not evaluated"}.get(outcome, "failed")
    return record_of(
        DataCheck(
            tool=TOOL,
            outcome=outcome,
            dataset=dataset,
            monitor=suite,
            metric=text(found, "identity") or name,
            segment=text(found, "column"),
            title=f"{name} {ended} on {dataset}",
            about=(
                text(found, "definition"),
                f"Measured: {value}" if value else "",
                "; ".join(_reasons(found)),
            ),
        ),
        place,
        content,
        options,
    )


def _reasons(found: Any) -> list[str]:
    reasons = [text(one, "message") for one in objects(found, "outcomeReasons")]
    return [*filter(None, reasons), *texts(found, "diagnostics", "missing_column_names")]
