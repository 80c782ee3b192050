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
from riskcockpit.formats.moments import moment
from riskcockpit.formats.picking import Record, first_text, is_set, opened, text
from riskcockpit.formats.prose import first_link, paragraphs
from riskcockpit.formats.record_lists import json_records
from riskcockpit.formats.scopes import Scope, Scopes
from riskcockpit.formats.tables import decoded, table

TOOL = "Prowler"
PERSONAL = frozenset({"account_email", "accountemail", "auth_method", "authmethod"})
_PASSED = frozenset({"PASS"})
_BY_HAND = frozenset({"MANUAL", "INFO"})
"""What version 3 calls INFO is what later ones call MANUAL: somebody must look."""
_ACCEPTED = frozenset({"WARNING", "MUTED"})
"""What version 3 calls WARNING is a failure on its list of accepted ones."""
_SEPARATORS = str.maketrans("", "", "_-. ")


Opened = tuple[bytes, dict[str, Any]]


def read(content: bytes, options: ReadOptions) -> Report:
    """Read a report of either form.

    Raises:
        FormatError: it is neither, or beyond a limit.
    """
    with without_collection():
        reader = _Reader(options)
        is_json = content.lstrip().startswith((b"[", b"{"))
        notes = reader.take_json(content) if is_json else reader.take_csv(content)
        return Report("prowler", reader.scopes.scans(reader.about), notes)


class _Reader:
    """Reads records, and remembers what they say of their run."""

    def __init__(self, options: ReadOptions) -> None:
        self.scopes = Scopes(TOOL)
        self._options = options
        self._checks: set[str] = set()
        self._runs: dict[Scope, set[tuple[str, str]]] = {}
        self._has_passes = False

    def take_json(self, content: bytes) -> tuple[str, ...]:
        """Read JSON; returns notes."""
        found, documents = json_records(content, "Prowler's JSON")
        for place, raw in found:
            self._take(partial(self._opened, raw), place)
        for why in documents.unreadable:
            self.scopes.trouble("report", why)
        return documents.notes

    def take_csv(self, content: bytes) -> tuple[str, ...]:
        """Read a table; returns notes."""
        words, notes = decoded(content)
        found = table(words, "check_id", "status")
        if not found.columns:
            raise FormatError("the header does not name the columns CHECK_ID and STATUS")
        for row in found.rows:
            self._take(
                lambda row=row: self._opened(row.record(found.columns)),
                f"row {row.number}",
            )
        return notes

    def about(self, scope: Scope) -> dict[str, Any]:
        """Return what the records say of their run."""
        runs = self._runs.get(scope, set())
        versions = {version for version, _ in runs}
        moments = [found for _, value in runs if (found := moment(value))]
        return {
            "tool_version": versions.pop() if len(versions) == 1 else "",
            "scanned_at": max(moments, default=None),
            "rules": frozenset(self._checks) if self._has_passes else None,
        }

    def _opened(self, raw: bytes) -> Opened:
        raw, record = opened(raw, self._options, PERSONAL)
        return raw, {key.lower().translate(_SEPARATORS): item for key, item in record.items()}

    def _take(self, open_: Any, place: str) -> None:
        self.scopes.take(place, open_, self._scope, partial(self._outcome, place=place))

    def _scope(self, found: Opened) -> Scope:
        record = found[1]
        account = first_text(record, "accountuid", "accountid", "subscription", "projectid")
        scope = Scope(
            TOOL,
            wording.name(real(account)),
            wording.name(" ".join(filter(None, (text(record, "provider"), real(_region(record)))))),
        )
        run = (
            wording.name(real(text(record, "prowlerversion"))),
            first_text(record, "timestamp", "assessmentstarttime"),
        )
        self._runs.setdefault(scope, set()).add(run)
        return scope

    def _outcome(self, found: Opened, place: str) -> Outcome:
        raw, record = found
        rule = wording.name(text(record, "checkid"))
        status = text(record, "status").upper()
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
            is_suppressed=is_set(record, "muted") or status in _ACCEPTED,
            raw=raw,
        )


def _region(record: Record) -> str:
    return first_text(record, "region", "location")


def _resource(record: Record) -> str:
    uid = first_text(record, "resourceuid", "resourcearn", "resourceid", "resourcename")
    return resource_uid(uid, _region(record))


def _observation(record: Record, rule: str, options: ReadOptions) -> Observation:
    grade = graded(TOOL, rule, text(record, "severity"), "severity", options)
    remedy = record.get("remediation")
    advice = text(remedy, "Recommendation", "Text") or text(record, "remediationrecommendationtext")
    about = (
        text(record, "statusextended"),
        text(record, "description"),
        text(record, "risk"),
        f"Remediation: {advice}" if advice else "",
    )
    links = (
        text(record, "relatedurl"),
        text(remedy, "Recommendation", "Url"),
        text(record, "remediationrecommendationurl"),
    )
    claim = wording.name(real(first_text(record, "findinguid", "findinguniqueid")))
    return Observation(
        finding_class=FindingClass.CLOUD,
        tool=TOOL,
        rule=rule,
        title=wording.title(text(record, "checktitle") or rule),
        severity=grade.severity,
        record="",
        description=wording.description(paragraphs(*dict.fromkeys(about))),
        severity_raw=grade.raw,
        severity_source=grade.source,
        fingerprints=(("finding_uid", claim),) if claim else (),
        resource=_resource(record),
        help_url=wording.name(next(filter(None, map(first_link, links)), "")),
    )
