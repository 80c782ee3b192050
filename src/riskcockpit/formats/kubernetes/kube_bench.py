"""kube-bench's JSON: the groups of a CIS benchmark with their tests, in all its outer shapes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

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
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.prose import paragraphs

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
        groups = Groups(Group(TOOL))
        for form, part in zip(forms, documents.parts, strict=True):
            for place, raw in _groups(form, part):
                _group(raw, place, groups, options)
        groups.unread(documents.unreadable)
    return Report("kube-bench", groups.scans(), documents.notes)


def _groups(form: list[Raw] | Document, part: bytes) -> Iterator[tuple[str, bytes]]:
    groups = form if isinstance(form, list) else form.controls
    for index, raw in enumerate([Raw(part)] if groups is None else groups):
        yield f"Controls[{index}]", bytes(raw)


def _group(raw: bytes, place: str, groups: Groups, options: ReadOptions) -> None:
    """Read one group: a scan of its own, because kube-bench is run for some groups at a time."""
    try:
        group = record_of(raw, options)
    except SkipRecordError as fault:
        groups.trouble(place, fault.message)
        return
    benchmark = group.name("version")
    node = wording.name(group.first("node_type", "text"))
    gathering = groups.of(Group(TOOL, "", wording.name(f"{group.text('id')} {node}")))
    for number, section in enumerate(group.members("tests")):
        about = _Section(section.text("desc"), benchmark, node)
        for index, result in enumerate(section.items("results")):
            where = f"{place}.tests[{number}].results[{index}]"
            gathering.take(where, partial(_outcome, result, about, where, options))


class _Section(NamedTuple):
    description: str
    benchmark: str
    node: str


def _outcome(result: Members, section: _Section, place: str, options: ReadOptions) -> Outcome:
    number = result.name("test_number")
    status = (result.word("status") or result.word("State")).upper()
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
        title=wording.title(f"{number} {result.text('test_desc')}"),
        severity=grade.severity,
        record=place,
        description=paragraphs(*about),
        severity_raw=wording.name(status),
        severity_source=grade.source,
        needs_triage=status == "WARN" and _is_manual(result),
        resource=section.node,
        raw=result.encoded(),
    )


def _is_manual(result: Members) -> bool:
    return result.text("type") == "manual" or "manual" in result.text("reason").lower()


def _labelled(label: str, result: Members, name: str) -> str:
    found = result.text(name)
    return f"{label}: {found}" if found else ""
