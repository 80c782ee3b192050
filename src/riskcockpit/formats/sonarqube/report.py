"""The JSON report of sonar-report: issues and hotspots in one list, rules in words beside it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.domain.finding import FindingClass, Location, Observation, Scan
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.documents import decode_documents
from riskcockpit.formats.gathering import Record
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, each, record_of
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.prose import labelled, paragraphs
from riskcockpit.formats.sonarqube.findings import (
    ACCEPTED,
    GONE,
    SCALE,
    TO_REVIEW,
    TOOL,
    Rule,
    rule_from_html,
)

TITLE = "a report of sonar-report"
CATEGORY = "report"


class Document(msgspec.Struct, gc=False, rename="camel"):
    """The report; its issues are still raw."""

    issues: list[Raw] | None = None
    rules: Any = None
    hotspot_keys: Any = None
    project_name: Any = None
    application_name: Any = None
    branch: Any = None
    date: Any = None


_DOCUMENT = msgspec.json.Decoder(Document)


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report.

    Raises:
        FormatError: not JSON, or of another shape.
    """
    with without_collection():
        forms, documents = decode_documents(content, _DOCUMENT.decode, TITLE)
        scans: list[Scan] = []
        for form in forms:
            about = Members(msgspec.structs.asdict(form))
            group = Group(TOOL, about.name("project_name"), CATEGORY, about.name("branch"))
            groups = Groups(group)
            groups.of(group)
            groups.unread(documents.unreadable)
            rules = _rules(Members(form.rules))
            for where, raw in each(form.issues, "issues"):
                groups.take(where, partial(issue, raw, where, group, rules, options))
            scans += groups.scans(
                scanned_at=report_date(about.text("date")), is_partial=form.issues is None
            )
        return Report("sonarqube-report", tuple(scans), documents.notes)


def _rules(rules: Members) -> dict[str, Rule]:
    found = rules.pairs()
    return {key: rule_from_html(rule.text("name"), rule.text("htmlDesc")) for key, rule in found}


def issue(
    raw: bytes, place: str, group: Group, rules: Mapping[str, Rule], options: ReadOptions
) -> tuple[Group, Record]:
    """Read one issue or hotspot.

    Raises:
        SkipRecordError: it has neither rule nor message.
    """
    found = record_of(raw, options)
    kept = found.raw
    rule = found.name("rule")
    message = found.text("message")
    if not rule and not message:
        raise SkipRecordError("an issue without rule and message")
    status = found.text("status").upper()
    if status in GONE:
        return group, None
    about = rules.get(rule, Rule())
    severity, word, source = graded(
        TOOL, rule, found.text("severity"), "severity", options, words=SCALE
    )
    path = normalise(found.text("component"), options.checkout_prefixes)
    title = found.text("description") or about.title or message or rule
    return group, Observation(
        finding_class=FindingClass.CODE,
        tool=TOOL,
        rule=rule or wording.name(title),
        title=wording.title(title),
        severity=severity,
        record=place,
        description=paragraphs(message, about.text, labelled("Status", status)),
        severity_raw=word,
        severity_source=source,
        needs_triage=status == TO_REVIEW,
        is_suppressed=status in ACCEPTED,
        locations=(Location(path, found.line("line")),) if path else (),
        cwes=about.cwes,
        raw=kept,
    )


def report_date(text: str) -> datetime | None:
    """Return the day a report was made, as `Thursday, Jan 18, 2024` or `Fri Aug 02 2019`."""
    for form in ("%A, %b %d, %Y", "%a %b %d %Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
