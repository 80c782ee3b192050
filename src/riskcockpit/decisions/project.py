"""The projection: entries of the ledger → what they mean at a moment. Pure and total.

The same entries at the same moment always give the same projection. Entries that cannot be read
count against what they would allow: a grant that is not understood grants nothing.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from riskcockpit.decisions.automation import automation_record
from riskcockpit.decisions.containment import Containment, containments
from riskcockpit.decisions.corrections import Correction, collect_corrections
from riskcockpit.decisions.incidents import collect_drills, collect_incidents
from riskcockpit.decisions.notes import (
    NoteKind,
    is_of_decider,
    is_plain,
    kind_of,
    recorded,
)
from riskcockpit.decisions.receipts import ProjectedAction, collect_actions
from riskcockpit.decisions.requests import (
    REJECTIONS,
    Followers,
    Policies,
    Review,
    Standing,
    follow,
    stand,
)
from riskcockpit.decisions.upstream import Held, alert_actions, silences_after
from riskcockpit.decisions.waivers import WaiverState, WaiverTerms, overstepped, read_terms
from riskcockpit.domain.action import MODEL_KINDS, OPEN_STATES
from riskcockpit.domain.automation import AutomationRecord
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.control import Verdict
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.domain.incident import Drill, Incident
from riskcockpit.domain.severity import Severity
from riskcockpit.ledger.chain import Entry

_ANSWERING = frozenset(
    {NoteKind.INCIDENT_ACKNOWLEDGED, NoteKind.INCIDENT_ASSIGNED, NoteKind.STEP_DONE}
)
"""Records by which somebody says that they look after it."""
NOT_VERIFIED = "the ledger does not verify"
_OVER = frozenset(
    {WaiverState.EXPIRED, WaiverState.REVOKED, WaiverState.SUSPENDED, WaiverState.SUPERSEDED}
)
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
    stop: Entry | None = None
    """The entry that suspended it."""
    renewed_by: str = ""
    """The renewal that took its place."""
    renewed_at: datetime | None = None
    """When that had its keys."""
    overtaken: str = ""
    """Why another renewal took the place that this one was granted for."""
    failing: str = ""
    """Which of its controls does not hold by the latest verdicts, signed or not."""

    @property
    def why(self) -> str:
        """Why it does not count; empty when it does, or waits."""
        if self.state is WaiverState.SUSPENDED:
            return self.failing or (str(self.stop.data.get("comment", "")) if self.stop else "")
        if self.state is WaiverState.SUPERSEDED:
            return self.overtaken or f"renewed by {short(self.renewed_by)}"
        if self.standing.ended is not None:
            return _ended(self.standing)
        review = self.standing.review
        if self.state is WaiverState.IN_DOUBT and not self.standing.doubt and review is not None:
            return f"one key alone, not reviewed by {rfc3339(review.due)}"
        return self.standing.doubt

    @property
    def renews(self) -> str:
        """The waiver in whose place it is asked for; empty when it is a first one."""
        record = self.terms.record if self.terms else None
        return record.renews if record else ""

    @property
    def approver(self) -> str:
        """Who added the last key that counts; empty when only the requester signed."""
        return self.standing.signed[-1].principal if len(self.standing.signed) > 1 else ""

    @property
    def ended_at(self) -> datetime | None:
        """When it was rejected, revoked or undone; None when it was not."""
        return self.standing.ended.ts if self.standing.ended else None

    @property
    def stopped_at(self) -> datetime | None:
        """When it ceased to cover anything before its time; None when it did not."""
        stops = (self.stop.ts if self.stop else None, self.renewed_at, self.ended_at)
        return min(filter(None, stops), default=None)


def _ended(standing: Standing) -> str:
    end = standing.ended
    if end is None:
        return ""
    comment = str(end.data.get("comment", ""))
    said = f"{standing.end_word} by {end.actor}{f': {comment}' if comment else ''}"
    if standing.is_contested:
        return f"{said}; approved too, before either knew: the stricter counts"
    return said


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

    def renewal_asked(self, id_: str) -> Waiver | None:
        """Return the renewal of a waiver that waits for a key; None when there is none."""
        return next(
            (w for w in self.waivers if w.renews == id_ and w.state is WaiverState.REQUESTED), None
        )

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
    entries: Sequence[Entry],
    now: datetime,
    policies: Policies,
    *,
    is_verified: bool = True,
    void: Container[str] = (),
) -> Projection:
    """Say what `entries` (in time order) mean at `now`.

    `policies` are the versions of the roles that the ledger vouches for. When the ledger does not
    verify, nothing that it allows counts; entries whose hash is in `void` never do, but to take
    away.
    """
    doubt = "" if is_verified else NOT_VERIFIED
    followers = follow(entries, void, policies)
    entries = [entry for entry in entries if entry.hash not in void]
    waivers = _superseded(
        _suspended(_waiver(entry, followers, policies, now, doubt), followers.stops.get(entry.hash))
        for entry in entries
        if entry.type in _WAIVERS
    )
    asks = {entry.hash: entry for entry in entries if entry.type in _WAIVERS}
    held = [_held(waiver, asks[waiver.id]) for waiver in waivers]
    asked = collect_actions(entries, followers, policies, doubt)
    actions = (*asked, *alert_actions(held, entries), *silences_after(asked, entries))
    counting = list(recorded(entries, policies, followers))
    contained = tuple(containments(actions))
    return Projection(
        at=now,
        waivers=waivers,
        actions=actions,
        acknowledgements=tuple(
            (subject, entry.ts)
            for subject, entry in acknowledging(entries)
            if is_of_decider(entry, policies, followers)
        ),
        containments=contained,
        corrections=tuple(collect_corrections(entries, followers, policies, doubt)),
        automation=automation_record(entries, counting, followers, actions, now),
        incidents=collect_incidents(counting, contained),
        drills=collect_drills(counting),
        glasses=tuple(_glasses(waivers, actions, {entry.hash: entry for entry in entries})),
    )


def held_by_controls(found: Projection, verdicts: Mapping[str, str]) -> Projection:
    """Return the projection with the waivers suspended that rest on a control which does not hold.

    `verdicts` are the latest by control. What alarms, and what nobody knows, compensates nothing.
    """
    waivers = tuple(
        replace(each, state=WaiverState.SUSPENDED, failing=why)
        if each.state is WaiverState.GRANTED and (why := failing_control(each, verdicts))
        else each
        for each in found.waivers
    )
    return replace(found, waivers=waivers)


def stands_otherwise(found: Projection, verdicts: Mapping[str, str]) -> bool:
    """Whether newer verdicts suspend a waiver of what `held_by_controls` gave, or release one."""
    return any(
        each.failing != failing_control(each, verdicts)
        for each in found.waivers
        if each.failing or each.state is WaiverState.GRANTED
    )


def failing_control(waiver: Waiver, verdicts: Mapping[str, str]) -> str:
    """Say which control of a waiver does not hold; empty when all do."""
    record = waiver.terms.record if waiver.terms else None
    for name in record.controls if record else ():
        verdict = verdicts.get(name, "unknown")
        if verdict == Verdict.ALARM.value:
            return f"the control {name} alarms"
        if verdict != Verdict.OK.value:
            return f"nobody knows whether the control {name} holds: {verdict.replace('_', ' ')}"
    return ""


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
    ask: Entry,
    followers: Followers,
    policies: Policies,
    now: datetime,
    doubt: str,
) -> Waiver:
    terms: WaiverTerms | None = None
    try:
        terms = read_terms(ask.data)
    except (ValueError, OverflowError) as error:
        doubt = doubt or f"its entry cannot be read: {error}"
    policy = policies.get(str(ask.data.get("policy", "")))
    if terms is not None and policy is not None:
        doubt = doubt or overstepped(terms, policy.waivers, ask.ts)
    severity = terms.ruling_severity if terms else Severity.CRITICAL
    standing = stand(ask, severity, followers, policies, doubt)
    if ask.type is EntryType.WAIVER_GRANTED and standing.is_waiting:
        standing = stand(ask, severity, followers, policies, "granted without the keys it needs")
    return Waiver(ask.hash, _state(standing, terms, now), terms, ask.actor, ask.ts, standing)


def _suspended(waiver: Waiver, stop: Entry | None) -> Waiver:
    if stop is None or waiver.state is not WaiverState.GRANTED:
        return waiver
    return replace(waiver, state=WaiverState.SUSPENDED, stop=stop)


def _superseded(waivers: Iterable[Waiver]) -> tuple[Waiver, ...]:
    """Return waivers with those ended that a renewal took the place of, once it was granted.

    That is for good: a renewal that is revoked or has run out brings back nothing. One waiver has
    one renewal: of two that were granted without knowing of each other the first counts.
    """
    found = tuple(waivers)
    renewed: dict[str, Waiver] = {}
    for each in sorted(found, key=lambda w: (w.standing.decided_at or w.requested_at, w.id)):
        if each.standing.decided_at and not each.standing.doubt and each.renews:
            renewed.setdefault(each.renews, each)
    return tuple(_replaced(each, renewed) for each in found)


def _replaced(each: Waiver, renewed: Mapping[str, Waiver]) -> Waiver:
    """Return a waiver as renewals leave it: that of its own, and the first of what it renews."""
    if each.state not in (WaiverState.GRANTED, WaiverState.SUSPENDED):
        return each
    first = renewed.get(each.renews)
    if first is not None and first.id != each.id:
        why = f"{short(each.renews)} was renewed by {short(first.id)} before"
        return replace(
            each, state=WaiverState.SUPERSEDED, renewed_by=first.id, overtaken=why,
            renewed_at=max(filter(None, (first.standing.decided_at, each.standing.decided_at))),
        )  # fmt: skip
    if (own := renewed.get(each.id)) is not None:
        return replace(
            each, state=WaiverState.SUPERSEDED, renewed_by=own.id,
            renewed_at=own.standing.decided_at,
        )  # fmt: skip
    return each


def _held(waiver: Waiver, ask: Entry) -> Held:
    """Return a waiver as far as its alerts go; one in doubt closes nothing and opens nothing."""
    ended = waiver.state in _OVER
    was_granted = waiver.standing.decided_at is not None and not waiver.standing.doubt
    is_granted = waiver.state is WaiverState.GRANTED
    return Held(
        ask,
        waiver.standing,
        is_granted=is_granted,
        is_over=ended and was_granted,
        stopped_at=waiver.stopped_at,
    )


def _state(standing: Standing, terms: WaiverTerms | None, now: datetime) -> WaiverState:
    if standing.ended is not None:
        was_granted = standing.decided_at is not None
        is_rejection = standing.ended.type in REJECTIONS
        return WaiverState.REJECTED if is_rejection and not was_granted else WaiverState.REVOKED
    if standing.doubt or terms is None:
        return WaiverState.IN_DOUBT
    if standing.review is not None and standing.review.is_owed(now):
        return WaiverState.IN_DOUBT
    if now >= terms.expires_at:
        return WaiverState.EXPIRED
    return WaiverState.GRANTED if standing.is_granted else WaiverState.REQUESTED


def acknowledging(entries: Iterable[Entry]) -> Iterator[tuple[str, Entry]]:
    """Yield (finding or model, entry) of all that was signed about one, in time order.

    It counts where `notes.is_of_decider` holds.
    """
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
