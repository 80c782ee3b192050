"""Who is one person, and who acts for whom: what four eyes rest on. Pure.

Names are not persons: one person may have several principals and several keys. They count as
one when the roles file says so, when they share a key, or when their names are equal but for letter
case and what follows an `@`. Whoever acts for a colleague counts as both: a delegate adds no second
pair of eyes. Refusing one namesake too many is the safe side.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Annotated

import msgspec

from riskcockpit.decisions.authors import names_of
from riskcockpit.domain.clock import parse_utc

Keys = frozenset[tuple[str, str]]
"""(principal, fingerprint of a key)."""


class Delegation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody acts for somebody else until a moment."""

    giver: str = msgspec.field(name="from")
    to: str
    roles: Annotated[frozenset[str], msgspec.Meta(min_length=1)]
    until: str
    """RFC 3339; a date means its first second in UTC."""
    since: str = ""
    why: Annotated[str, msgspec.Meta(min_length=1)]

    @property
    def ends(self) -> datetime:
        """When it is over, aware UTC."""
        return parse_utc(self.until)

    def holds(self, at: datetime) -> bool:
        """Whether it is in force at `at`."""
        return at < self.ends and (not self.since or at >= parse_utc(self.since))


def fault_of(each: Delegation, principals: Mapping[str, Collection[str]]) -> str:
    """Say why a delegation cannot be; empty when it can."""
    try:
        if each.since and parse_utc(each.since) >= each.ends:
            return "ends before it begins"
    except (ValueError, OverflowError):
        return "needs an end as 2027-01-31T18:00Z"
    if names_of(each.giver) & names_of(each.to):
        return "is to the same person"
    lacking = each.roles - frozenset(principals.get(each.giver, ()))
    if lacking:
        return f"gives what {each.giver} has not: {', '.join(sorted(lacking))}"
    return ""


@lru_cache(maxsize=512)
def person_of(
    principal: str, persons: tuple[frozenset[str], ...], keys: Keys | None
) -> frozenset[str]:
    """Return every name of the person behind `principal`, in lower case.

    `persons` are principals that are one person each; `keys` whose keys are whose.
    """
    groups = [*persons, *_sharing(keys or frozenset())]
    known = {principal}
    is_growing = True
    while is_growing:
        names = names_of_all(known)
        more = {
            name
            for group in groups
            if group & known or names_of_all(group) & names
            for name in group
        }
        is_growing = bool(more - known)
        known |= more
    return names_of_all(known)


@lru_cache(maxsize=512)
def are_namesakes(one: str, other: str) -> bool:
    """Whether two principals are one person by their names alone."""
    return bool(names_of(one) & names_of(other))


def names_of_all(principals: Iterable[str]) -> frozenset[str]:
    """Return the names of several principals, in lower case."""
    return frozenset(name for principal in principals for name in names_of(principal))


def _sharing(keys: Keys) -> list[frozenset[str]]:
    owners: dict[str, set[str]] = {}
    for principal, key_fp in keys:
        owners.setdefault(key_fp, set()).add(principal)
    return [frozenset(group) for group in owners.values() if len(group) > 1]
