"""The policy in force: which roles and which keys count, since when, and what waits to. Pure.

The first version of a file counts as soon as it is signed. Every later one replaces the version it
names, is signed by somebody who decides, and by a second person who may approve: otherwise one
engineer could write rules that need no second person. Only while nobody else could sign does one
key suffice. Who signs is judged by the version that is replaced.

Keys end by `key.revoked`, at once and whatever the files say; what a revoked key signed since is
left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from riskcockpit.config.automation import Automation
from riskcockpit.decisions.automations import InForce
from riskcockpit.decisions.ends import (
    APPROVES,
    DECIDES,
    Ends,
    order_of,
    revocations_of,
)
from riskcockpit.decisions.people import Keys, person_of
from riskcockpit.decisions.revocations import Revocation, voided
from riskcockpit.decisions.roles import Deed, Roles, Rule, Signature, counted
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.order import Order

ROLES = "policy/roles.yaml"
SIGNERS = "allowed_signers"
AUTOMATION = "policy/automation.yaml"
FILES = (ROLES, SIGNERS, AUTOMATION)
"""The files that are policy, by their places inside the ledger directory."""
OPTIONAL = frozenset({AUTOMATION})
"""Those that need not be there."""
_NEVER = datetime.max.replace(tzinfo=UTC)
_ENDS = frozenset({EntryType.WAIVER_REJECTED, EntryType.APPROVAL_REJECTED})
_READ = _ENDS | {
    EntryType.POLICY_CHANGED, EntryType.APPROVAL_GRANTED, EntryType.UNDO, EntryType.KEY_REVOKED,
}  # fmt: skip
"""What the policy follows from."""
_MOST_ROUNDS = 8
HOLDS = "holds"
"""Where a change names the versions asked for before it that it holds too."""


@dataclass(frozen=True, slots=True)
class Contents:
    """How the content of a version is had by its digest; None when it cannot be."""

    roles: Callable[[str], Roles | None]
    keys: Callable[[str], Keys | None]
    automation: Callable[[str], Automation | None] = lambda _digest: None

    def has(self, file: str, digest: str) -> bool:
        """Whether the version of `file` with this digest can be read."""
        readers = {SIGNERS: self.keys, AUTOMATION: self.automation}
        return readers.get(file, self.roles)(digest) is not None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change that is signed and waits for another person."""

    entry: Entry
    rule: Rule
    signed: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """What the ledger says of the policy."""

    versions: Mapping[str, Roles]
    """Every version of the roles that is or was in force, by its digest."""
    roles: Roles | None
    """Those in force; None: no version was ever signed."""
    digests: Mapping[str, str]
    """File → SHA-256 of the version in force; files that nobody signed are not in it."""
    waiting: tuple[Waiting, ...]
    overtaken: tuple[Waiting, ...] = ()
    """Changes that were not rejected, and can take the place of what is in force no longer."""
    automation: InForce | None = None
    """The rules of automation in force; None: none were ever signed by two persons."""
    set_aside: frozenset[tuple[str, str]] = frozenset()
    """(file, digest) of versions that were asked for, and rejected or overtaken."""
    ended: Mapping[str, Revocation] = field(default_factory=dict)
    """Fingerprint → what ended the key; those that ended by their lines alone are not in it."""
    void: Mapping[str, Revocation] = field(default_factory=dict)
    """Hash → what made the entry void; what of them only takes away does so (`takings`)."""

    def rule_for(self, principal: str) -> Rule:
        """Return the rule by which `principal` may change the policy."""
        return _rule_for(self.roles, principal)

    def can_change_alone(self, signature: Signature) -> bool:
        """Whether a change that only this person signs comes into force at once."""
        rule = self.rule_for(signature.principal)
        return self.roles is None or len(counted(rule, [signature])) >= rule.keys


def read_policy(entries: Iterable[Entry], contents: Contents) -> PolicyBook:
    """Follow the changes in `entries`, all of a ledger."""
    known = tuple(entries)
    given = order_of(known)
    founding = _beginnings(known, contents)  # no end of a key takes away what all rests on
    revocations = revocations_of(known, given, SIGNERS)
    ends: dict[str, Revocation] = {}
    void: dict[str, Revocation] = {}
    reading = _Reading(contents, frozenset())
    for _ in range(_MOST_ROUNDS):  # the policy says whose revocations count, and follows from them
        counting = tuple(entry for entry in known if entry.hash not in void)
        order = order_of(known, void) if void else given
        reading = _Reading(contents, _beginnings(counting, contents), order, Ends(revocations))
        for entry in order.ranked(each for each in counting if each.type in _READ):
            reading.take(entry)
        before, ends = ends, dict(reading.ends.counting)
        for lost in before.keys() - ends.keys() - reading.ends.deciders - void.keys():
            ends[lost] = before[lost]  # it voided what it rests on: the role of who signed it
        if ends == before:
            break
        void = voided(known, _by_time(ends, revocations), given, founding)
    ended = {each.key_fp: each for each in reversed(_by_time(ends, revocations))}
    asked = {
        (str(entry.data.get("file")), str(entry.data.get("after")))
        for entry in known
        if entry.type is EntryType.POLICY_CHANGED
    }
    return replace(reading.book(asked), ended=ended, void=void)


def _by_time(ends: Mapping[str, Revocation], revocations: Iterable[Revocation]) -> list[Revocation]:
    return [ends[each.entry.hash] for each in revocations if each.entry.hash in ends]


def _beginnings(entries: Sequence[Entry], contents: Contents) -> frozenset[str]:
    """Return the first version of each file: the one that another person witnessed first.

    Rules of automation have none: the first of them takes two persons like every other.

    A writer may begin a new chain with any time in it, but cannot date what others sign: their
    entries name the chains they saw. What nobody witnessed comes last, in the order of its times.
    """
    seqs = {entry.hash: entry.seq for entry in entries}
    found: dict[str, Entry] = {}
    best: dict[str, tuple[datetime, datetime]] = {}
    for change in entries:
        file = change.data.get("file")
        if change.type is not EntryType.POLICY_CHANGED or change.data.get("before") != "":
            continue
        if file not in (ROLES, SIGNERS) or not contents.has(
            file, str(change.data.get("after", ""))
        ):
            continue
        witnessed = (
            other.ts
            for other in entries
            if other.actor != change.actor
            and seqs.get(other.seen.get(change.chain, ""), -1) >= change.seq
        )
        rank = (min(witnessed, default=_NEVER), change.ts)
        if file not in best or rank < best[file]:
            found[file], best[file] = change, rank
    return frozenset(change.hash for change in found.values())


def replaces(change: Entry, present: str) -> bool:
    """Whether a change may take the place of the version `present`, the digest of that in force.

    It may of the version that it was made against, and of one asked for before that it holds too.
    """
    if present == change.data.get("after"):
        return False
    held = change.data.get(HOLDS)
    is_held = bool(present) and isinstance(held, list) and present in held
    return is_held or change.data.get("before") == present


def _rule_for(roles: Roles | None, principal: str) -> Rule:
    is_alone = roles is None or not any(
        roles.of(name) & APPROVES and roles.has_key(name) for name in _others(roles, principal)
    )
    return Rule(
        id="policy-alone" if is_alone else "policy-four-eyes",
        action=Deed.POLICY,
        request=DECIDES,
        keys=1 if is_alone else 2,
        approve=APPROVES,
        why="the rules and the keys are changed by two persons",
    )


def _others(roles: Roles, principal: str) -> Iterator[str]:
    """Yield the principals of other persons."""
    own = person_of(principal, roles.persons, roles.keys)
    for name in roles.principals:
        if not own & person_of(name, roles.persons, roles.keys):
            yield name


@dataclass(slots=True)
class _Reading:
    contents: Contents
    beginnings: frozenset[str]
    order: Order = field(default_factory=lambda: Order(()))
    ends: Ends = field(default_factory=Ends)
    versions: dict[str, Roles] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    keys: Keys | None = None
    automations: dict[str, list[InForce]] = field(default_factory=dict)
    open: dict[str, Entry] = field(default_factory=dict)
    approvals: defaultdict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    refused: set[tuple[str, str]] = field(default_factory=set)
    """(file, digest) of versions that were asked for and rejected."""
    ever: set[tuple[str, str]] = field(default_factory=set)
    """(file, digest) of versions that were ever in force."""

    @property
    def roles(self) -> Roles | None:
        """The roles in force, with the keys that count now."""
        roles = self.versions.get(self.digests.get(ROLES, ""))
        return replace(roles, keys=self.keys, automations=self.automations) if roles else None

    def take(self, entry: Entry) -> None:
        """Follow one entry."""
        named = entry.data.get("request")
        if entry.type is EntryType.POLICY_CHANGED and entry.data.get("file") in FILES:
            self.open[entry.hash] = entry
            self._consider(entry)
        elif entry.type is EntryType.APPROVAL_GRANTED:
            self.approvals[str(named)].append(entry)
            if (change := self.open.get(str(named))) is not None:
                self._consider(change)
        elif entry.type is EntryType.KEY_REVOKED:
            self.ends.take(entry, self._signature(entry), self.roles)
        elif entry.type in _ENDS:
            self._reject(entry, str(named))
        elif entry.type is EntryType.UNDO:
            self._withdraw(entry)

    def _reject(self, entry: Entry, named: str) -> None:
        if self.ends.reject(named, self._signature(entry)) and (
            change := self.open.pop(named, None)
        ):
            self.refused.add((str(change.data["file"]), str(change.data.get("after"))))

    def _signature(self, entry: Entry) -> Signature:
        roles = self.roles
        if roles is None:
            return Signature(entry.actor, entry.key_fp, frozenset())
        said, at = self.order.at(entry), self.order.dated(entry)
        signature = roles.signature(entry.actor, entry.key_fp, said)
        if at == said:
            return signature
        return signature.and_also(roles.signature(entry.actor, entry.key_fp, at))

    def book(self, asked: Iterable[tuple[str, str]]) -> PolicyBook:
        """Return what came of it; all versions know the keys that count at the end.

        `asked` are all versions that anybody asked for, as (file, digest).
        """
        versions = {
            digest: replace(roles, keys=self.keys, automations=self.automations)
            for digest, roles in self.versions.items()
        }
        asks = [
            Waiting(change, _rule_for(self.roles, change.actor), self._signed(change))
            for change in self.open.values()
        ]
        waiting = tuple(each for each in asks if each.signed and self._replaces(each.entry))
        gone = tuple(each for each in asks if each not in waiting)
        waits = {(str(w.entry.data["file"]), str(w.entry.data.get("after"))) for w in waiting}
        present = self.automations.get(self.digests.get(AUTOMATION, ""), [None])[-1]
        aside = frozenset(asked) - self.ever - waits
        return PolicyBook(versions, self.roles, dict(self.digests), waiting, gone, present, aside)

    def _withdraw(self, undo: Entry) -> None:
        for hash_, keys in self.approvals.items():
            self.approvals[hash_] = [
                key
                for key in keys
                if key.hash != undo.data.get("decision") or key.actor != undo.actor
            ]

    def _replaces(self, change: Entry) -> bool:
        file, held = str(change.data["file"]), change.data.get(HOLDS)
        if isinstance(held, list) and any((file, str(each)) in self.refused for each in held):
            return False  # what was rejected does not come in with what was made on top of it
        return replaces(change, self.digests.get(file, ""))

    def _signed(self, change: Entry) -> tuple[Signature, ...]:
        roles = self.roles
        if roles is None:
            return ()
        signed = [self._signature(each) for each in (change, *self.approvals[change.hash])]
        return counted(_rule_for(roles, change.actor), signed)

    def _consider(self, change: Entry) -> None:
        if not self._replaces(change):
            return
        roles = self.roles
        is_first = change.hash in self.beginnings
        has_keys = roles is not None and (
            len(self._signed(change)) >= _rule_for(roles, change.actor).keys
        )
        latest = max([change, *self.approvals[change.hash]], key=lambda entry: entry.ts)
        if (is_first or has_keys) and self._enforce(change, latest):
            del self.open[change.hash]

    def _enforce(self, change: Entry, latest: Entry) -> bool:
        """Put the version in force; False when its content cannot be had."""
        file, digest = str(change.data["file"]), str(change.data.get("after", ""))
        if file == SIGNERS:
            keys = self.contents.keys(digest)
            if keys is None:
                return False
            approved = [self._signature(each) for each in self.approvals[change.hash]]
            self.keys = keys | (self.keys or frozenset())
            self.ends.enforce(change, latest, approved)
        elif file == AUTOMATION:
            if not self._automate(change, digest, latest.ts):
                return False
        else:
            roles = self.contents.roles(digest)
            if roles is None:
                return False
            if (before := self.versions.get(self.digests.get(ROLES, ""))) is not None:
                self.versions[before.digest] = replace(
                    before, until=latest.ts, ended_by=latest.hash
                )
            self.versions[digest] = roles
        self.digests[file] = digest
        self.ever.add((file, digest))
        self.refused.discard((file, digest))
        return True

    def _automate(self, change: Entry, digest: str, since: datetime) -> bool:
        found = self.contents.automation(digest)
        if found is None:
            return False
        if spans := self.automations.get(self.digests.get(AUTOMATION, "")):
            spans[-1] = replace(spans[-1], until=since)
        signed = frozenset(one.principal for one in self._signed(change))
        self.automations.setdefault(digest, []).append(InForce(found, digest, since, signed))
        return True
