"""promptfoo's results (versions 1 to 4; JSON and JSON Lines) → one scan.

A finding is a result that failed by assertion: in a red team, an attack that got through. A result
that failed because the provider did is an error of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import (
    ControlEvidence,
    FindingClass,
    ModelSignal,
    Observation,
    Scan,
)
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.grading import graded
from riskcockpit.formats.members import NOTHING, Members, each, record_of, viewed

TOOL = "promptfoo"
MAX_QUOTE = 2_000
_ERROR = "2"  # failureReason: 0 none, 1 assertion, 2 error


class Results(msgspec.Struct, gc=False):
    """The results: those of the tests still raw."""

    results: list[Raw] | None = None
    timestamp: Members = NOTHING
    stats: Members = NOTHING


class Document(msgspec.Struct, gc=False, rename="camel"):
    """A document, or a line that is one result."""

    results: Results | list[Raw] | None = None
    metadata: Members = NOTHING
    created_at: Members = NOTHING
    success: Members = NOTHING
    grading_result: Members = NOTHING


_DOCUMENT = msgspec.json.Decoder(Document, dec_hook=viewed)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the results of an evaluation or a red team.

    Raises:
        FormatError: not promptfoo's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, "promptfoo's results")
        scans: list[Scan] = []
        loose: list[Raw] = []
        for form, part in zip(forms, documents.parts, strict=True):
            if form.results is None and form.success.value is not None:
                loose.append(Raw(part))
            else:
                scans.append(_scan(form, options))
        if loose:
            scans.append(_scan(Document(results=loose), options))
    return Report("promptfoo", (*scans, *unread(TOOL, documents)))


def _scan(form: Document, options: ReadOptions) -> Scan:
    found = form.results if isinstance(form.results, Results) else None
    raws = found.results if found else form.results if isinstance(form.results, list) else None
    gathering = Gathering()
    errors: list[str] = []
    for place, raw in each(raws, "results"):
        gathering.take(place, partial(_result, raw, place, errors, options))
    return gathering.scan(
        TOOL,
        tool_version=form.metadata.name("promptfooVersion"),
        scanned_at=(found.timestamp if found else NOTHING).moment()
        or form.created_at.moment()
        or form.metadata.moment("evaluationCreatedAt"),
        tool_errors=tuple(errors),
        is_partial=raws is None,
    )


def _result(
    raw: bytes, place: str, errors: list[str], options: ReadOptions
) -> Observation | ControlEvidence:
    found = record_of(raw, options)
    if not isinstance(found.at("success"), bool):
        raise SkipRecordError("a result that does not say whether it succeeded")
    metadata = Members(
        found.member("testCase", "metadata").object() | found.member("metadata").object()
    )
    plugin = metadata.text("pluginId")
    failed = _failed_assertion(found)
    assertion = failed.first("metric", "type")
    rule = wording.name(plugin or found.text("testCase", "description") or assertion or "assertion")
    model = wording.name(_provider(found.member("provider"))) or "model"
    if found.at("success") is True:
        return ControlEvidence(TOOL, rule, "pass", model, place)
    if _is_error(found):
        why = found.text("error") or found.text("response", "error")
        errors.append(wording.title(f"{rule} did not run: {why or 'the provider failed'}"))
        return ControlEvidence(TOOL, rule, "not_applicable", model, place)
    has_grader_failed = _has_grader_failed(found)
    if has_grader_failed:
        errors.append(wording.title(f"{rule} could not be graded"))
    category = metadata.text("harmCategory")
    reason = found.text("gradingResult", "reason") or found.text("error")
    grade = graded(TOOL, rule, metadata.word("severity"), "metadata.severity", options)
    what = f"{category} ({rule})" if category else rule
    return Observation(
        finding_class=FindingClass.MODEL,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{what} {'got through to' if plugin else 'failed on'} {model}"),
        severity=grade.severity,
        record=place,
        description=wording.description("\n\n".join(_about(found, metadata, reason))),
        severity_raw=grade.raw,
        severity_source=grade.source,
        needs_triage=has_grader_failed,
        signal=ModelSignal(
            model=model,
            monitor=rule,
            metric=wording.name(assertion or "assertion"),
            segment=metadata.name("strategyId"),
        ),
        help_url=_help(plugin),
        raw=found.raw,
    )


def _is_error(found: Members) -> bool:
    """Whether the test could not run; old versions say so only by not having graded anything."""
    reason = found.text("failureReason")
    if reason:
        return reason == _ERROR
    return found.at("gradingResult") is None and bool(
        found.text("error") or found.text("response", "error")
    )


def _has_grader_failed(found: Members) -> bool:
    """Whether a model that should grade the output did not: then nobody knows how it ended."""
    result = found.member("gradingResult")
    parts = (result, *result.members("componentResults"))
    return any(part.flag("metadata", "graderError") for part in parts)


def _failed_assertion(found: Members) -> Members:
    graded_parts = found.members("gradingResult", "componentResults")
    failed = [one for one in graded_parts if one.at("pass") is False]
    part = next(iter(failed or graded_parts), NOTHING)
    return (
        part.member("assertion")
        or found.member("gradingResult", "assertion")
        or next(iter(found.members("testCase", "assert")), NOTHING)
    )


def _provider(provider: Members) -> str:
    return provider.text() or provider.first("label", "id")


def _about(found: Members, metadata: Members, reason: str) -> Iterator[str]:
    yield from filter(None, (metadata.text("goal"), reason))
    for title, value in (("Prompt", _prompt(found)), ("Output", _output(found))):
        if value:
            yield f"{title}:\n{wording.cut(value, MAX_QUOTE)}"


def _prompt(found: Members) -> str:
    variables = [
        f"{name}: {words}" for name, value in found.pairs("vars") if (words := value.text())
    ]
    return found.text("prompt", "raw") or found.text("prompt") or "\n".join(variables)


def _output(found: Members) -> str:
    output = found.member("response", "output")
    plain = output.text()
    if plain or output.value is None:
        return plain
    return wording.compact(output.value).decode()


def _help(plugin: str) -> str:
    if not plugin:
        return ""
    return f"https://www.promptfoo.dev/docs/red-team/plugins/{plugin.partition(':')[0]}/"
