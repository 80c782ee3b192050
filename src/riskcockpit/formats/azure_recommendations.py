"""Recommendations of Microsoft Defender for Cloud (Azure Security Center), exported as CSV."""

from __future__ import annotations

from functools import partial

from riskcockpit.domain.finding import ControlEvidence, FindingClass, Observation
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.moments import moment
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.tables import Row, decoded, table

TOOL = "Microsoft Defender for Cloud"
_NO_FAULT = "healthy"
_NOT_ASKED = frozenset({"notapplicable", "not applicable"})
"""States of what is exempt or switched off by a policy: that mends no fault."""


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the rows, one for each resource and recommendation.

    Raises:
        FormatError: the header has other columns.
    """
    words, notes = decoded(content)
    found = table(words, "recommendationid", "state")
    if not found.columns:
        raise FormatError("the header does not name the columns recommendationId and state")
    groups = Groups(Group(TOOL))
    stamps: list[str] = []

    def open_(row: Row) -> Members:
        record = record_of(row.record(found.columns), options)
        stamps.append(record.text("exportedtimestamp"))
        return record

    for row in found.rows:
        place = f"row {row.number}"
        groups.take_opened(
            place, partial(open_, row), _group_of, partial(_outcome, place=place, options=options)
        )
    at = max((when for stamp in set(stamps) if (when := moment(stamp))), default=None)
    return Report("azure-recommendations", groups.scans(lambda _: {"scanned_at": at}), notes)


def _group_of(record: Members) -> Group:
    return Group(TOOL, wording.name(record.first("subscriptionid", "subscriptionname")))


def _outcome(record: Members, place: str, options: ReadOptions) -> Outcome:
    rule = wording.name(record.text("recommendationname") or record.text("recommendationid"))
    title = record.first("recommendationdisplayname", "recommendationname")
    if not rule:
        raise SkipRecordError("a row without recommendation")
    state = record.word("state").lower()
    reason = record.text("notapplicablereason")
    resource = wording.name(record.first("resourceid", "resourcename").lower())  # as Azure
    if state == _NO_FAULT:
        return ControlEvidence(TOOL, rule, "pass", resource, place)
    grade = graded(TOOL, rule, record.word("severity"), "severity", options)
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(title) or rule,
        severity=grade.severity,
        record=place,
        description=wording.description(_description(record)),
        severity_raw=grade.raw,
        severity_source=grade.source,
        is_suppressed=state in _NOT_ASKED or "exempt" in reason.lower(),
        resource=resource,
        help_url=wording.name(first_link(record.text("azureportalrecommendationlink"))),
        raw=record.raw,
    )


def _description(record: Members) -> str:
    steps = record.text("remediationsteps")
    reason = record.text("notapplicablereason")
    kind = " ".join(filter(None, (record.text("resourcetype"), record.text("resourcename"))))
    return paragraphs(
        f"Resource: {kind}" if kind else "",
        record.text("description"),
        f"Remediation: {steps}" if steps else "",
        f"Not applicable: {reason}" if reason else "",
    )
