"""Asking and signing: which decisions have the keys their rule wants. Pure.

An ask is an entry that decides or wants to decide something. Others add keys to it by naming its
hash, or end it. What it is worth follows from the policy that was in force, not from what it says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from riskcockpit.decisions.authors import read_authors
from riskcockpit.decisions.automations import KEY as AUTOMATION
from riskcockpit.decisions.people import Delegation, are_namesakes
from riskcockpit.decisions.roles import Deed, Roles, Rule, Signature, counted
from riskcockpit.decisions.takings import takings
from riskcockpit.domain.action import ActionKind
from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.ledger.bodies import fault_of
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.order import CLOCKS_DIFFER, NEVER, Order

ASKS: Mapping[EntryType, Deed] = {
    EntryType.WAIVER_REQUESTED: Deed.WAIVE,
    EntryType.WAIVER_GRANTED: Deed.WAIVE,
    EntryType.ROLLBACK_REQUESTED: Deed.ROLLBACK,
    EntryType.DEPLOYMENT_REQUESTED: Deed.DEPLOY,
    EntryType.IDENTITY_MERGED: Deed.CORRECT,
    EntryType.IDENTITY_SPLIT: Deed.CORRECT,
    EntryType.CLOSURE_RELEASED: Deed.CORRECT,
}
KEYS = frozenset({EntryType.APPROVAL_GRANTED, EntryType.ROLLBACK_APPROVED})
REJECTIONS = frozenset({EntryType.WAIVER_REJECTED, EntryType.APPROVAL_REJECTED})
_NAMED_BY = {
    EntryType.APPROVAL_GRANTED: "request",
    EntryType.ROLLBACK_APPROVED: "request",
    EntryType.WAIVER_REJECTED: "request",
    EntryType.APPROVAL_REJECTED: "request",
    EntryType.WAIVER_REVOKED: "waiver",
    EntryType.WAIVER_SUSPENDED: "waiver",
    EntryType.UNDO: "decision",
}
_DOUBT = "no policy in the ledger gives this rule"
BREAK_GLASS = "break_glass"
"""Where an ask says that it was decided by one key, to be reviewed afterwards."""
_NO_GLASS = "no rule of the policy lets this glass be broken"

Policies = Mapping[str, Roles]
"""Every version of the roles that the ledger vouches for, by its digest."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a decision of one key, where the rule wants several, still owes."""

    reason: str
    """Why it could not wait."""
    due: datetime
    """When the missing keys have to be there."""
    done_at: datetime | None = None
    """When the last of them was added; None while they are missing."""

    def is_missed(self, now: datetime) -> bool:
        """Whether nobody reviewed it in time."""
        return (self.done_at or now) > self.due

    def is_owed(self, now: datetime) -> bool:
        """Whether the time is over and it is still not reviewed."""
        return self.done_at is None and now > self.due


class _Glass(msgspec.Struct, frozen=True):
    rule: str
    reason: str
    review_by: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How an ask stands: who signed it, and what ended it."""

    rule: Rule | None
    """None when the policy it was made under is not known, or has another rule for it."""
    signed: tuple[Signature, ...] = ()
    """The requester's first; only those that count."""
    decided_at: datetime | None = None
    """When the last key that was needed was added; None while keys are missing."""
    ended: Entry | None = None
    """The entry that rejected, revoked or undid it."""
    doubt: str = ""
    """Why it does not count; empty when it does."""
    authors: tuple[str, ...] = ()
    """Who made what it is about, as the ask says; their keys do not count as approvals."""
    review: Review | None = None
    """Of a decision that broke the glass."""

    @property
    def is_contested(self) -> bool:
        """Whether it has all its keys and was rejected: neither side knew of the other.

        The stricter counts: it is not granted, whichever came first.
        """
        is_alone = self.review is not None and self.review.done_at is None
        has_keys = self.decided_at is not None and not is_alone
        return self.is_rejected and has_keys and not self.doubt

    @property
    def is_rejected(self) -> bool:
        """Whether somebody rejected it."""
        return self.ended is not None and self.ended.type in REJECTIONS

    @property
    def end_word(self) -> str:
        """How it ended, in words."""
        if self.is_rejected:
            return "rejected" if self.review is None else "reviewed and rejected"
        is_revoked = self.ended is not None and self.ended.type is EntryType.WAIVER_REVOKED
        return "revoked" if is_revoked else "taken back"

    @property
    def is_granted(self) -> bool:
        """Whether it has all its keys, and was not ended."""
        return self.decided_at is not None and self.ended is None and not self.doubt

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a key."""
        return self.decided_at is None and self.ended is None and not self.doubt

    @property
    def is_to_review(self) -> bool:
        """Whether it was decided by one key and waits for the others."""
        owes = self.review is not None and self.review.done_at is None
        return owes and self.ended is None and not self.doubt


@dataclass(frozen=True, slots=True)
class Followers:
    """The entries that name others: who adds keys to what, and what ends what."""

    keys: Mapping[str, tuple[Entry, ...]]
    ends: Mapping[str, Entry]
    order: Order
    stops: Mapping[str, Entry]
    """Waiver → the entry that suspended it first."""

    def at(self, entry: Entry) -> datetime:
        """Return when an entry was signed; a clock that was put back does not make it older."""
        return self.order.at(entry)

    def dated(self, entry: Entry) -> datetime:
        """Return when an entry counts as signed: later than it says when others went on without it.

        A clock that was put back, or a new chain with old times in it, gains nothing by them.
        """
        return self.order.dated(entry)

    def is_over(self, policy: Roles, entry: Entry) -> bool:
        """Whether another version had taken the place of `policy` when `entry` was signed.

        What the change of the version knew was signed in time, and what knew of the change was not.
        Of anything else another person must have seen it in time: its own time proves nothing.
        """
        if policy.until is None or self.order.knows(policy.ended_by, entry.hash):
            return False
        if self.order.knows(entry.hash, policy.ended_by) or policy.is_over(self.at(entry)):
            return True
        return policy.is_over(self.order.seen_at(entry))

    def signature(self, entry: Entry, policies: Policies) -> Signature:
        """Return who signed `entry`, with the roles they had; unknown policies give none."""
        policy = policies.get(str(entry.data.get("policy", "")))
        if policy is None or self.is_over(policy, entry):
            return Signature(entry.actor, entry.key_fp, frozenset())
        at = self.dated(entry) if policy.delegations else self.at(entry)
        if any(self._outlived(each, entry, at) for each in policy.delegations):
            at = self.order.seen_at(entry)
        said = policy.signature(entry.actor, entry.key_fp, self.at(entry))
        if at == self.at(entry):
            return said
        return said.and_also(policy.signature(entry.actor, entry.key_fp, at))

    def _outlived(self, each: Delegation, entry: Entry, at: datetime) -> bool:
        """Whether the first who saw what a delegate signed saw it when the delegation had ended."""
        if each.to != entry.actor or not each.holds(at):
            return False
        return each.ends + CLOCKS_DIFFER < self.order.seen_at(entry) < NEVER

    def withdrawn(self, key: Entry) -> bool:
        """Whether somebody took the key back that they had added."""
        end = self.ends.get(key.hash)
        return end is not None and end.actor == key.actor

    def keys_of(self, ask: Entry, known_to: Entry | None) -> Iterator[Entry]:
        """Yield the keys that stand: now, or when `known_to` was signed, by what that one knows."""
        for key in self.keys.get(ask.hash, ()):
            if known_to is None:
                is_there, is_gone = True, self.withdrawn(key)
            else:
                is_there = self.order.knows(known_to.hash, key.hash)
                is_gone = self.withdrawn(key) and self.order.knows(
                    known_to.hash, self.ends[key.hash].hash
                )
            if is_there and not is_gone:
                yield key


def follow(
    entries: Iterable[Entry], void: Container[str] = (), policies: Policies | None = None
) -> Followers:
    """Collect keys and ends by the hash of the entry they name; the first end counts.

    A key whose entry is not what such entries hold is none. What is `void` adds no key and
    witnesses nothing; what of it only takes away ends what it names all the same. Whom one of the
    `policies` takes for one person is none who could witness for the other.
    """
    versions = tuple((policies or {}).values())

    def are_one(one: str, other: str) -> bool:
        return are_namesakes(one, other) or any(each.are_one(one, other) for each in versions)

    keys: defaultdict[str, list[Entry]] = defaultdict(list)
    ends: dict[str, Entry] = {}
    stops: dict[str, Entry] = {}
    entries = tuple(entries)
    taking = takings(entries, void)
    for entry in entries:
        if entry.hash in void and entry.hash not in taking:
            continue
        named = entry.data.get(_NAMED_BY.get(entry.type, ""))
        if not isinstance(named, str):
            continue
        if entry.type in KEYS:
            if not fault_of(entry.type, entry.data):  # else nobody knows what was signed
                keys[named].append(entry)
        elif entry.type is EntryType.WAIVER_SUSPENDED:
            stops.setdefault(named, entry)
        else:
            ends.setdefault(named, entry)
    by_name = {name: tuple(found) for name, found in keys.items()}
    return Followers(by_name, ends, Order(entries, void, are_one), stops)


def stand(  # noqa: PLR0913 - what is asked, and all that it is held against
    ask: Entry,
    severity: Severity,
    followers: Followers,
    policies: Policies,
    doubt: str,
    *,
    known_to: Entry | None = None,
) -> Standing:
    """Say how `ask` stands; `severity` is the highest it concerns, `doubt` why it cannot count.

    With `known_to` it is said which keys it had by what that entry knows.
    """
    ended = followers.ends.get(ask.hash)
    authors: tuple[str, ...] = ()
    try:
        authors = read_authors(ask.data)
    except ValueError as error:
        doubt = doubt or str(error)
    at = followers.at(ask)
    rule = _rule(ask, severity, policies, followers)
    if rule is None:
        return Standing(None, ended=ended, doubt=doubt or _DOUBT)
    keys = [key for key in followers.keys_of(ask, known_to) if key.data["rule"] == rule.id]
    by_entry = [(entry, followers.signature(entry, policies)) for entry in (ask, *keys)]
    signed = counted(rule, [signature for _, signature in by_entry], authors)
    decided_at = None
    if len(signed) >= rule.keys:
        last = signed[rule.keys - 1]
        decided_at = next(entry.ts for entry, signature in by_entry if signature == last)
    if ask.data.get(BREAK_GLASS) is None or rule.keys == 1:
        return Standing(rule, signed, decided_at, ended, doubt, authors)
    review = _review(ask, by_entry[0][1], severity, policies, at)
    if review is None:
        return Standing(rule, signed, None, ended, doubt or _NO_GLASS, authors)
    review = replace(review, done_at=decided_at)
    return Standing(rule, signed, ask.ts, ended, doubt, authors, review)


def glass_rule(
    policy: Roles, asker: Signature, severity: Severity, *, is_production: bool
) -> Rule | None:
    """Return the rule by which `asker` may decide alone what takes several; None: they may not."""
    rule = policy.rule_for(Deed.BREAK_GLASS, severity, is_production=is_production)
    return rule if rule is not None and asker.roles & rule.request else None


def _review(
    ask: Entry, asker: Signature, severity: Severity, policies: Policies, at: datetime
) -> Review | None:
    """Return what the ask owes when its glass may be broken; None when it may not."""
    policy = policies.get(str(ask.data.get("policy", "")))
    try:
        glass = msgspec.convert(ask.data[BREAK_GLASS], _Glass)
        due = parse_utc(glass.review_by)
    except (ValueError, OverflowError):
        return None
    if policy is None or not glass.reason:
        return None
    is_production = ask.data.get("production") is True
    rule = glass_rule(policy, asker, severity, is_production=is_production)
    if rule is None or rule.id != glass.rule or due > at + rule.review_within + _SECOND:
        return None
    return Review(glass.reason, due)


_SECOND = timedelta(seconds=1)
"""Moments in entries may be whole seconds."""


def _rule(ask: Entry, severity: Severity, policies: Policies, followers: Followers) -> Rule | None:
    """Return the rule the policy has for `ask`, if that is the one it says it was made by."""
    policy = policies.get(str(ask.data.get("policy", "")))
    is_production = ask.data.get("production")
    if policy is None or followers.is_over(policy, ask) or not isinstance(is_production, bool):
        return None
    if ask.type is EntryType.ROLLBACK_REQUESTED and AUTOMATION in ask.data:
        is_back = ask.data.get("kind") == ActionKind.MODEL_ROLLBACK.value
        model, version = str(ask.data.get("model", "")), str(ask.data[AUTOMATION])
        rule = policy.enforced(model, version, followers.dated(ask)) if is_back else None
    else:
        rule = policy.rule_for(ASKS[ask.type], severity, is_production=is_production)
    return rule if rule is not None and rule.id == ask.data.get("rule") else None
