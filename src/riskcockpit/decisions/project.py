"""The projection: entries of the ledger → what they mean at a moment. Pure and total.

The same entries at the same moment always give the same projection. Entries that cannot be read
count against what they would allow: a grant that is not understood grants nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from riskcockpit.decisions.automation import automation_record
from riskcockpit.decisions.corrections import Correction, collect_corrections
from riskcockpit.decisions.incidents import collect_drills, collect_incidents
from riskcockpit.decisions.notes import NoteKind, is_plain, kind_of, recorded
from riskcockpit.decisions.receipts import ProjectedAction, collect_actions
from riskcockpit.decisions.requests import Followers, Policies, Review, Standing, follow, stand
from riskcockpit.decisions.roles import ENFORCED
from riskcockpit.decisions.upstream import Held, alert_actions, silences_after
from riskcockpit.decisions.waivers import WaiverState, WaiverTerms, read_terms
from riskcockpit.domain.action import MODEL_KINDS, OPEN_STATES, ActionKind, ActionState
from riskcockpit.domain.automation import AutomationRecord
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.incident import Drill, Incident
from riskcockpit.domain.severity import Severity
from riskcockpit.ledger.chain import Entry

_ANSWERING = frozenset(
    {NoteKind.INCIDENT_ACKNOWLEDGED, NoteKind.INCIDENT_ASSIGNED, NoteKind.STEP_DONE}
)
"""Records by which somebody says that they look after it."""
NOT_VERIFIED = "the ledger does not verify"
_WAIVERS = frozenset({EntryType.WAIVER_REQUESTED, EntryType.WAIVER_GRANTED})


@dataclass(frozen=True, slots=True)
class Waiver:
    """A waiver as it stands now."""

    id: str
    state: WaiverState
    terms: WaiverTerms | None
    """None when its entry cannot be read; it is in doubt then."""
    requester: str
    requested_at: datetime
    standing: Standing

    @property
    def approver(self) -> str:
        """Who added the last key that counts; empty when only the requester signed."""
        return self.standing.signed[-1].principal if len(self.standing.signed) > 1 else ""

    @property
    def ended_at(self) -> datetime | None:
        """When it was rejected, revoked or undone; None when it was not."""
        return self.standing.ended.ts if self.standing.ended else None


@dataclass(frozen=True, slots=True)
class Containment:
    """A confirmed rollback: from then on the version at fault no longer serves."""

    model: str
    version: int
    """The version that was taken out."""
    at: datetime
    action: str = ""
    is_automatic: bool = False
    """Automation decided it."""


@dataclass(frozen=True, slots=True)
class BrokenGlass:
    """A decision of one person where the rule wants several."""

    id: str
    kind: str
    """`waiver`, or the kind of the action."""
    subject: str
    actor: str
    at: datetime
    review: Review
    reviewer: str
    """Whose key was the last; empty while one is missing."""
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Projection:
    """What the ledger means at `at`."""

    at: datetime
    waivers: tuple[Waiver, ...] = ()
    actions: tuple[ProjectedAction, ...] = ()
    acknowledgements: tuple[tuple[str, datetime], ...] = ()
    """(finding id or model name, when somebody signed something about it), in time order."""
    containments: tuple[Containment, ...] = ()
    corrections: tuple[Correction, ...] = ()
    """Those in force, in time order."""
    automation: AutomationRecord = field(default_factory=AutomationRecord)
    incidents: tuple[Incident, ...] = ()
    """In the order of their opening."""
    drills: tuple[Drill, ...] = ()
    glasses: tuple[BrokenGlass, ...] = ()
    """All that were broken, in time order."""

    def waiver(self, id_: str) -> Waiver | None:
        """Return the waiver whose asking entry has the hash `id_`."""
        return next((waiver for waiver in self.waivers if waiver.id == id_), None)

    def in_flight(self, model: str) -> tuple[str, ...]:
        """Return the moves of a model that wait or are on their way."""
        return tuple(
            each.action.id
            for each in self.actions
            if each.action.kind in MODEL_KINDS and each.model == model and each.state in OPEN_STATES
        )

    def action(self, id_: str) -> ProjectedAction | None:
        """Return the action whose deciding entry has the hash `id_`."""
        return next((each for each in self.actions if each.action.id == id_), None)


def project(
    entries: Sequence[Entry], now: datetime, policies: Policies, *, is_verified: bool = True
) -> Projection:
    """Say what `entries` (in time order) mean at `now`.

    `policies` are the versions of the roles that the ledger vouches for. When the ledger does not
    verify, nothing that it allows counts.
    """
    doubt = "" if is_verified else NOT_VERIFIED
    followers = follow(entries)
    waivers = tuple(
        _waiver(entry, followers, policies, now, doubt)
        for entry in entries
        if entry.type in _WAIVERS
    )
    asks = {entry.hash: entry for entry in entries if entry.type in _WAIVERS}
    held = [_held(waiver, asks[waiver.id]) for waiver in waivers]
    asked = collect_actions(entries, followers, policies, doubt)
    actions = (*asked, *alert_actions(held, entries), *silences_after(asked, entries))
    counting = list(recorded(entries, policies, followers.at))
    contained = tuple(_contained(actions))
    return Projection(
        at=now,
        waivers=waivers,
        actions=actions,
        acknowledgements=tuple((subject, entry.ts) for subject, entry in acknowledging(entries)),
        containments=contained,
        corrections=tuple(collect_corrections(entries, followers, policies, doubt)),
        automation=automation_record(entries, counting, followers, actions, now),
        incidents=collect_incidents(
            counting, ((c.model, c.at, c.is_automatic, c.action) for c in contained)
        ),
        drills=collect_drills(counting),
        glasses=tuple(_glasses(waivers, actions, {entry.hash: entry for entry in entries})),
    )


def subjects(entry: Entry) -> tuple[str, ...]:
    """Return the findings and models that an entry is about."""
    if entry.type in _WAIVERS:
        findings = entry.data.get("findings")
        return tuple(map(str, findings)) if isinstance(findings, Mapping) else ()
    for key in ("model", "subject", "finding"):
        if isinstance(named := entry.data.get(key), str) and named:
            return (named,)
    return ()


def _waiver(
    ask: Entry, followers: Followers, policies: Policies, now: datetime, doubt: str
) -> Waiver:
    terms: WaiverTerms | None = None
    try:
        terms = read_terms(ask.data)
    except (ValueError, OverflowError) as error:
        doubt = doubt or f"its entry cannot be read: {error}"
    severity = terms.severity if terms else Severity.CRITICAL
    standing = stand(ask, severity, followers, policies, doubt)
    if ask.type is EntryType.WAIVER_GRANTED and standing.is_waiting:
        standing = stand(ask, severity, followers, policies, "granted without the keys it needs")
    return Waiver(ask.hash, _state(standing, terms, now), terms, ask.actor, ask.ts, standing)


def _held(waiver: Waiver, ask: Entry) -> Held:
    """Return a waiver as far as its alerts go; one in doubt closes nothing and opens nothing."""
    ended = waiver.state in (WaiverState.EXPIRED, WaiverState.REVOKED)
    was_granted = waiver.standing.decided_at is not None and not waiver.standing.doubt
    is_granted = waiver.state is WaiverState.GRANTED
    return Held(ask, waiver.standing, is_granted=is_granted, is_over=ended and was_granted)


def _state(standing: Standing, terms: WaiverTerms | None, now: datetime) -> WaiverState:
    if standing.ended is not None:
        was_granted = standing.decided_at is not None
        is_rejection = standing.ended.type in (
            EntryType.WAIVER_REJECTED,
            EntryType.APPROVAL_REJECTED,
        )
        return WaiverState.REJECTED if is_rejection and not was_granted else WaiverState.REVOKED
    if standing.doubt or terms is None:
        return WaiverState.IN_DOUBT
    if standing.review is not None and standing.review.is_owed(now):
        return WaiverState.IN_DOUBT
    if now >= terms.expires_at:
        return WaiverState.EXPIRED
    return WaiverState.GRANTED if standing.is_granted else WaiverState.REQUESTED


def acknowledging(entries: Iterable[Entry]) -> Iterator[tuple[str, Entry]]:
    """Yield (finding or model, entry) of all that people signed about one, in time order."""
    people = _WAIVERS | {EntryType.ROLLBACK_REQUESTED}
    for entry in entries:
        if entry.type in people or is_plain(entry) or kind_of(entry) in _ANSWERING:
            for subject in subjects(entry):
                yield subject, entry


def _glasses(
    waivers: Iterable[Waiver], actions: Iterable[ProjectedAction], entries: Mapping[str, Entry]
) -> Iterable[BrokenGlass]:
    asks = [
        *((w.id, "waiver", _count(w), w.standing) for w in waivers),
        *((a.action.id, a.action.kind.value, a.action.target, a.standing) for a in actions),
    ]
    for id_, kind, subject, standing in asks:
        ask, review = entries.get(id_), standing.review
        if ask is None or review is None:
            continue
        is_done = review.done_at is not None
        reviewer = standing.signed[-1].principal if is_done and len(standing.signed) > 1 else ""
        ended_at = standing.ended.ts if standing.ended else None
        yield BrokenGlass(id_, kind, subject, ask.actor, ask.ts, review, reviewer, ended_at)


def _count(waiver: Waiver) -> str:
    count = len(waiver.terms.findings) if waiver.terms else 0
    return "1 finding" if count == 1 else f"{count} findings"


def _contained(actions: Iterable[ProjectedAction]) -> Iterable[Containment]:
    for each in actions:
        is_rollback = each.action.kind is ActionKind.MODEL_ROLLBACK
        version = each.action.params.get("from", "")
        if is_rollback and each.state is ActionState.DONE and version.isdecimal():
            rule = each.standing.rule
            is_automatic = rule is not None and rule.id == ENFORCED.id
            yield Containment(
                each.model, int(version), each.updated_at, each.action.id, is_automatic
            )
