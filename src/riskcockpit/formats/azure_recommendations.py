"""Recommendations of Microsoft Defender for Cloud (Azure Security Center), exported as CSV."""

from __future__ import annotations

from functools import partial
from typing import Any

from riskcockpit.domain.finding import ControlEvidence, FindingClass, Observation
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import graded
from riskcockpit.formats.moments import moment
from riskcockpit.formats.picking import Record, first_text, opened, text
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.scopes import Scope, Scopes
from riskcockpit.formats.tables import Row, decoded, table

TOOL = "Microsoft Defender for Cloud"
_NO_FAULT = {
    "healthy": "pass",
    "notapplicable": "not_applicable",
    "not applicable": "not_applicable",
}
_EXEMPT = "exempt"
Opened = tuple[bytes, dict[str, Any]]


def read(content: bytes, options: ReadOptions) -> Report:
    """Read the rows, one for each resource and recommendation.

    Raises:
        FormatError: the header has other columns.
    """
    words, notes = decoded(content)
    found = table(words, "recommendationid", "state")
    if not found.columns:
        raise FormatError("the header does not name the columns recommendationId and state")
    scopes = Scopes(TOOL)
    stamps: list[str] = []

    def open_(row: Row) -> Opened:
        raw, record = opened(row.record(found.columns), options)
        stamps.append(text(record, "exportedtimestamp"))
        return raw, record

    for row in found.rows:
        place = f"row {row.number}"
        scopes.take(
            place, partial(open_, row), _scope, partial(_outcome, place=place, options=options)
        )
    at = max((when for stamp in set(stamps) if (when := moment(stamp))), default=None)
    return Report("azure-recommendations", scopes.scans(lambda _: {"scanned_at": at}), notes)


def _scope(found: Opened) -> Scope:
    return Scope(TOOL, wording.name(first_text(found[1], "subscriptionid", "subscriptionname")))


def _outcome(found: Opened, place: str, options: ReadOptions) -> Outcome:
    raw, record = found
    rule = wording.name(text(record, "recommendationname") or text(record, "recommendationid"))
    title = first_text(record, "recommendationdisplayname", "recommendationname")
    if not rule:
        raise SkipRecordError("a row without recommendation")
    state = text(record, "state").lower()
    is_exempt = _EXEMPT in text(record, "notapplicablereason").lower()
    resource = wording.name(first_text(record, "resourceid", "resourcename").lower())  # as Azure
    if state in _NO_FAULT and not is_exempt:
        return ControlEvidence(TOOL, rule, _NO_FAULT[state], resource, place)
    grade = graded(TOOL, rule, text(record, "severity"), "severity", options)
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(title),
        severity=grade.severity,
        record=place,
        description=wording.description(_description(record)),
        severity_raw=grade.raw,
        severity_source=grade.source,
        is_suppressed=is_exempt,
        resource=resource,
        help_url=wording.name(first_link(text(record, "azureportalrecommendationlink"))),
        raw=raw,
    )


def _description(record: Record) -> str:
    steps = text(record, "remediationsteps")
    kind = " ".join(filter(None, (text(record, "resourcetype"), text(record, "resourcename"))))
    return paragraphs(
        f"Resource: {kind}" if kind else "",
        text(record, "description"),
        f"Remediation: {steps}" if steps else "",
    )
