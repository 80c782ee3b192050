"""Entries that only take away: they end what they name, whatever became of their key. Pure.

The end of a key makes void what the key allowed. A waiver that somebody revoked must not count
again because the key of the revocation ended, whoever ended it and whoever had seen it by then. A
thief who has the key gains by that what any holder of a key has: to stop things, by name.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from riskcockpit.domain.action import ActionKind
from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.chain import Entry

_NAMED_BY = {
    EntryType.WAIVER_REJECTED: "request",
    EntryType.APPROVAL_REJECTED: "request",
    EntryType.WAIVER_REVOKED: "waiver",
    EntryType.WAIVER_SUSPENDED: "waiver",
    EntryType.UNDO: "decision",
}
_KEYS = frozenset({EntryType.APPROVAL_GRANTED, EntryType.ROLLBACK_APPROVED})
_PERMITS = frozenset(
    {
        EntryType.WAIVER_REQUESTED, EntryType.WAIVER_GRANTED, EntryType.ROLLBACK_REQUESTED,
        EntryType.DEPLOYMENT_REQUESTED,
    }
)  # fmt: skip
"""What allows something while it stands. Of other asks, as of a change of the policy, of a merge or
of the end of a key, nobody can say that it is the stricter without them."""


def takings(entries: Iterable[Entry], among: Container[str]) -> frozenset[str]:
    """Return which of the hashes `among` are of entries that only take away.

    These reject, revoke, suspend or undo what allows something, or undo a key that was added to it.
    """
    known = tuple(entries)
    ends = [entry for entry in known if entry.type in _NAMED_BY and entry.hash in among]
    by_hash = {entry.hash: entry for entry in known} if ends else {}
    return frozenset(entry.hash for entry in ends if _takes(entry, by_hash))


def _takes(entry: Entry, by_hash: Mapping[str, Entry]) -> bool:
    named = by_hash.get(str(entry.data.get(_NAMED_BY[entry.type])))
    if named is not None and named.type in _KEYS:
        named = by_hash.get(str(named.data.get("request")))
        if named is not None and _renews(named):
            return False  # without that key the waiver counts again that it had renewed
    if named is None or named.type not in _PERMITS:
        return False
    return named.data.get("kind") != ActionKind.DEPLOYMENT_REJECT.value


def _renews(ask: Entry) -> bool:
    record = ask.data.get("record")
    return isinstance(record, Mapping) and bool(record.get("renews"))
