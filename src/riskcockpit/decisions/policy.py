"""The policy in force: which roles and which keys count, since when, and what waits to. Pure.

The first version of a file counts as soon as it is signed. Every later one replaces the version it
names, is signed by somebody who decides, and by a second person who may approve: otherwise one
engineer could write rules that need no second person. Only while nobody else could sign does one
key suffice. Who signs is judged by the version that is replaced.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from riskcockpit.config.automation import Automation
from riskcockpit.decisions.automations import InForce
from riskcockpit.decisions.people import Keys, person_of
from riskcockpit.decisions.roles import Deed, Role, Roles, Rule, Signature, counted
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.chain import Entry

ROLES = "policy/roles.yaml"
SIGNERS = "allowed_signers"
AUTOMATION = "policy/automation.yaml"
FILES = (ROLES, SIGNERS, AUTOMATION)
"""The files that are policy, by their places inside the ledger directory."""
OPTIONAL = frozenset({AUTOMATION})
"""Those that need not be there."""
_DECIDES = frozenset({Role.ENGINEER, Role.RISK_OWNER, Role.APPROVER})
_APPROVES = frozenset({Role.RISK_OWNER, Role.APPROVER})
_NEVER = datetime.max.replace(tzinfo=UTC)
_ENDS = frozenset({EntryType.WAIVER_REJECTED, EntryType.APPROVAL_REJECTED})


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
    automation: InForce | None = None
    """The rules of automation in force; None: none were ever signed by two persons."""

    def rule_for(self, principal: str) -> Rule:
        """Return the rule by which `principal` may change the policy."""
        return _rule_for(self.roles, principal)

    def can_change_alone(self, signature: Signature) -> bool:
        """Whether a change that only this person signs comes into force at once."""
        rule = self.rule_for(signature.principal)
        return self.roles is None or len(counted(rule, [signature])) >= rule.keys


def read_policy(entries: Iterable[Entry], contents: Contents) -> PolicyBook:
    """Follow the changes in `entries`, which are in time order."""
    known = tuple(entries)
    reading = _Reading(contents, _beginnings(known, contents))
    for entry in known:
        reading.take(entry)
    return reading.book()


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


def _rule_for(roles: Roles | None, principal: str) -> Rule:
    is_alone = roles is None or not any(
        roles.of(name) & _APPROVES and roles.has_key(name) for name in _others(roles, principal)
    )
    return Rule(
        id="policy-alone" if is_alone else "policy-four-eyes",
        action=Deed.POLICY,
        request=_DECIDES,
        keys=1 if is_alone else 2,
        approve=_APPROVES,
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
    versions: dict[str, Roles] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    keys: Keys | None = None
    automations: dict[str, list[InForce]] = field(default_factory=dict)
    open: dict[str, Entry] = field(default_factory=dict)
    approvals: defaultdict[str, list[Entry]] = field(default_factory=lambda: defaultdict(list))

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
        elif entry.type in _ENDS:
            self.open.pop(str(named), None)
        elif entry.type is EntryType.UNDO:
            self._withdraw(entry)

    def book(self) -> PolicyBook:
        """Return what came of it; all versions know the keys that count at the end."""
        versions = {
            digest: replace(roles, keys=self.keys, automations=self.automations)
            for digest, roles in self.versions.items()
        }
        waiting = (
            Waiting(change, _rule_for(self.roles, change.actor), self._signed(change))
            for change in self.open.values()
            if self._replaces(change)
        )
        present = self.automations.get(self.digests.get(AUTOMATION, ""), [None])[-1]
        return PolicyBook(
            versions, self.roles, dict(self.digests), tuple(w for w in waiting if w.signed), present
        )

    def _withdraw(self, undo: Entry) -> None:
        for hash_, keys in self.approvals.items():
            self.approvals[hash_] = [
                key
                for key in keys
                if key.hash != undo.data.get("decision") or key.actor != undo.actor
            ]

    def _replaces(self, change: Entry) -> bool:
        """Whether it names the version in force as the one that it replaces."""
        present = self.digests.get(str(change.data["file"]), "")
        return change.data.get("before") == present != change.data.get("after")

    def _signed(self, change: Entry) -> tuple[Signature, ...]:
        roles = self.roles
        if roles is None:
            return ()
        signed = [
            roles.signature(each.actor, each.key_fp, each.ts)
            for each in (change, *self.approvals[change.hash])
        ]
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
            self.keys = keys | (self.keys or frozenset())
        elif file == AUTOMATION:
            if not self._automate(change, digest, latest.ts):
                return False
        else:
            roles = self.contents.roles(digest)
            if roles is None:
                return False
            if (before := self.versions.get(self.digests.get(ROLES, ""))) is not None:
                self.versions[before.digest] = replace(before, until=latest.ts)
            self.versions[digest] = roles
        self.digests[file] = digest
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
