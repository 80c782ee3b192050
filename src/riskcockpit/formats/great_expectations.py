"""Great Expectations' validation and checkpoint results (0.x and 1.x) → a scan for each validation.

Rows of the data that a result quotes are not kept, only how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

import msgspec

from riskcockpit.domain.finding import ControlEvidence, Observation, Scan
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.data_checks import DataCheck, Outcome, outcome_of
from riskcockpit.formats.documents import check_depth, decode_documents
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.members import NOTHING, Members, record_of, viewed

TOOL = "Great Expectations"
_LEFT_OUT = frozenset({
    "partial_unexpected_list", "partial_unexpected_counts", "partial_unexpected_index_list",
    "unexpected_list", "unexpected_index_list", "unexpected_index_query", "unexpected_rows",
    "exception_traceback", "value_set",
})  # fmt: skip
_COLUMNS = ("column", "column_A", "column_B", "column_list", "column_set")


class Document(msgspec.Struct, gc=False):
    """A validation result, or a checkpoint result with several of them."""

    success: Members = NOTHING
    results: Members = NOTHING
    expectations: Members = NOTHING
    """The results as `describe()` calls them."""
    suite_name: Members = NOTHING
    meta: Members = NOTHING
    run_results: Members = NOTHING
    validation_results: Members = NOTHING
    run_id: Members = NOTHING


@dataclass(frozen=True, slots=True)
class Validation:
    """One suite checked against one batch."""

    expectations: Members
    suite: str
    dataset: str
    meta: Members
    place: str


_DOCUMENT = msgspec.json.Decoder(Document, dec_hook=viewed)


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
        found = (one for form in forms for one in _validations(form))
        scans = [_scan(_redacted(one, options), options) for one in found]
    return Report("great-expectations", (*scans, *unread(TOOL, documents)), documents.notes)


def _validations(form: Document) -> Iterator[Validation]:
    for name, run in form.run_results.pairs():
        result = run.member("validation_result") or run
        yield _validation(result, wording.name(f"run_results[{name}].results"))
    for number, result in enumerate(form.validation_results.items()):
        yield _validation(result, f"validation_results[{number}]")
    if form.run_results.value is None and form.validation_results.value is None:
        whole = {
            "results": form.results.value,
            "expectations": form.expectations.value,
            "suite_name": form.suite_name.value,
            "meta": form.meta.value,
        }
        yield _validation(Members(whole), "results")


def _validation(result: Members, place: str) -> Validation:
    meta = result.member("meta")
    expectations = result.member("results")
    if expectations.value is None:
        expectations = result.member("expectations")
    batch = meta.member("active_batch_definition") or meta.member("batch_kwargs")
    first = next(iter(expectations.members()), NOTHING)
    dataset = batch.first("data_asset_name", "table", "datasource", "path")
    return Validation(
        expectations,
        result.text("suite_name") or meta.text("expectation_suite_name"),
        dataset or _config(first).text("kwargs", "batch_id") or "data",
        meta,
        place,
    )


def _redacted(validation: Validation, options: ReadOptions) -> Validation:
    """Return a validation whose names, which are in no record, are free of secrets."""
    return replace(
        validation,
        suite=options.redact(validation.suite),
        dataset=options.redact(validation.dataset),
        place=options.redact(validation.place),
    )


def _scan(validation: Validation, options: ReadOptions) -> Scan:
    gathering = Gathering()
    errors: list[str] = []
    for number, result in enumerate(validation.expectations.items()):
        place = f"{validation.place}[{number}]"
        content = result.encoded()
        gathering.take(place, partial(_result, content, validation, place, errors, options))
    return gathering.scan(
        TOOL,
        tool_version=validation.meta.name("great_expectations_version"),
        category=wording.name(f"{validation.suite} {validation.dataset}".strip()),
        scanned_at=validation.meta.moment("run_id", "run_time")
        or validation.meta.moment("validation_time"),
        tool_errors=tuple(errors),
        is_partial=not isinstance(validation.expectations.value, list),
    )


def _result(
    raw: bytes, validation: Validation, place: str, errors: list[str], options: ReadOptions
) -> Observation | ControlEvidence:
    found = record_of(raw, options, without=_LEFT_OUT)
    config = _config(found)
    kind = config.text("type") or config.text("expectation_type")
    success = found.at("success")
    if not kind or not isinstance(success, bool):
        raise SkipRecordError("a result without an expectation or without an outcome")
    columns = [name for member in _COLUMNS for name in config.texts("kwargs", member)]
    segment = wording.name(", ".join(dict.fromkeys(columns)))
    why = _exception(found.member("exception_info"))
    outcome = Outcome.PASSED if success else Outcome.FAILED
    if why and not success:
        outcome = Outcome.BROKEN
        errors.append(wording.title(f"{kind} could not be evaluated: {why}"))
    of = f"{validation.dataset}.{segment}" if segment else validation.dataset
    return outcome_of(
        DataCheck(
            tool=TOOL,
            outcome=outcome,
            dataset=validation.dataset,
            monitor=validation.suite,
            metric=kind,
            segment=segment,
            title=f"{_sentence(kind)}: {of}",
            about=(why, _numbers(found.member("result")), config.text("meta", "notes")),
            severity=config.word("severity") or None,
        ),
        place,
        found.raw,
        options,
    )


def _config(result: Members) -> Members:
    return result.member("expectation_config") or result


def _exception(info: Members) -> str:
    """Return what went wrong; version 1 has an entry for each metric, version 0 has one."""
    entries = [info, *(one for _, one in info.pairs())]
    raised = [one for one in entries if one.at("raised_exception") is True]
    return raised[0].text("exception_message") or "an exception" if raised else ""


def _sentence(kind: str) -> str:
    return f"Expected {kind.removeprefix('expect_').replace('_', ' ')}"


def _numbers(result: Members) -> str:
    names = ("observed_value", "element_count", "unexpected_count", "unexpected_percent")
    known = [(name, result.text(name)) for name in names]
    return "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in known if value)
