"""promptfoo's results (versions 1 to 4; JSON and JSON Lines) → one scan.

A finding is a result that failed by assertion: in a red team, an attack that got through. A result
that failed because the provider did is an error of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

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
from riskcockpit.formats.documents import decode_documents, decode_json
from riskcockpit.formats.gathering import Gathering, unread
from riskcockpit.formats.grading import graded
from riskcockpit.formats.loose import at, first_text, members, objects, text
from riskcockpit.formats.moments import moment
from riskcockpit.formats.suspicion import checked

TOOL = "promptfoo"
MAX_QUOTE = 2_000
_ERROR = "2"  # failureReason: 0 none, 1 assertion, 2 error


class Results(msgspec.Struct, gc=False):
    """The results: those of the tests still raw."""

    results: list[Raw] | None = None
    timestamp: Any = None
    stats: Any = None


class Document(msgspec.Struct, gc=False, rename="camel"):
    """A document, or a line that is one result."""

    results: Results | list[Raw] | None = None
    metadata: Any = None
    created_at: Any = None
    success: Any = None
    grading_result: Any = None


_DOCUMENT = msgspec.json.Decoder(Document)


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
            if form.results is None and form.success is not None:
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
    for number, raw in enumerate(raws or ()):
        place = f"results[{number}]"
        gathering.take(place, partial(_result, bytes(raw), place, errors, options))
    return gathering.scan(
        TOOL,
        tool_version=wording.name(text(form.metadata, "promptfooVersion")),
        scanned_at=moment(found.timestamp if found else None)
        or moment(form.created_at)
        or moment(text(form.metadata, "evaluationCreatedAt")),
        tool_errors=tuple(errors),
        is_partial=raws is None,
    )


def _result(
    raw: bytes, place: str, errors: list[str], options: ReadOptions
) -> Observation | ControlEvidence:
    raw = checked(raw, options)
    found = decode_json(raw)
    if not isinstance(at(found, "success"), bool):
        raise SkipRecordError("a result that does not say whether it succeeded")
    metadata = {**dict(members(found, "testCase", "metadata")), **dict(members(found, "metadata"))}
    plugin = text(metadata, "pluginId")
    failed = _failed_assertion(found)
    assertion = first_text(failed, "metric", "type")
    rule = wording.name(
        plugin or text(found, "testCase", "description") or assertion or "assertion"
    )
    model = wording.name(_provider(at(found, "provider"))) or "model"
    if at(found, "success") is True:
        return ControlEvidence(TOOL, rule, "pass", model, place)
    if _is_error(found):
        why = text(found, "error") or text(found, "response", "error")
        errors.append(wording.title(f"{rule} did not run: {why or 'the provider failed'}"))
        return ControlEvidence(TOOL, rule, "not_applicable", model, place)
    category = text(metadata, "harmCategory")
    reason = text(found, "gradingResult", "reason") or text(found, "error")
    grade = graded(TOOL, rule, text(metadata, "severity"), "metadata.severity", options)
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
        signal=ModelSignal(
            model=model,
            monitor=rule,
            metric=wording.name(assertion or "assertion"),
            segment=wording.name(text(metadata, "strategyId")),
        ),
        help_url=_help(plugin),
        raw=raw,
    )


def _is_error(found: Any) -> bool:
    """Whether the test could not run; old versions say so only by not having graded anything."""
    reason = text(found, "failureReason")
    if reason:
        return reason == _ERROR
    return at(found, "gradingResult") is None and bool(
        text(found, "error") or text(found, "response", "error")
    )


def _failed_assertion(found: Any) -> Any:
    graded_parts = objects(found, "gradingResult", "componentResults")
    failed = [one for one in graded_parts if at(one, "pass") is False]
    part = next(iter(failed or graded_parts), None)
    return (
        at(part, "assertion")
        or at(found, "gradingResult", "assertion")
        or next(iter(objects(found, "testCase", "assert")), None)
    )


def _provider(provider: Any) -> str:
    return text(provider) or first_text(provider, "label", "id")


def _about(found: Any, metadata: Any, reason: str) -> Iterator[str]:
    yield from filter(None, (text(metadata, "goal"), reason))
    for title, value in (("Prompt", _prompt(found)), ("Output", _output(found))):
        if value:
            yield f"{title}:\n{wording.cut(value, MAX_QUOTE)}"


def _prompt(found: Any) -> str:
    variables = [
        f"{name}: {words}" for name, value in members(found, "vars") if (words := text(value))
    ]
    return text(found, "prompt", "raw") or text(found, "prompt") or "\n".join(variables)


def _output(found: Any) -> str:
    output = at(found, "response", "output")
    plain = text(output)
    if plain or output is None:
        return plain
    return wording.compact(output).decode()


def _help(plugin: str) -> str:
    if not plugin:
        return ""
    return f"https://www.promptfoo.dev/docs/red-team/plugins/{plugin.partition(':')[0]}/"
