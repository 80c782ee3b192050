"""Read models of people, roles, keys and the policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class DelegationRow:
    """Somebody acts for somebody else."""

    giver: str
    to: str
    roles: tuple[str, ...]
    until: datetime
    why: str
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class Me:
    """Who signs here."""

    principal: str
    names: tuple[str, ...]
    """All names that count as this person, those they act for among them."""
    key: str
    fingerprint: str
    holder: str
    """`file` or `agent`."""
    is_key_in_force: bool
    roles: tuple[str, ...]
    delegations: tuple[DelegationRow, ...]
    """To and from this person."""
    chain: str
    head: str
    """Hash of their last entry; empty when there is none."""
    context: str
    is_production: bool
    unlocked_until: datetime | None
    """None: decisions are locked, or nothing is ever locked here."""
    policy: str
    """SHA-256 of the roles in force."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one action would take of one person."""

    action: str
    severity: str
    is_production: bool
    rule: str
    """Empty: no rule allows it to anybody."""
    why: str
    keys: int
    refusal: str
    """Why this person may not ask; empty when they may."""
    approvers: tuple[str, ...]
    """Who could add a key: other persons with a role and a key in force."""
    needs: tuple[str, ...]
    review: str
    """Of breaking the glass: how long until it must be reviewed."""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule of the roles in force."""

    id: str
    action: str
    severity: str
    production: str
    request: tuple[str, ...]
    keys: int
    approve: tuple[str, ...]
    review: str
    why: str


@dataclass(frozen=True, slots=True)
class RolesView:
    """The roles in force."""

    digest: str
    principals: tuple[tuple[str, tuple[str, ...]], ...]
    persons: tuple[tuple[str, ...], ...]
    delegations: tuple[DelegationRow, ...]
    rules: tuple[RuleRow, ...]
    waivers: Mapping[str, int]
    """Limits of waivers: days by severity, characters of the justification."""


@dataclass(frozen=True, slots=True)
class PolicyFileRow:
    """One file of the policy."""

    file: str
    state: str
    """`in_force`, `waits`, `edited`, `unsigned`, `missing`, `set_aside` (rejected or
    overtaken), or `unknown`: entries may be gone."""
    digest: str
    """Of the file as it is; empty when it cannot be read."""
    in_force: str
    """Of the version in force; empty when none was ever signed."""
    request: str
    """Hash of the change that waits; empty when none does."""
    lines: tuple[str, ...]
    """What the file changes, against the version in force."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One line of `allowed_signers`."""

    principal: str
    fingerprint: str
    type: str
    valid_after: datetime | None
    valid_before: datetime | None
    state: str
    """`valid`, `not_yet`, `ended` or `not_in_force`."""
