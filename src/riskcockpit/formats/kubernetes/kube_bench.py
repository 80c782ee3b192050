"""kube-bench's JSON: the groups of a CIS benchmark with their tests, in all its outer shapes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import ControlEvidence, FindingClass, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import graded
from riskcockpit.formats.picking import Record, first_text, items, member, objects, opened, text
from riskcockpit.formats.prose import paragraphs
from riskcockpit.formats.scopes import Scope, Scopes

TOOL = "kube-bench"
_PASSED = {"PASS": "pass", "INFO": "informational", "SKIP": "not_applicable"}
_SEVERITIES = {"FAIL": "medium", "WARN": "low"}
"""kube-bench does not grade: a check that fails is medium, one to be done by hand is low."""


class Document(msgspec.Struct, gc=False):
    """Groups under `Controls`, or one group that stands alone."""

    controls: list[Raw] | None = msgspec.field(name="Controls", default=None)
    tests: Raw = Raw(b"null")


_FORMS = msgspec.json.Decoder(list[Raw] | Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report: `{"Controls": …}`, a list of groups, or groups one after the other.

    Raises:
        FormatError: not kube-bench's, not JSON, or beyond a limit.
    """
    with without_collection():
        forms, documents = decode_documents(content, _FORMS.decode, "kube-bench's JSON")
        scopes = Scopes(TOOL)
        for form, part in zip(forms, documents.parts, strict=True):
            for place, raw in _groups(form, part):
                _group(raw, place, scopes, options)
        for why in documents.unreadable:
            scopes.trouble("report", why)
    return Report("kube-bench", scopes.scans(), documents.notes)


def _groups(form: list[Raw] | Document, part: bytes) -> Iterator[tuple[str, bytes]]:
    groups = form if isinstance(form, list) else form.controls
    for index, raw in enumerate([Raw(part)] if groups is None else groups):
        yield f"Controls[{index}]", bytes(raw)


def _group(raw: bytes, place: str, scopes: Scopes, options: ReadOptions) -> None:
    """Read one group: a scan of its own, because kube-bench is run for some groups at a time."""
    try:
        _, group = opened(raw, options)
    except SkipRecordError as fault:
        scopes.trouble(place, fault.message)
        return
    benchmark = wording.name(text(group, "version"))
    node = wording.name(first_text(group, "node_type", "text"))
    gathering = scopes.of(Scope(TOOL, "", wording.name(f"{text(group, 'id')} {node}")))
    for number, section in enumerate(objects(group, "tests")):
        about = _Section(text(section, "desc"), benchmark, node)
        for index, result in enumerate(items(section, "results")):
            where = f"{place}.tests[{number}].results[{index}]"
            gathering.take(where, partial(_outcome, result, about, where, options))


class _Section(NamedTuple):
    description: str
    benchmark: str
    node: str


def _outcome(result: Record, section: _Section, place: str, options: ReadOptions) -> Outcome:
    number = wording.name(text(result, "test_number"))
    status = (text(result, "status") or text(result, "State")).upper()
    if not number or not status:
        raise SkipRecordError("a test without number or status")
    rule = f"{section.benchmark} {number}".strip()  # numbers mean other checks in other versions
    if status in _PASSED:
        return ControlEvidence(TOOL, rule, _PASSED[status], section.node, place)
    grade = graded(TOOL, rule, _SEVERITIES.get(status), "status", options)
    about = (
        section.description,
        _labelled("Reason", result, "reason"),
        _labelled("Audit", result, "audit"),
        _labelled("Expected", result, "expected_result"),
        _labelled("Found", result, "actual_value"),
        _labelled("Remediation", result, "remediation"),
    )
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(f"{number} {text(result, 'test_desc')}"),
        severity=grade.severity,
        record=place,
        description=wording.description(paragraphs(*about)),
        severity_raw=wording.name(status),
        severity_source=grade.source,
        needs_triage=status == "WARN" and _is_manual(result),
        resource=section.node,
        raw=msgspec.json.encode(result),
    )


def _is_manual(result: Record) -> bool:
    kind: Any = member(result, "type")
    return kind == "manual" or "manual" in text(result, "reason").lower()


def _labelled(label: str, result: Record, name: str) -> str:
    found = text(result, name)
    return f"{label}: {found}" if found else ""
