"""OCSF events of the class "Security Finding" (2001), in which Wiz sends its issues.

OCSF 1.1 replaced the class; the newer ones are read by the format for OCSF.
"""

from __future__ import annotations

from functools import partial

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Observation
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Record
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group, Groups, unreadable
from riskcockpit.formats.members import Members, each, labelled, paragraphs, record_of, web_address
from riskcockpit.formats.vulnerabilities import cwe_numbers

TITLE = "OCSF security findings"
CATEGORY = "security-findings"
RESOLVED = 4
SUPPRESSED = 3
"""Values of `state_id`."""
_DECODER = msgspec.json.Decoder(list[Raw] | dict[str, Raw])


def read(content: bytes, options: ReadOptions) -> Report:
    """Read events: a list, or one a line.

    Raises:
        FormatError: not JSON, or of another shape.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DECODER.decode, TITLE)
        groups = Groups(Group("OCSF", category=CATEGORY))
        unreadable(groups, documents.unreadable)
        events = [raw for form in forms for raw in _events(form)]
        for where, raw in each(events, ""):
            groups.take(where, partial(_event, raw, where, options))
        return Report("ocsf-security-finding", groups.scans(), documents.notes)


def _events(form: list[Raw] | dict[str, Raw]) -> list[Raw]:
    return form if isinstance(form, list) else [Raw(msgspec.json.encode(form))]


def _event(raw: bytes, place: str, options: ReadOptions) -> tuple[Group, Record]:
    event, kept = record_of(raw, options)
    product = event.member("metadata").member("product")
    tool = product.name("name", "vendor_name") or "OCSF"
    group = Group(tool, category=CATEGORY)
    finding = event.member("finding")
    title = finding.text("title") or event.text("message")
    rule = event.member("analytic").name("uid", "name") or wording.name(title)
    if not rule:
        raise SkipRecordError("a finding without title")
    state = event.number("state_id")
    if state == RESOLVED or event.text("state_name").lower() == "resolved":
        return group, None
    severity, word, source = graded(
        tool, rule, event.text("severity", "severity_name"), "severity", options
    )
    resource = next(iter(event.members("resources")), event.member("resource"))
    return group, Observation(
        finding_class=FindingClass.CLOUD,
        tool=tool,
        rule=rule,
        title=wording.title(title),
        severity=severity,
        record=place,
        description=paragraphs(
            finding.text("desc"),
            finding.member("remediation").text("desc"),
            labelled("Resource", resource.text("name")),
            labelled("Type", resource.text("type")),
            labelled("Region", resource.text("region")),
        ),
        severity_raw=word,
        severity_source=source,
        is_suppressed=state == SUPPRESSED,
        resource=resource.name("uid", "name"),
        asset=resource.name("account_uid"),
        cwes=cwe_numbers([*_compliance(event)]),
        help_url=web_address([finding.text("src_url")]),
        raw=kept,
    )


def _compliance(event: Members) -> list[str]:
    return event.member("compliance").texts("requirements")
