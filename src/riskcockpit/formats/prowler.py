"""Prowler's own JSON (version 3) and CSV (versions 3 to 5), one check of one resource a record."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from riskcockpit.domain.finding import ControlEvidence, FindingClass, Observation
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions, Report
from riskcockpit.formats.cloud_resources import real, resource_uid
from riskcockpit.formats.collecting import without_collection
from riskcockpit.formats.gathering import Record as Outcome
from riskcockpit.formats.grading import graded
from riskcockpit.formats.grouping import Group, Groups
from riskcockpit.formats.members import Members, record_of
from riskcockpit.formats.moments import moment
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.record_lists import json_records
from riskcockpit.formats.shape import HEAD_BYTES, shape_of
from riskcockpit.formats.tables import decoded, table

TOOL = "Prowler"
PERSONAL = frozenset({"account_email", "accountemail", "auth_method", "authmethod"})
_PASSED = frozenset({"PASS"})
_BY_HAND = frozenset({"MANUAL", "INFO"})
"""What version 3 calls INFO is what later ones call MANUAL: somebody must look."""
_ACCEPTED = frozenset({"WARNING", "MUTED"})
"""What version 3 calls WARNING is a failure on its list of accepted ones."""
_SEPARATORS = str.maketrans("", "", "_-. ")


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report of either form.

    Raises:
        FormatError: it is neither, or beyond a limit.
    """
    with without_collection():
        reader = _Reader(options)
        is_json = shape_of(content[:HEAD_BYTES]).kind in ("list", "object")
        notes = reader.take_json(content) if is_json else reader.take_csv(content)
        return Report("prowler", reader.groups.scans(reader.about), notes)


class _Reader:
    """Reads records, and remembers what they say of their run."""

    def __init__(self, options: ReadOptions) -> None:
        self.groups = Groups(Group(TOOL))
        self._options = options
        self._checks: set[str] = set()
        self._runs: dict[Group, set[tuple[str, str]]] = {}
        self._has_passes = False

    def take_json(self, content: bytes) -> tuple[str, ...]:
        """Read JSON; returns notes."""
        found, documents = json_records(content, "Prowler's JSON")
        for place, raw in found:
            self._take(partial(self._record_of, raw), place)
        self.groups.unread(documents.unreadable)
        return documents.notes

    def take_csv(self, content: bytes) -> tuple[str, ...]:
        """Read a table; returns notes."""
        words, notes = decoded(content)
        found = table(words, "check_id", "status")
        if not found.columns:
            raise FormatError("the header does not name the columns CHECK_ID and STATUS")
        for row in found.rows:
            self._take(
                lambda row=row: self._record_of(row.record(found.columns)),
                f"row {row.number}",
            )
        return notes

    def about(self, group: Group) -> dict[str, Any]:
        """Return what the records say of their run."""
        runs = self._runs.get(group, set())
        versions = {version for version, _ in runs}
        moments = [found for _, value in runs if (found := moment(value))]
        return {
            "tool_version": versions.pop() if len(versions) == 1 else "",
            "scanned_at": max(moments, default=None),
            "rules": frozenset(self._checks) if self._has_passes else None,
        }

    def _record_of(self, raw: bytes) -> Members:
        found = record_of(raw, self._options, without=PERSONAL)
        fields = found.object().items()
        return Members(
            {key.lower().translate(_SEPARATORS): item for key, item in fields}, found.raw
        )

    def _take(self, open_: Any, place: str) -> None:
        self.groups.take_opened(place, open_, self._group_of, partial(self._outcome, place=place))

    def _group_of(self, record: Members) -> Group:
        account = record.first("accountuid", "accountid", "subscription", "projectid")
        group = Group(
            TOOL,
            wording.name(real(account)),
            wording.name(" ".join(filter(None, (record.word("provider"), real(_region(record)))))),
        )
        run = (
            wording.name(real(record.text("prowlerversion"))),
            record.first("timestamp", "assessmentstarttime"),
        )
        self._runs.setdefault(group, set()).add(run)
        return group

    def _outcome(self, record: Members, place: str) -> Outcome:
        rule = record.name("checkid")
        status = record.word("status").upper()
        if not rule or not status:
            raise SkipRecordError("a record without check or status")
        self._checks.add(rule)
        if status in _PASSED:
            self._has_passes = True
            return ControlEvidence(TOOL, rule, "pass", _resource(record), place)
        seen = _observation(record, rule, self._options)
        return replace(
            seen,
            record=place,
            needs_triage=status in _BY_HAND,
            is_suppressed=record.flag("muted") or status in _ACCEPTED,
            raw=record.raw,
        )


def _region(record: Members) -> str:
    return record.first("region", "location")


def _resource(record: Members) -> str:
    uid = record.first("resourceuid", "resourcearn", "resourceid", "resourcename")
    return resource_uid(uid, _region(record))


def _observation(record: Members, rule: str, options: ReadOptions) -> Observation:
    grade = graded(TOOL, rule, record.word("severity"), "severity", options)
    remedy = record.member("remediation")
    advice = remedy.text("Recommendation", "Text") or record.text("remediationrecommendationtext")
    about = (
        record.word("statusextended"),
        record.text("description"),
        record.word("risk"),
        f"Remediation: {advice}" if advice else "",
    )
    links = (
        record.text("relatedurl"),
        remedy.text("Recommendation", "Url"),
        record.text("remediationrecommendationurl"),
    )
    claim = wording.name(real(record.first("findinguid", "findinguniqueid")))
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(record.text("checktitle") or rule),
        severity=grade.severity,
        record="",
        description=paragraphs(*dict.fromkeys(about)),
        severity_raw=grade.raw,
        severity_source=grade.source,
        fingerprints=(("finding_uid", claim),) if claim else (),
        resource=_resource(record),
        help_url=wording.name(next(filter(None, map(first_link, links)), "")),
    )
