"""Notes that mean something: entries of type `note` that say which kind of record they are. Pure.

A note without a kind is what a person wrote. Each kind says who may write it; one that somebody
else wrote means nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from riskcockpit.decisions.requests import Followers, Policies
from riskcockpit.decisions.roles import Role
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.chain import Entry

KIND = "record"
"""Where a note says what it records."""


class NoteKind(StrEnum):
    """What a note records."""

    ROLLBACK_PROPOSED = "rollback.proposed"
    """Automation would roll a model back, and asks a person."""
    RECOVERY_SEEN = "recovery.seen"
    """The version that took over proved itself."""
    RECOVERY_MISSED = "recovery.missed"
    """It did not, in the time it had."""
    AUTOMATION_STOPPED = "automation.stopped"
    AUTOMATION_RESUMED = "automation.resumed"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_JOINED = "incident.joined"
    """More alerts belong to an incident."""
    INCIDENT_ACKNOWLEDGED = "incident.acknowledged"
    INCIDENT_ASSIGNED = "incident.assigned"
    INCIDENT_CONTAINED = "incident.contained"
    INCIDENT_RESOLVED = "incident.resolved"
    INCIDENT_REOPENED = "incident.reopened"
    """Somebody resolved it, and its alarms stand all the same."""
    INCIDENT_NOTED = "incident.noted"
    INCIDENT_ESCALATED = "incident.escalated"
    """Nobody acknowledged it in time."""
    INCIDENT_REVIEWED = "incident.reviewed"
    STEP_DONE = "incident.step"
    """A step of a runbook was taken."""
    DRILL_DONE = "drill.done"


_PEOPLE = frozenset({Role.ENGINEER, Role.RISK_OWNER, Role.APPROVER})
_ANYBODY = _PEOPLE | {Role.AUTOMATION}
_BY_MACHINES = frozenset(
    {
        NoteKind.ROLLBACK_PROPOSED, NoteKind.RECOVERY_SEEN, NoteKind.RECOVERY_MISSED,
        NoteKind.AUTOMATION_STOPPED, NoteKind.INCIDENT_OPENED, NoteKind.INCIDENT_JOINED,
        NoteKind.INCIDENT_RESOLVED, NoteKind.INCIDENT_REOPENED, NoteKind.INCIDENT_ESCALATED,
        NoteKind.STEP_DONE, NoteKind.DRILL_DONE,
    }
)  # fmt: skip
"""Kinds that automation may write as well; the others say what a person decided."""


def kind_of(entry: Entry) -> NoteKind | None:
    """Return what a note records; None for any other entry, and for a note in plain words."""
    if entry.type is not EntryType.NOTE:
        return None
    try:
        return NoteKind(str(entry.data.get(KIND, "")))
    except ValueError:
        return None


def is_plain(entry: Entry) -> bool:
    """Whether an entry is a note that a person wrote in plain words."""
    return entry.type is EntryType.NOTE and KIND not in entry.data


def is_of_decider(entry: Entry, policies: Policies, followers: Followers) -> bool:
    """Whether who signed an entry had a role that decides; nobody else answers an alarm."""
    return bool(followers.signature(entry, policies).roles & _ANYBODY)


def recorded(
    entries: Iterable[Entry], policies: Policies, followers: Followers
) -> Iterator[tuple[NoteKind, Entry]]:
    """Yield the records among `entries` that count, in their order."""
    for entry in entries:
        kind = kind_of(entry)
        if kind is None:
            continue
        allowed = _ANYBODY if kind in _BY_MACHINES else _PEOPLE
        if followers.signature(entry, policies).roles & allowed:
            yield kind, entry
