"""Soda's scan results in JSON (Soda Core and Library 3) → one scan.

A check without an outcome was not evaluated, which is never a pass. SQL and sampled rows are not
kept.
"""

from __future__ import annotations

from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, Observation, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.data_checks import DataCheck, Outcome, outcome_of
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.members import NOTHING, Members, each, record_of, viewed

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

    definition_name: Members = NOTHING
    default_data_source: Members = NOTHING
    data_timestamp: Members = NOTHING
    scan_end_timestamp: Members = NOTHING
    has_errors: Members = NOTHING
    checks: list[Raw] | None = None
    automated_monitoring_checks: list[Raw] | None = None
    logs: Members = NOTHING


_DOCUMENT = msgspec.json.Decoder(Document, dec_hook=viewed)


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
        wording.title(options.redact(entry.text("message")))
        for entry in document.logs.members()
        if entry.word("level").upper() == "ERROR"
    ]
    suite = wording.name(options.redact(document.definition_name.text()))
    for member, raws in (
        ("checks", document.checks),
        ("automatedMonitoringChecks", document.automated_monitoring_checks),
    ):
        for place, raw in each(raws, member):
            gathering.take(place, partial(_check, raw, suite, place, errors, options))
    return gathering.scan(
        TOOL,
        category=suite,
        scanned_at=document.scan_end_timestamp.moment() or document.data_timestamp.moment(),
        is_successful=False if document.has_errors.flag() else None,
        tool_errors=tuple(errors),
        is_partial=document.checks is None,
    )


def _check(
    raw: bytes, suite: str, place: str, errors: list[str], options: ReadOptions
) -> Observation | ControlEvidence:
    found = record_of(raw, options, without=_LEFT_OUT)
    name = found.text("name") or found.text("definition")
    outcome = _OUTCOMES.get(found.word("outcome").lower())
    if not name or outcome is None:
        raise SkipRecordError("a check without a name, or with an unknown outcome")
    if outcome is Outcome.BROKEN:
        errors.append(wording.title(f"{name} was not evaluated"))
    source, table = found.text("dataSource"), found.text("table")
    dataset = ".".join(filter(None, (source, table))) or "data"
    diagnostics = found.member("diagnostics")
    value = diagnostics.text("value")
    ended = {Outcome.WARNED: "warns", Outcome.BROKEN: "was not evaluated"}.get(outcome, "failed")
    return outcome_of(
        DataCheck(
            tool=TOOL,
            outcome=outcome,
            dataset=dataset,
            monitor=suite,
            metric=found.text("identity") or name,
            segment=found.text("column"),
            title=f"{name} {ended} on {dataset}",
            about=(
                found.text("definition"),
                f"Measured: {value}" if value else "",
                "; ".join(_reasons(found)),
            ),
        ),
        place,
        found.raw,
        options,
    )


def _reasons(found: Members) -> list[str]:
    reasons = [one.text("message") for one in found.members("outcomeReasons")]
    return [*filter(None, reasons), *found.texts("diagnostics", "missing_column_names")]
