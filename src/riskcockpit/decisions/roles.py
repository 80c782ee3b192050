"""Roles and rules: who may decide what, and how many distinct keys it takes. Pure.

The text of `ledger/policy/roles.yaml` is parsed elsewhere; here is only the mapping that came of
it. Rules are tried in their order, the first that fits applies, and without one nobody may.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

import msgspec

from riskcockpit.config.durations import parse_duration
from riskcockpit.decisions.authors import names_of
from riskcockpit.decisions.automations import Automations, in_force_at
from riskcockpit.decisions.people import Delegation, Keys, fault_of, names_of_all, person_of
from riskcockpit.decisions.waiver_limits import SHIPPED, WaiverLimits
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import ConfigError, RefusedError

MOST_KEYS = 5
LONGEST_REVIEW = timedelta(days=7)
"""How long a decision of one key that takes several may stand without a review."""
CLOCKS_DIFFER = timedelta(minutes=5)
"""How long after its end a version still counts: people decide on computers of their own."""


class Deed(StrEnum):
    """What a rule is about."""

    WAIVE = "waive"
    ROLLBACK = "rollback"
    DEPLOY = "deploy"
    """Answering a deployment that waits, and deploying what served before; where a roles file says
    nothing of it, what it says of rollbacks holds."""
    REVOKE = "revoke"
    NOTE = "note"
    CORRECT = "correct"
    """Saying what is one finding or two, what is gone, and that an import does not count."""
    BREAK_GLASS = "break-glass"
    """Deciding alone, at once, what takes several keys; reviewed afterwards by a deadline."""
    POLICY = "policy"
    """Changing rules and keys; `decisions.policy` has the rule, a roles file cannot."""


class Role(StrEnum):
    """What a person may be."""

    ENGINEER = "engineer"
    RISK_OWNER = "risk_owner"
    APPROVER = "approver"
    AUDITOR = "auditor"
    AUTOMATION = "automation"


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of `roles.yaml`."""

    id: str
    action: Deed
    request: frozenset[Role]
    """Who may ask; with one key asking is deciding."""
    keys: int
    """Distinct persons with distinct keys, the requester among them."""
    approve: frozenset[Role] = frozenset()
    """Who may add a key."""
    severity: str = "info"
    """Fits from this severity on."""
    production: bool | None = None
    """Fits only in such a context; None: in any."""
    review: str = ""
    """Of a rule for breaking the glass: by when the missing keys must be added, as `24h`."""
    why: str = ""

    @property
    def review_within(self) -> timedelta:
        """How long a review may take."""
        return parse_duration(self.review)

    def fits(self, deed: Deed, severity: Severity, *, is_production: bool) -> bool:
        """Whether the rule is about this."""
        floor = Severity.from_word(self.severity)
        return (
            self.action is deed
            and floor is not None
            and severity >= floor
            and self.production in (None, is_production)
        )


_ANSWERS = frozenset({Role.APPROVER, Role.RISK_OWNER})
"""Roles of whom one may answer for what automation does."""
CORRECTIONS = Rule(
    id="correct-alone",
    action=Deed.CORRECT,
    request=frozenset({Role.ENGINEER, Role.RISK_OWNER}),
    keys=1,
    why="one person may correct what the cockpit took from reports; the ledger says who",
)
"""What holds where a roles file says nothing of corrections, as those did that are older."""

ENFORCED = Rule(
    id="rollback-enforced",
    action=Deed.ROLLBACK,
    request=frozenset({Role.AUTOMATION}),
    keys=1,
    why="rolled back without asking: two persons signed for this model in policy/automation.yaml",
)
"""What holds for automation where the signed rules of automation enforce; no roles file can."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    principals: dict[str, frozenset[Role]]
    rules: tuple[Rule, ...]
    persons: dict[str, frozenset[str]] = {}
    """A person → all their principals."""
    delegations: tuple[Delegation, ...] = ()
    production: bool = False
    """All that is decided on this ledger is production, whatever settings say."""
    waivers: WaiverLimits = SHIPPED
    """How long waivers may last; no settings loosen it."""


@dataclass(frozen=True, slots=True)
class Signature:
    """Somebody who signed a decision."""

    principal: str
    key_fp: str
    roles: frozenset[Role]
    """By the policy in force when they signed, those of delegations among them."""
    persons: frozenset[str] = frozenset()
    """All names of the person, and of those they act for; empty: the principal's own."""

    @property
    def names(self) -> frozenset[str]:
        """Whom this signature stands for, in lower case."""
        return self.persons or names_of(self.principal)

    def and_also(self, later: Signature) -> Signature:
        """Return what holds at both of two moments: the roles of both, the persons of either."""
        return replace(self, roles=self.roles & later.roles, persons=self.names | later.names)

    def is_by_another_than(self, other: Signature) -> bool:
        """Whether another person signed, with another key."""
        return not self.names & other.names and self.key_fp != other.key_fp


@dataclass(frozen=True, slots=True)
class Roles:
    """The policy in force."""

    principals: Mapping[str, frozenset[Role]]
    rules: tuple[Rule, ...]
    digest: str
    """SHA-256 of the file's bytes, hex: the version of the policy."""
    keys: Keys | None = None
    """(principal, fingerprint) of the keys that were put in force; None: all that verify."""
    until: datetime | None = None
    """When another version took its place, aware UTC; None while it is in force."""
    ended_by: str = ""
    """Hash of the entry that put the other version in force."""
    persons: tuple[frozenset[str], ...] = ()
    """Principals that are one person each."""
    delegations: tuple[Delegation, ...] = ()
    automations: Automations = field(default_factory=dict)
    """The versions of the rules of automation that were ever in force."""
    is_production: bool = False
    """All that is decided by this version is production, whatever somebody's settings say."""
    waivers: WaiverLimits = SHIPPED
    """How long waivers that are asked for by this version may last."""

    def signature(self, principal: str, key_fp: str, at: datetime) -> Signature:
        """Return how somebody signs at `at`, with the roles and the persons that stands for."""
        roles = self.of_key(principal, key_fp, at)
        acting = [d.giver for d in self.delegations if d.to == principal and d.holds(at)]
        persons = [person_of(name, self.persons, self.keys) for name in (principal, *acting)]
        return Signature(principal, key_fp, roles, frozenset().union(*persons))

    def are_one(self, one: str, other: str) -> bool:
        """Whether two principals are one person."""
        persons = (person_of(name, self.persons, self.keys) for name in (one, other))
        return bool(frozenset.intersection(*persons))

    def enforced(self, model: str, version: str, at: datetime) -> Rule | None:
        """Return the rule by which automation may roll `model` back at `at`; None: it may not.

        `version` is the digest of the rules of automation it rests on.
        """
        found = in_force_at(self.automations, version, at, CLOCKS_DIFFER)
        who = found.enforcement(model, at) if found else None
        answers = who is not None and self.of(who.approver) & _ANSWERS
        return ENFORCED if answers else None

    def rule_for(self, deed: Deed, severity: Severity, *, is_production: bool) -> Rule | None:
        """Return the rule that applies; None: nobody may."""
        is_production = is_production or self.is_production
        if deed is Deed.DEPLOY and all(rule.action is not Deed.DEPLOY for rule in self.rules):
            deed = Deed.ROLLBACK
        fitting = (
            rule for rule in self.rules if rule.fits(deed, severity, is_production=is_production)
        )
        is_silent = all(rule.action is not Deed.CORRECT for rule in self.rules)
        return next(fitting, CORRECTIONS if deed is Deed.CORRECT and is_silent else None)

    def rule(self, rule_id: str) -> Rule | None:
        """Return the rule called `rule_id`."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    def of(self, principal: str, at: datetime | None = None) -> frozenset[Role]:
        """Return the roles of a person, at `at` with those others lend them."""
        own = self.principals.get(principal, frozenset())
        if at is None:
            return own
        lent = (d.roles for d in self.delegations if d.to == principal and d.holds(at))
        return own.union(*(map(Role, roles) for roles in lent))

    def of_key(self, principal: str, key_fp: str, at: datetime | None = None) -> frozenset[Role]:
        """Return the roles of a person who signs with this key: none with one not in force."""
        is_known = self.keys is None or (principal, key_fp) in self.keys
        return self.of(principal, at) if is_known else frozenset()

    def has_key(self, principal: str) -> bool:
        """Whether a key of this person is in force."""
        return self.keys is None or any(name == principal for name, _ in self.keys)

    def is_over(self, at: datetime) -> bool:
        """Whether another version had taken its place at `at`, by more than clocks may differ."""
        return self.until is not None and at > self.until + CLOCKS_DIFFER

    def permit(
        self,
        principal: str,
        deed: Deed,
        severity: Severity,
        *,
        is_production: bool,
        at: datetime | None = None,
    ) -> Rule:
        """Return the rule by which `principal` may ask for this, at `at` with what others lend.

        Raises:
            RefusedError: no rule fits, or the one that does wants another role.
        """
        rule = self.rule_for(deed, severity, is_production=is_production)
        if rule is None:
            raise RefusedError(
                f"no rule allows anybody to {deed.value} here",
                rule="default-deny",
                hint="add a rule to policy/roles.yaml of the ledger",
            )
        roles = self.of(principal, at)
        if not roles & rule.request:
            raise RefusedError(
                f"{principal} may not {deed.value}: {lacking(roles, rule.request)}",
                rule=rule.id,
                hint=rule.why or None,
            )
        return rule


def counted(
    rule: Rule, signed: Iterable[Signature], authors: Collection[str] = ()
) -> tuple[Signature, ...]:
    """Return the signatures that count; the first of `signed` is the requester's.

    A key counts once and so does a person. Without a requester who may ask nothing counts. Who
    made what is decided may ask, and does not approve.
    """
    counting: list[Signature] = []
    made_by = names_of_all(authors)
    for one in signed:
        if counting and one.names & made_by:
            continue
        if not one.roles & (rule.approve if counting else rule.request):
            if not counting:
                return ()
            continue
        if all(one.is_by_another_than(other) for other in counting):
            counting.append(one)
    return tuple(counting)


def needs(rule: Rule, signed: Iterable[Signature]) -> tuple[str, ...]:
    """Return what is still missing, one sentence for each key."""
    return (missing_key(rule),) * max(0, rule.keys - len(counted(rule, signed)))


def missing_key(rule: Rule) -> str:
    """Say whose key a rule still wants."""
    return f"another person with the role {role_words(rule.approve)} and a key of their own"


def load_roles(raw: Any, digest: str, where: str) -> Roles:
    """Read the mapping of a roles file; `where` names it in messages.

    Raises:
        ConfigError: it has an unknown key, role or severity, or a rule nobody can meet.
    """
    try:
        file = msgspec.convert(raw, _File)
    except msgspec.ValidationError as error:
        raise ConfigError(f"cannot read roles from {where}: {error}") from error
    ids: set[str] = set()
    for rule in file.rules:
        if fault := _fault(rule, ids):
            raise ConfigError(f'cannot read roles from {where}: rule "{rule.id}": {fault}')
        ids.add(rule.id)
    if fault := file.waivers.fault:
        raise ConfigError(f"cannot read roles from {where}: waivers: {fault}")
    for each in file.delegations:
        if fault := fault_of(each, file.principals):
            between = f"from {each.giver} to {each.to}"
            raise ConfigError(f"cannot read roles from {where}: the delegation {between} {fault}")
    return Roles(
        file.principals,
        file.rules,
        digest,
        persons=tuple(file.persons[name] | {name} for name in sorted(file.persons)),
        delegations=file.delegations,
        is_production=file.production,
        waivers=file.waivers,
    )


def _fault(rule: Rule, ids: set[str]) -> str:
    if not rule.id or rule.id in ids:
        return "needs an id of its own"
    if Severity.from_word(rule.severity) is None:
        return f'unknown severity "{rule.severity}"'
    if not 1 <= rule.keys <= MOST_KEYS:
        return f"keys must be 1 to {MOST_KEYS}, not {rule.keys}"
    if rule.action is Deed.POLICY:
        return "the rule for changes of the policy is built in"
    if rule.action is Deed.CORRECT and rule.keys > 1:
        return "a correction takes one key: it is undone as easily"
    return _review_fault(rule) or _signers_fault(rule)


def _signers_fault(rule: Rule) -> str:
    if not rule.request or (rule.keys > 1 and not rule.approve):
        return "names nobody who could sign"
    if Role.AUDITOR in rule.request | rule.approve:
        return "an auditor decides nothing"
    return ""


def _review_fault(rule: Rule) -> str:
    if (rule.action is Deed.BREAK_GLASS) != bool(rule.review):
        return "a rule for breaking the glass, and no other, says when it is reviewed"
    if not rule.review:
        return ""
    if rule.keys != 1 or not rule.approve:
        return "one key breaks the glass, and others review it (`approve`)"
    try:
        return "" if rule.review_within <= LONGEST_REVIEW else "is reviewed within seven days"
    except ValueError as error:
        return str(error)


def lacking(roles: frozenset[Role], wanted: frozenset[Role]) -> str:
    """Say that none of these roles is one of those that are wanted."""
    if not roles:
        return f"it takes the role {role_words(wanted)}, and they have none"
    return f"{role_words(roles)} is none of {role_words(wanted)}"


def role_words(roles: frozenset[Role]) -> str:
    """Name roles in words."""
    return " or ".join(sorted(role.value for role in roles)) or "no role"
