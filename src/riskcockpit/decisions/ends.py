"""Which ends of keys count: at once by one person, or only with a second. Pure.

Everybody may end their own key. That of another ends by one person alone only while somebody who
is neither of both is left who may approve that or reject it: one stolen key cannot end all others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from riskcockpit.decisions.people import are_namesakes, names_of_all, person_of
from riskcockpit.decisions.revocations import Revocation, read_revocation
from riskcockpit.decisions.roles import Role, Roles, Signature
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.order import Order

DECIDES = frozenset({Role.ENGINEER, Role.RISK_OWNER, Role.APPROVER})
"""Who may ask for a change of the policy, and end keys."""
APPROVES = frozenset({Role.RISK_OWNER, Role.APPROVER})
"""Who may approve or reject what another asked for."""


def revocations_of(entries: Iterable[Entry], order: Order, file: str) -> tuple[Revocation, ...]:
    """Return every `key.revoked`, by time; `file` is that whose changes ask for them."""
    found = []
    changes: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.type is EntryType.KEY_REVOKED:
            found.append(entry)
        elif entry.type is EntryType.POLICY_CHANGED and entry.data.get("file") == file:
            changes[entry.chain, str(entry.data.get("after"))].append(entry)
    found.sort(key=lambda entry: (order.at(entry), entry.hash))
    return tuple(read_revocation(entry, changes) for entry in found)


def order_of(entries: Iterable[Entry], void: Container[str] = ()) -> Order:
    """Return the order in which a policy is read: before it is known, persons are names."""
    return Order(entries, void, are_namesakes)


class Ends:
    """The ends of keys, as a policy is read from its beginning."""

    def __init__(self, revocations: Sequence[Revocation] = ()) -> None:
        self._all = {each.entry.hash: each for each in revocations}
        self.counting: dict[str, Revocation] = {}
        """Hash of the `key.revoked` → what ended, of those that are in force."""
        self.deciders: set[str] = set()
        """Hashes of the `key.revoked` whose signer may change the policy."""
        self._barred: dict[str, frozenset[str]] = {}
        self._rejections: defaultdict[str, list[Signature]] = defaultdict(list)
        self._enforced: set[str] = set()

    def take(self, entry: Entry, by: Signature, roles: Roles | None) -> None:
        """Follow a `key.revoked`."""
        end = self._all.get(entry.hash)
        if end is None or roles is None or not by.roles & DECIDES:
            return
        self.deciders.add(entry.hash)
        owners = {name for name, key_fp in roles.keys or () if key_fp == end.key_fp}
        persons = (person_of(name, roles.persons, roles.keys) for name in owners or {end.principal})
        owner = frozenset[str]().union(*persons)
        barred = self._barred[entry.hash] = owner | by.names
        is_own = entry.key_fp == end.key_fp or bool(names_of_all([entry.actor]) & owner)
        lifted = any(
            self._lifts(end, one) for change in end.lifted_by for one in self._rejects(change)
        )
        if not lifted and (is_own or self._is_somebody_left(end, barred, roles)):
            self.counting[entry.hash] = end

    def reject(self, change: str, by: Signature) -> bool:
        """Follow a rejection; False when it lifts no end, and the change it names stays open."""
        self._rejections[change].append(by)
        ends = [each for each in self.counting.values() if change in each.lifted_by]
        for end in ends:
            if not self._lifts(end, by):
                return False
            del self.counting[end.entry.hash]
        return True

    def enforce(self, change: Entry, latest: Entry, approved: Sequence[Signature]) -> None:
        """Follow a change of the signers that came into force by `latest`."""
        self._enforced.add(change.hash)
        held = change.data.get("holds")
        for hash_, end in self._all.items():
            is_held = isinstance(held, list) and end.entry.data.get("signers") in held
            if hash_ not in self.deciders or not (change.hash in end.changes or is_held):
                continue
            barred = self._barred[hash_]
            is_approved = any(one.roles & APPROVES and not one.names & barred for one in approved)
            acts = end.entry if hash_ in self.counting else latest
            self.counting[hash_] = replace(
                end, acts=acts, is_dated_back=end.is_claim and is_approved
            )

    def _rejects(self, change: str) -> list[Signature]:
        return self._rejections[change]

    def _lifts(self, end: Revocation, by: Signature) -> bool:
        """Whether a person who is neither the key's nor who ended it rejects that in time."""
        if end.changes & self._enforced:
            return False
        return bool(by.roles & APPROVES) and not by.names & self._barred[end.entry.hash]

    def _is_somebody_left(self, end: Revocation, barred: frozenset[str], roles: Roles) -> bool:
        gone = {end.key_fp, *(each.key_fp for each in self.counting.values())}
        keys = [(name, "") for name in roles.principals] if roles.keys is None else roles.keys
        return any(
            key_fp not in gone
            and roles.of(name) & APPROVES
            and not person_of(name, roles.persons, roles.keys) & barred
            for name, key_fp in keys
        )
