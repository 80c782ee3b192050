"""Keys that were revoked: from when on, and which entries are void since. Pure.

A signed `key.revoked` is a fact of the ledger, whatever a file says. Of what its key signed, only
that counts which says a time before the end and was there, for certain, before the revocation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.clock import parse_utc, rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.order import Order


@dataclass(frozen=True, slots=True)
class Revocation:
    """The end of a key."""

    entry: Entry
    principal: str
    """Whose key it is."""
    key_fp: str
    end: datetime
    """What it says it signed later is void, aware UTC; never after the revocation itself."""
    changes: frozenset[str]
    """Hashes of the `policy.changed` that ask for it: who rejects one lifts the revocation."""

    @property
    def why(self) -> str:
        """Why an entry is void, for a reader."""
        return (
            f"void, it counts for nothing: {self.entry.actor} revoked its key as of "
            f"{rfc3339(self.end)} ({short(self.entry.hash)})"
        )

    @property
    def own(self) -> frozenset[str]:
        """Hashes of the last entries that a key may sign: those by which it ends itself."""
        is_own = self.entry.key_fp == self.key_fp
        return self.changes | {self.entry.hash} if is_own else frozenset()


def read_revocation(entry: Entry, changes: Mapping[tuple[str, str], Sequence[Entry]]) -> Revocation:
    """Read a `key.revoked`; an end that cannot be read is that of the entry.

    `changes` are the `policy.changed` of the signers, by chain and digest.
    """
    data, end = entry.data, entry.ts
    with suppress(KeyError, ValueError, OverflowError):
        end = min(end, parse_utc(str(data["valid_before"])))
    asked = changes.get((entry.chain, str(data.get("signers", ""))), ())
    return Revocation(
        entry,
        str(data.get("principal", "")),
        str(data.get("key_fp", "")),
        end.replace(microsecond=0),
        frozenset(change.hash for change in asked),
    )


def voided(
    entries: Iterable[Entry], revocations: Sequence[Revocation], order: Order
) -> dict[str, Revocation]:
    """Return the hash of each entry that a revocation makes void."""
    ended = {each.key_fp for each in revocations}
    found: dict[str, Revocation] = {}
    for entry in entries:
        if entry.key_fp not in ended:
            continue
        for each in revocations:
            if each.key_fp == entry.key_fp and not _outlasts(entry, each, order, ended):
                found.setdefault(entry.hash, each)
    return found


def _outlasts(entry: Entry, end: Revocation, order: Order, ended: set[str]) -> bool:
    if entry.hash in end.own:
        return True
    if entry.type is EntryType.KEY_REVOKED:
        # Of two that end each other's keys both count, unless one knew of the other: an end only
        # takes away, and no order of theirs can be proven.
        return not order.knows(entry.hash, end.entry.hash)
    if order.at(entry).replace(microsecond=0) > end.end:
        return False
    if order.knows(end.entry.hash, entry.hash):
        return True
    return any(
        order.at(one) <= end.entry.ts and one.key_fp not in ended for one in order.witnesses(entry)
    )
