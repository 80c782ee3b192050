"""Great Expectations' validation and checkpoint results (0.x and 1.x) → a scan for each validation.

Rows of the data that a result quotes are not kept, only how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from riskcockpit.domain.finding import ControlEvidence, Observation, Scan
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.data_checks import DataCheck, Outcome, record_of, without_rows
from riskcockpit.formats.documents import check_depth, decode_documents, decode_json
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.loose import at, first_text, items, members, objects, text, texts
from riskcockpit.formats.moments import moment

TOOL = "Great Expectations"
_LEFT_OUT = frozenset({
    "partial_unexpected_list", "partial_unexpected_counts", "partial_unexpected_index_list",
    "unexpected_list", "unexpected_index_list", "unexpected_index_query", "unexpected_rows",
    "exception_traceback", "value_set",
})  # fmt: skip
_COLUMNS = ("column", "column_A", "column_B", "column_list", "column_set")


class Document(msgspec.Struct, gc=False):
    """A validation result, or a checkpoint result with several of them."""

    success: Any = None
    results: Any = None
    suite_name: Any = None
    meta: Any = None
    run_results: Any = None
    validation_results: Any = None
    run_id: Any = None


@dataclass(frozen=True, slots=True)
class Validation:
    """One suite checked against one batch."""

    expectations: Any
    suite: str
    dataset: str
    meta: Any
    place: str


_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read validation results of any form.

    Raises:
        FormatError: none of theirs, not JSON, or beyond a limit.
    """
    try:
        check_depth(content, options.max_depth)
    except SkipRecordError as fault:
        raise FormatError(f"the result is {fault.message}") from fault
    with without_collection():
        title = "a result of Great Expectations"
        forms, documents = decode_documents(content, _DOCUMENT.decode, title)
        scans = [_scan(one, options) for form in forms for one in _validations(form)]
    return Report("great-expectations", (*scans, *unread(TOOL, documents)), documents.notes)


def _validations(form: Document) -> Iterator[Validation]:
    for name, run in members(form.run_results):
        result = at(run, "validation_result") or run
        yield _validation(result, wording.name(f"run_results[{name}].results"))
    for number, result in enumerate(items(form.validation_results)):
        yield _validation(result, f"validation_results[{number}]")
    if form.run_results is None and form.validation_results is None:
        whole = {"results": form.results, "suite_name": form.suite_name, "meta": form.meta}
        yield _validation(whole, "results")


def _validation(result: Any, place: str) -> Validation:
    meta = at(result, "meta")
    expectations = at(result, "results")
    if expectations is None:
        expectations = at(result, "expectations")
    batch = at(meta, "active_batch_definition") or at(meta, "batch_kwargs") or {}
    first = next(iter(objects(expectations)), None)
    dataset = first_text(batch, "data_asset_name", "table", "datasource", "path")
    return Validation(
        expectations,
        text(result, "suite_name") or text(meta, "expectation_suite_name"),
        dataset or text(_config(first), "kwargs", "batch_id") or "data",
        meta,
        place,
    )


def _scan(validation: Validation, options: ReadOptions) -> Scan:
    gathering = Gathering()
    errors: list[str] = []
    for number, result in enumerate(items(validation.expectations)):
        place = f"{validation.place}[{number}]"
        content = msgspec.json.encode(result)
        gathering.take(place, partial(_result, content, validation, place, errors, options))
    return gathering.scan(
        TOOL,
        tool_version=wording.name(text(validation.meta, "great_expectations_version")),
        category=wording.name(f"{validation.suite} {validation.dataset}".strip()),
        scanned_at=moment(text(validation.meta, "run_id", "run_time"))
        or moment(text(validation.meta, "validation_time")),
        tool_errors=tuple(errors),
        is_partial=not isinstance(validation.expectations, list),
    )


def _result(
    raw: bytes, validation: Validation, place: str, errors: list[str], options: ReadOptions
) -> Observation | ControlEvidence:
    content = without_rows(raw, _LEFT_OUT, options)
    found = decode_json(content)
    config = _config(found)
    kind = text(config, "type") or text(config, "expectation_type")
    success = at(found, "success")
    if not kind or not isinstance(success, bool):
        raise SkipRecordError("a result without an expectation or without an outcome")
    columns = [name for member in _COLUMNS for name in texts(config, "kwargs", member)]
    segment = wording.name(", ".join(dict.fromkeys(columns)))
    why = _exception(at(found, "exception_info"))
    outcome = Outcome.PASSED if success else Outcome.FAILED
    if why and not success:
        outcome = Outcome.BROKEN
        errors.append(wording.title(f"{kind} could not be evaluated: {why}"))
    of = f"{validation.dataset}.{segment}" if segment else validation.dataset
    return record_of(
        DataCheck(
            tool=TOOL,
            outcome=outcome,
            dataset=validation.dataset,
            monitor=validation.suite,
            metric=kind,
            segment=segment,
            title=f"{_sentence(kind)}: {of}",
            about=(why, _numbers(at(found, "result")), text(config, "meta", "notes")),
            severity=text(config, "severity") or None,
        ),
        place,
        content,
        options,
    )


def _config(result: Any) -> Any:
    return at(result, "expectation_config") or result


def _exception(info: Any) -> str:
    """Return what went wrong; version 1 has an entry for each metric, version 0 has one."""
    entries = [info, *(one for _, one in members(info))]
    raised = [one for one in entries if at(one, "raised_exception") is True]
    return text(raised[0], "exception_message") or "an exception" if raised else ""


def _sentence(kind: str) -> str:
    return f"Expected {kind.removeprefix('expect_').replace('_', ' ')}"


def _numbers(result: Any) -> str:
    names = ("observed_value", "element_count", "unexpected_count", "unexpected_percent")
    known = [(name, text(result, name)) for name in names]
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in known if value)
