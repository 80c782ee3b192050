"""Versions of the rules of automation, as far as the ledger vouches for them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from riskcockpit.config.automation import Automation, Enforcement
from riskcockpit.domain.clock import parse_utc

KEY = "automation"
"""Where the entry of a rollback without asking names the version it rests on."""


@dataclass(frozen=True, slots=True)
class InForce:
    """One span of time in which one version was in force."""

    automation: Automation
    digest: str
    """SHA-256 of the file, hex."""
    since: datetime
    signed: frozenset[str]
    """The persons who put it in force."""
    until: datetime | None = None
    """When another version took its place; None while it is in force."""

    def enforcement(self, model: str, at: datetime) -> Enforcement | None:
        """Return who answers for rolling `model` back without asking at `at`; None: nobody does.

        Whoever answers for it has signed it.
        """
        found = self.automation.enforce.get(model)
        if found is None or found.approver not in self.signed:
            return None
        return found if not found.until or at < parse_utc(found.until) else None


Automations = Mapping[str, Sequence[InForce]]
"""Digest of a version → when it was in force."""


def in_force_at(
    automations: Automations, digest: str, at: datetime, clocks_differ: timedelta
) -> InForce | None:
    """Return the version `digest` if it was in force at `at`, give or take what clocks differ."""
    for one in automations.get(digest, ()):
        is_over = one.until is not None and at > one.until + clocks_differ
        if one.since - clocks_differ <= at and not is_over:
            return one
    return None
