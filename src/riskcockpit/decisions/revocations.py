"""Keys that were revoked: from when on, and which entries are void since. Pure.

A signed `key.revoked` is a fact of the ledger, whatever a file says. It acts from its signing: of
what its key signed, that counts which was there, for certain, before it. An earlier end is a claim
of one person; another has to approve it, and nothing that the policy came from falls by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.decisions.people import are_namesakes
from riskcockpit.domain.clock import parse_utc, rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.order import CLOCKS_DIFFER, Order

_OF_POLICY = frozenset({EntryType.POLICY_CHANGED, EntryType.KEY_ADDED, EntryType.KEY_REVOKED})
_ANSWERS = frozenset(
    {EntryType.APPROVAL_GRANTED, EntryType.WAIVER_REJECTED, EntryType.APPROVAL_REJECTED}
)
_APPROVALS = frozenset({EntryType.APPROVAL_GRANTED, EntryType.ROLLBACK_APPROVED})


@dataclass(frozen=True, slots=True)
class Revocation:
    """The end of a key."""

    entry: Entry
    principal: str
    """Whose key it is, as it says."""
    key_fp: str
    claimed: datetime
    """The end that it names, aware UTC in whole seconds; never after the revocation itself."""
    changes: frozenset[str]
    """Hashes of the `policy.changed` that ask for it: who rejects one lifts the revocation."""
    acts: Entry
    """From which entry on it acts: itself, or the approval without which it was only asked for."""
    is_dated_back: bool = False
    """Whether another person approved the end that it names."""

    @property
    def end(self) -> datetime:
        """When the key ended, aware UTC in whole seconds."""
        return self.claimed if self.is_dated_back else self.acts.ts.replace(microsecond=0)

    @property
    def lifted_by(self) -> frozenset[str]:
        """Hashes of what somebody rejects who gives the key back."""
        return self.changes | {self.entry.hash}

    @property
    def is_claim(self) -> bool:
        """Whether it names an end before its signing, by more than clocks may differ."""
        return self.claimed < self.entry.ts - CLOCKS_DIFFER

    @property
    def why(self) -> str:
        """Why an entry is void, for a reader."""
        return (
            f"void, it counts for nothing: {self.entry.actor} revoked its key as of "
            f"{rfc3339(self.end)} ({short(self.entry.hash)})"
        )

    @property
    def why_kept(self) -> str:
        """Why an entry counts that only takes away, for a reader."""
        return (
            f"signed with a key that {self.entry.actor} revoked as of {rfc3339(self.end)} "
            f"({short(self.entry.hash)}); it only takes away, so it counts"
        )

    @property
    def own(self) -> frozenset[str]:
        """Hashes of the last entries that a key may sign: those by which it ends itself."""
        is_own = self.entry.key_fp == self.key_fp
        return (self.changes if is_own else frozenset()) | {self.entry.hash, self.acts.hash}


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
        entry,
    )


def voided(
    entries: Sequence[Entry],
    revocations: Sequence[Revocation],
    order: Order,
    founding: Container[str] = (),
) -> dict[str, Revocation]:
    """Return the hash of each entry that a revocation makes void; those of `founding` never are.

    What of them only takes away does so all the same (`takings`).
    """
    weighing = _Weighing(entries, revocations, order)
    found: dict[str, Revocation] = {}
    for entry in entries:
        if entry.key_fp not in weighing.ended or entry.hash in founding:
            continue
        for each in revocations:
            if each.key_fp == entry.key_fp and not weighing.outlasts(entry, each):
                found.setdefault(entry.hash, each)
    return found


class _Weighing:
    def __init__(
        self, entries: Iterable[Entry], revocations: Sequence[Revocation], order: Order
    ) -> None:
        self.ended = {each.key_fp for each in revocations}
        self._order = order
        self._changes = set()
        self._approvals: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.type is EntryType.POLICY_CHANGED:
                self._changes.add(entry.hash)
            elif entry.type in _APPROVALS:
                self._approvals[str(entry.data.get("request"))].append(entry)

    def outlasts(self, entry: Entry, end: Revocation) -> bool:
        """Whether an entry of the key counts all the same."""
        if entry.hash in end.own:
            return True
        if entry.type is EntryType.KEY_REVOKED:
            # Of two that end each other's keys both count, unless one knew of the other: an end
            # only takes away, and no order of theirs can be proven.
            return not self._order.knows(entry.hash, end.acts.hash)
        if not self._was_there(entry, end):
            return False
        if not end.is_dated_back or self._order.at(entry).replace(microsecond=0) <= end.claimed:
            return True
        return self._is_of_policy(entry) or self._is_countersigned(entry, end)

    def _was_there(self, entry: Entry, end: Revocation) -> bool:
        if self._order.knows(end.acts.hash, entry.hash):
            return entry.ts <= end.acts.ts + CLOCKS_DIFFER
        return any(
            self._order.at(one) <= end.acts.ts or self._is_apart(one, end)
            for one in self._order.witnesses(entry)
            if one.key_fp not in self.ended
        )

    def _is_apart(self, witness: Entry, end: Revocation) -> bool:
        """Whether one knew nothing of an end that says a time before what was signed without it.

        Who revokes says any time, and what they had seen themselves stays; so does what others had
        who went on without the end for longer than clocks may differ.
        """
        if self._order.knows(witness.hash, end.acts.hash):
            return False
        if are_namesakes(witness.actor, end.acts.actor):
            return True
        last = self._order.last_without(witness.chain, end.acts)
        return last is not None and self._order.at(last) > end.acts.ts + CLOCKS_DIFFER

    def _is_of_policy(self, entry: Entry) -> bool:
        """Whether the policy came from it: what two made is changed by two, and not in the past."""
        is_answer = entry.type in _ANSWERS and str(entry.data.get("request", "")) in self._changes
        return is_answer or entry.type in _OF_POLICY

    def _is_countersigned(self, entry: Entry, end: Revocation) -> bool:
        return any(
            one.key_fp not in self.ended
            and not are_namesakes(one.actor, entry.actor)
            and self._order.knows(end.acts.hash, one.hash)
            for one in self._approvals[entry.hash]
        )
