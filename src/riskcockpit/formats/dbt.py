"""dbt's `run_results.json` (versions 1 to 6) and `sources.json` → one scan.

Tests are checks of data; a source's freshness is one; a model that could not be built is one that
failed. dbt writes the compiled SQL and local paths; neither is kept.
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

TOOL = "dbt"
_LEFT_OUT = frozenset({
    "compiled_code", "compiled_sql", "raw_code", "raw_sql", "adapter_response", "timing",
    "thread_id", "root_path",
})  # fmt: skip
_OUTCOMES = {
    "pass": Outcome.PASSED,
    "success": Outcome.PASSED,
    "fail": Outcome.FAILED,
    "warn": Outcome.WARNED,
    "error": Outcome.BROKEN,
    "runtime error": Outcome.BROKEN,
    "partial success": Outcome.FAILED,
    "skipped": Outcome.SKIPPED,
    "no-op": Outcome.SKIPPED,
    "reused": Outcome.SKIPPED,
}
_TESTS = frozenset({"test", "unit_test", "source"})
"""Kinds of nodes that check data; the others make it."""
_MIN_PARTS = 3
_HASH_LENGTH = 10


class Document(msgspec.Struct, gc=False):
    """A document: the results still raw."""

    metadata: Members = NOTHING
    results: list[Raw] | None = None


_DOCUMENT = msgspec.json.Decoder(Document, dec_hook=viewed)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the results of a run of dbt.

    Raises:
        FormatError: not dbt's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, "dbt's run results")
        scans = [_scan(form, options) for form in forms]
    return Report("dbt", (*scans, *unread(TOOL, documents)), documents.notes)


def _scan(document: Document, options: ReadOptions) -> Scan:
    gathering = Gathering()
    errors: list[str] = []
    for place, raw in each(document.results, "results"):
        gathering.take(place, partial(_result, raw, place, errors, options))
    is_freshness = "/sources/" in document.metadata.text("dbt_schema_version")
    passed = {proof.rule for proof in gathering.evidence if proof.status == "pass"}
    ran = passed | {seen.rule for seen in gathering.observations if not seen.needs_triage}
    is_any_skipped = len(gathering.evidence) > len(passed)
    return gathering.scan(
        TOOL,
        tool_version=document.metadata.name("dbt_version"),
        category="freshness" if is_freshness else "",
        scanned_at=document.metadata.moment("generated_at"),
        tool_errors=tuple(errors),
        is_partial=document.results is None or (is_any_skipped and not passed),
        rules=frozenset(ran),
    )


def _result(
    raw: bytes, place: str, errors: list[str], options: ReadOptions
) -> Observation | ControlEvidence:
    found = record_of(raw, options, without=_LEFT_OUT)
    status = found.word("status").lower()
    outcome = _OUTCOMES.get(status)
    kind, project, name = _node(found.text("unique_id") or found.text("node", "unique_id"))
    if outcome is None:
        raise SkipRecordError(f"the unknown status {wording.name(status)!r}")
    message = found.text("message") or found.text("error")
    why = f": {message}" if message else ""
    if kind == "source" and status == "error":
        outcome = Outcome.FAILED  # too old; that it cannot be told is a `runtime error`
    if kind not in _TESTS and outcome is Outcome.BROKEN:
        outcome = Outcome.FAILED  # what a model makes is not there: that is the finding
        errors.append(wording.title(f"{kind} {name} could not be built{why}"))
    elif outcome is Outcome.BROKEN:
        errors.append(wording.title(f"{kind} {name} could not be evaluated{why}"))
    failures = found.text("failures")
    return outcome_of(
        DataCheck(
            tool=TOOL,
            outcome=outcome,
            dataset=project,
            monitor=kind,
            metric=name,
            title=_title(kind, name, outcome, failures),
            about=(
                message,
                f"Rows that fail: {failures}" if failures not in ("", "0") else "",
                f"Loaded last: {found.text('max_loaded_at')}" if kind == "source" else "",
                f"Rows are kept in {found.text('relation_name')}" if _keeps_rows(found) else "",
            ),
        ),
        place,
        found.raw,
        options,
    )


def _node(unique_id: str) -> tuple[str, str, str]:
    """Return kind, project and name of a node; the hash at the end of a generic test is left out.

    Raises:
        SkipRecordError: it is not the id of a node.
    """
    parts = unique_id.split(".")
    if len(parts) < _MIN_PARTS:
        raise SkipRecordError("a result without the id of a node")
    kind, project, *rest = parts
    if kind == "test" and len(rest) > 1 and len(rest[-1]) == _HASH_LENGTH:
        rest = rest[:-1]
    return wording.name(kind), wording.name(project), wording.name(".".join(rest))


def _title(kind: str, name: str, outcome: Outcome, failures: str) -> str:
    if kind == "source":
        is_told = outcome is not Outcome.BROKEN
        return f"Source {name} is not fresh" if is_told else f"Age of source {name} is not known"
    if kind not in _TESTS:
        return f"dbt {kind} {name} could not be built"
    if outcome is Outcome.BROKEN:
        return f"Data test {name} could not be evaluated"
    rows = f" ({failures} rows)" if failures not in ("", "0") else ""
    return f"Data test {name} {'warns' if outcome is Outcome.WARNED else 'failed'}{rows}"


def _keeps_rows(found: Members) -> bool:
    return "dbt_test__audit" in found.text("relation_name")
