"""Incidents as the ledger knows them: every clock and every step is a signed entry. Pure.

Two computers that open an incident for the same alarms have opened one: the first entry counts, and
what is said of the other is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec

from riskcockpit.decisions.containment import Containment
from riskcockpit.decisions.notes import NoteKind
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.incident import ContainedBy, Drill, Incident, IncidentEvent
from riskcockpit.domain.severity import Severity
from riskcockpit.ledger.chain import Entry

INCIDENT = "incident"
"""Where an entry names the incident it is about."""
_ANSWERS = frozenset(
    {
        NoteKind.INCIDENT_ACKNOWLEDGED,
        NoteKind.INCIDENT_ASSIGNED,
        NoteKind.INCIDENT_CONTAINED,
        NoteKind.INCIDENT_RESOLVED,
        NoteKind.STEP_DONE,
    }
)
"""Records by which somebody says that they look after it; that it ended by itself says nobody."""
DESPITE_ALARMS = "despite_alarms"
"""Where an entry says that it resolves an incident whose alarms stand."""
_SLACK = timedelta(minutes=5)
"""How long before an incident was detected a rollback may have ended its cause."""


class _Opened(msgspec.Struct, frozen=True):
    incident_rule: str
    subject: str
    title: str
    severity: str
    owner: str
    alerts: list[str]
    detected_at: str
    acknowledge_due_at: str
    review_seconds: int


@dataclass(slots=True)
class _Making:
    """An incident while its entries are read."""

    entry: Entry
    read: _Opened
    severity: Severity
    detected_at: datetime
    owner: str
    alerts: dict[str, None]
    acknowledged_at: datetime | None = None
    contained_at: datetime | None = None
    contained_by: ContainedBy | None = None
    resolved_at: datetime | None = None
    escalated_at: datetime | None = None
    escalated_to: str = ""
    is_despite_alarms: bool = False
    reviewed_at: datetime | None = None
    timeline: list[IncidentEvent] = field(default_factory=list)
    steps: list[tuple[datetime, str, str]] = field(default_factory=list)
    anew_at: datetime | None = None
    """When it last began anew: it was reopened, or the version at fault came back."""
    harmed_at: datetime | None = None
    """Since when its alarms say that what had contained it does so no more."""

    def add(self, kind: NoteKind, entry: Entry, at: datetime) -> None:
        """Write an entry into the timeline."""
        word = kind.value.rpartition(".")[2]
        text = str(entry.data.get("text", ""))
        self.timeline.append(IncidentEvent(at, word, entry.actor, text, entry.hash))

    def contain(self, at: datetime, by: ContainedBy) -> None:
        """Note the first moment from which the fault did no more harm."""
        is_overtaken = self.harmed_at is not None and at <= self.harmed_at
        if not is_overtaken and (self.contained_at is None or at < self.contained_at):
            self.contained_at, self.contained_by = max(at, self.detected_at), by

    def began_anew(self, at: datetime) -> None:
        """Note that what was done of runbooks until then has to be done again."""
        self.anew_at = max(filter(None, (self.anew_at, at)))

    def made(self) -> Incident:
        """Return the incident."""
        review = timedelta(seconds=self.read.review_seconds)
        is_over = self.resolved_at is not None and not self.is_despite_alarms
        due = self.resolved_at + review if self.resolved_at and is_over and review else None
        return Incident(
            id=self.entry.hash,
            rule=self.read.incident_rule,
            subject=self.read.subject,
            title=self.read.title,
            severity=self.severity,
            owner=self.owner,
            alerts=tuple(self.alerts),
            detected_at=self.detected_at,
            acknowledge_due_at=parse_utc(self.read.acknowledge_due_at),
            acknowledged_at=self.acknowledged_at,
            contained_at=self.contained_at,
            contained_by=self.contained_by,
            resolved_at=self.resolved_at,
            escalated_at=self.escalated_at,
            review_due_at=due,
            reviewed_at=self.reviewed_at,
            timeline=tuple(sorted(self.timeline, key=lambda event: event.at)),
            steps=tuple(
                (book, step)
                for at, book, step in self.steps
                if self.anew_at is None or at > self.anew_at
            ),
            is_despite_alarms=self.is_despite_alarms,
            escalated_to=self.escalated_to,
        )


def collect_incidents(
    counting: Sequence[tuple[NoteKind, Entry]], contained: Iterable[Containment]
) -> tuple[Incident, ...]:
    """Return every incident, in the order of their opening; `counting` are the records that count.

    `contained` are confirmed rollbacks: they contain the incidents of their model that are open.
    """
    making: dict[str, _Making] = {}
    known: dict[str, _Making] = {}
    """Hash of every entry that opened one, also of those that another had opened before."""
    for kind, entry in counting:
        if kind is NoteKind.INCIDENT_OPENED:
            _open(entry, making, known)
        elif (found := known.get(str(entry.data.get(INCIDENT, "")))) is not None:
            _follow(found, kind, entry)
    for rollback in contained:
        for each in making.values():
            _contain(each, rollback)
    return tuple(each.made() for each in making.values())


def collect_drills(counting: Iterable[tuple[NoteKind, Entry]]) -> tuple[Drill, ...]:
    """Return every drill in time order."""
    return tuple(
        Drill(
            id=entry.hash,
            runbook=str(entry.data.get("runbook", "")),
            is_passed=entry.data.get("passed") is True,
            seconds=_number(entry.data.get("milliseconds")) / 1000,
            at=entry.ts,
            actor=entry.actor,
        )
        for kind, entry in counting
        if kind is NoteKind.DRILL_DONE
    )


def _open(entry: Entry, making: dict[str, _Making], known: dict[str, _Making]) -> None:
    try:
        read = msgspec.convert(dict(entry.data), _Opened)
        detected, severity = parse_utc(read.detected_at), Severity.from_word(read.severity)
        parse_utc(read.acknowledge_due_at)
    except (msgspec.ValidationError, ValueError, OverflowError):
        return
    if severity is None or not 0 <= read.review_seconds <= 10**9:
        return
    for other in making.values():
        is_same = (other.read.incident_rule, other.read.subject) == (
            read.incident_rule,
            read.subject,
        )
        if is_same and (other.resolved_at is None or detected <= other.resolved_at):
            other.alerts |= dict.fromkeys(read.alerts)
            known[entry.hash] = other
            return
    made = _Making(entry, read, severity, detected, read.owner, dict.fromkeys(read.alerts))
    made.add(NoteKind.INCIDENT_OPENED, entry, entry.ts)
    making[entry.hash] = known[entry.hash] = made


def _follow(found: _Making, kind: NoteKind, entry: Entry) -> None:
    ended = kind is NoteKind.INCIDENT_RESOLVED and entry.data.get("ended") is True
    is_dated = ended or kind is NoteKind.INCIDENT_REOPENED
    at = _moment(entry.data.get("at"), entry.ts) if is_dated else entry.ts
    found.add(kind, entry, at)
    if kind in _ANSWERS and not ended:
        found.acknowledged_at = found.acknowledged_at or at
    match kind:
        case NoteKind.INCIDENT_JOINED:
            found.alerts |= dict.fromkeys(_texts(entry.data.get("alerts")))
        case NoteKind.INCIDENT_ASSIGNED:
            found.owner = str(entry.data.get("owner", ""))
        case NoteKind.INCIDENT_ESCALATED if found.escalated_at is None:
            found.escalated_at, found.escalated_to = at, str(entry.data.get("to", ""))
        case NoteKind.STEP_DONE:
            step = (at, str(entry.data.get("runbook", "")), str(entry.data.get("step", "")))
            found.steps.append(step)
        case _:
            is_despite = entry.data.get(DESPITE_ALARMS) is True
            _advance(found, kind, at, is_ended=ended, is_despite=is_despite)


def _advance(
    found: _Making, kind: NoteKind, at: datetime, *, is_ended: bool, is_despite: bool
) -> None:
    match kind:
        case NoteKind.INCIDENT_CONTAINED:
            found.contain(at, ContainedBy.PERSON)
        case NoteKind.INCIDENT_RESOLVED:
            _resolve(found, at, is_ended=is_ended, is_despite=is_despite)
        case NoteKind.INCIDENT_REOPENED if found.is_despite_alarms:
            found.resolved_at, found.reviewed_at, found.is_despite_alarms = None, None, False
            found.began_anew(at)
        case NoteKind.INCIDENT_REOPENED if found.resolved_at is None:
            found.contained_at, found.contained_by = None, None
            found.harmed_at = max(filter(None, (found.harmed_at, at)))
            found.began_anew(at)
        case NoteKind.INCIDENT_REVIEWED if found.resolved_at is not None:
            found.reviewed_at = found.reviewed_at or at
        case _:
            pass


def _resolve(found: _Making, at: datetime, *, is_ended: bool, is_despite: bool) -> None:
    """End an incident; that its alarms ended tells when one that was over by word really was."""
    if found.resolved_at is None or (found.is_despite_alarms and is_ended):
        found.resolved_at, found.is_despite_alarms = at, is_despite
    if not is_despite:
        found.contain(at, ContainedBy.END if is_ended else ContainedBy.PERSON)


def _contain(each: _Making, rollback: Containment) -> None:
    at, until = rollback.at, rollback.until
    is_ended = each.resolved_at is not None and not each.is_despite_alarms
    is_over = is_ended and each.resolved_at is not None and each.resolved_at < at
    if each.read.subject != rollback.model or each.detected_at - at > _SLACK or is_over:
        return
    by = ContainedBy.AUTOMATION if rollback.is_automatic else ContainedBy.PERSON
    who = "automation" if rollback.is_automatic else "a person"
    text = f"version {rollback.version}, at fault, was rolled back"
    if until is not None and (each.resolved_at is None or until < each.resolved_at):
        each.timeline.append(IncidentEvent(at, "contained", who, text, rollback.action))
        text = f"version {rollback.version} serves again: it is contained no longer"
        each.timeline.append(IncidentEvent(until, "returned", "a person", text, rollback.action))
        each.began_anew(until)
        return
    before = each.contained_at
    each.contain(at, by)
    is_overtaken = each.harmed_at is not None and at <= each.harmed_at
    if each.contained_at != before or is_overtaken:
        each.timeline.append(IncidentEvent(at, "contained", who, text, rollback.action))


def _moment(value: Any, otherwise: datetime) -> datetime:
    """Return when something happened: what the entry says, never after it was signed."""
    try:
        return min(parse_utc(value), otherwise) if isinstance(value, str) else otherwise
    except (ValueError, OverflowError):
        return otherwise


def _texts(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
