"""Asking and signing: which decisions have the keys their rule wants. Pure.

An ask is an entry that decides or wants to decide something. Others add keys to it by naming its
hash, or end it. What it is worth follows from the policy that was in force, not from what it says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.decisions.authors import read_authors
from riskcockpit.decisions.automations import KEY as AUTOMATION
from riskcockpit.decisions.roles import Deed, Roles, Rule, Signature, counted
from riskcockpit.domain.action import ActionKind
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.ledger.chain import Entry

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
_NAMED_BY = {
    EntryType.APPROVAL_GRANTED: "request",
    EntryType.ROLLBACK_APPROVED: "request",
    EntryType.WAIVER_REJECTED: "request",
    EntryType.APPROVAL_REJECTED: "request",
    EntryType.WAIVER_REVOKED: "waiver",
    EntryType.UNDO: "decision",
}
_DOUBT = "no policy in the ledger gives this rule"

Policies = Mapping[str, Roles]
"""Every version of the roles that the ledger vouches for, by its digest."""


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

    @property
    def is_granted(self) -> bool:
        """Whether it has all its keys, and was not ended."""
        return self.decided_at is not None and self.ended is None and not self.doubt

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a key."""
        return self.decided_at is None and self.ended is None and not self.doubt


@dataclass(frozen=True, slots=True)
class Followers:
    """The entries that name others: who adds keys to what, and what ends what."""

    keys: Mapping[str, tuple[Entry, ...]]
    ends: Mapping[str, Entry]

    def withdrawn(self, key: Entry) -> bool:
        """Whether somebody took the key back that they had added."""
        end = self.ends.get(key.hash)
        return end is not None and end.actor == key.actor


def follow(entries: Iterable[Entry]) -> Followers:
    """Collect keys and ends by the hash of the entry they name; the first end counts."""
    keys: defaultdict[str, list[Entry]] = defaultdict(list)
    ends: dict[str, Entry] = {}
    for entry in entries:
        named = entry.data.get(_NAMED_BY.get(entry.type, ""))
        if not isinstance(named, str):
            continue
        if entry.type in KEYS:
            keys[named].append(entry)
        else:
            ends.setdefault(named, entry)
    return Followers({name: tuple(found) for name, found in keys.items()}, ends)


def stand(
    ask: Entry, severity: Severity, followers: Followers, policies: Policies, doubt: str
) -> Standing:
    """Say how `ask` stands; `severity` is the highest it concerns, `doubt` why it cannot count."""
    ended = followers.ends.get(ask.hash)
    authors: tuple[str, ...] = ()
    try:
        authors = read_authors(ask.data)
    except ValueError as error:
        doubt = doubt or str(error)
    rule = _rule(ask, severity, policies)
    if rule is None:
        return Standing(None, ended=ended, doubt=doubt or _DOUBT)
    keys = [key for key in followers.keys.get(ask.hash, ()) if not followers.withdrawn(key)]
    by_entry = [(entry, signature_of(entry, policies)) for entry in (ask, *keys)]
    signed = counted(rule, [signature for _, signature in by_entry], authors)
    decided_at = None
    if len(signed) >= rule.keys:
        last = signed[rule.keys - 1]
        decided_at = next(entry.ts for entry, signature in by_entry if signature == last)
    return Standing(rule, signed, decided_at, ended, doubt, authors)


def signature_of(entry: Entry, policies: Policies) -> Signature:
    """Return who signed `entry`, with the roles they had then; unknown policies give none."""
    policy = policies.get(str(entry.data.get("policy", "")))
    is_valid = policy is not None and not policy.is_over(entry.ts)
    roles = policy.of_key(entry.actor, entry.key_fp) if policy and is_valid else frozenset()
    return Signature(entry.actor, entry.key_fp, roles)


def _rule(ask: Entry, severity: Severity, policies: Policies) -> Rule | None:
    """Return the rule the policy has for `ask`, if that is the one it says it was made by."""
    policy = policies.get(str(ask.data.get("policy", "")))
    is_production = ask.data.get("production")
    if policy is None or policy.is_over(ask.ts) or not isinstance(is_production, bool):
        return None
    if ask.type is EntryType.ROLLBACK_REQUESTED and AUTOMATION in ask.data:
        is_back = ask.data.get("kind") == ActionKind.MODEL_ROLLBACK.value
        model, version = str(ask.data.get("model", "")), str(ask.data[AUTOMATION])
        rule = policy.enforced(model, version, ask.ts) if is_back else None
    else:
        rule = policy.rule_for(ASKS[ask.type], severity, is_production=is_production)
    return rule if rule is not None and rule.id == ask.data.get("rule") else None
