"""What came before what: by the links of chains and by what writers have seen. Pure.

Times are what writers say; that one entry knows another is proven by hashes. An entry is known by
those after it in its chain, by those that saw or name it, and by those that know one of these.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice

from riskcockpit.ledger.chain import Entry

CLOCKS_DIFFER = timedelta(minutes=5)
"""How much the clocks of two writers may differ."""
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""When an entry was signed that the others went on without, and that none of them has seen."""

NAMING = ("request", "waiver", "decision")
"""Where data names another entry by its hash."""
_NOTHING: Mapping[str, int] = {}


class Order:
    """The entries of a ledger by who knew what.

    `void` are hashes of entries that witness nothing. `are_one` says whether two principals may be
    one person; nobody witnesses for themselves.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        void: Container[str] = (),
        are_one: Callable[[str, str], bool] = str.__eq__,
    ) -> None:
        self._are_one = cache(are_one)
        chains: dict[str, list[Entry]] = {}
        for entry in entries:
            chains.setdefault(entry.chain, []).append(entry)
        for chain in chains.values():
            chain.sort(key=lambda entry: entry.seq)
        self._places = {entry.hash: entry for chain in chains.values() for entry in chain}
        self._void = void
        self._known: dict[str, Mapping[str, int]] = {}
        self._times: dict[str, datetime] = {}
        self._read(chains)
        self._chains = {
            name: [entry for entry in chain if entry.hash not in void]
            for name, chain in chains.items()
        }
        self._dated: dict[str, datetime] = {}
        self._late: dict[str, bool] = {}

    def knows(self, later: str, earlier: str) -> bool:
        """Whether the entry with the hash `later` proves that `earlier` was there before it."""
        one, other = self._places.get(later), self._places.get(earlier)
        if one is None or other is None:
            return False
        if one.chain == other.chain:
            return other.seq < one.seq
        return self._known[later].get(other.chain, -1) >= other.seq

    def at(self, entry: Entry) -> datetime:
        """Return when an entry was signed at the earliest: not before anything that it knows."""
        return self._times.get(entry.hash, entry.ts)

    def dated(self, entry: Entry) -> datetime:
        """Return when an entry was there for certain, as far as it matters.

        That is `at`, unless others went on without it for longer than clocks may differ: then it
        is when the first of them saw it whose own time is not in doubt, or `NEVER`.
        """
        found = self._dated.get(entry.hash)
        if found is None:
            found = self._dated[entry.hash] = self._date(entry)
        return found

    def seen_at(self, entry: Entry) -> datetime:
        """Return when another person knew of an entry first, by an entry that is not late; `NEVER`.

        Not before the entry was signed.
        """
        seen = (
            self.at(one)
            for chain, index in self._others(entry)
            if (
                one := next(
                    (one for one in islice(chain, index, None) if not self._is_late(one)), None
                )
            )
        )
        return max(self.at(entry), min(seen, default=NEVER))

    def ranked(self, entries: Iterable[Entry]) -> list[Entry]:
        """Sort entries by when they were there for certain, and none before what it knows was.

        Else a lone entry of today in a new chain would put in doubt the times of all, and some
        would be found proven before those that they rest on.
        """
        extents = {entry.hash: self._extent(entry) for entry in entries}
        ranks: dict[str, list[tuple[int, datetime]]] = {}
        keyed = []
        for hash_, extent in sorted(extents.items(), key=lambda each: sum(each[1].values())):
            entry = self._places[hash_]
            rank = self.dated(entry)
            for name, count in extent.items():
                known = ranks.get(name, [])
                index = bisect_left(known, count, key=lambda each: each[0])
                rank = max(rank, known[index - 1][1]) if index else rank
            ranks.setdefault(entry.chain, []).append((entry.seq, rank))
            keyed.append((rank, self.at(entry), entry.ts, entry.chain, entry.seq, entry))
        return [each[-1] for each in sorted(keyed, key=lambda each: each[:-1])]

    def _extent(self, entry: Entry) -> dict[str, int]:
        """Return by chain how many entries one knows, itself with them."""
        known = {**self._known[entry.hash], entry.chain: entry.seq}
        return {name: seq + 1 for name, seq in known.items()}

    def witnesses(self, entry: Entry) -> Iterator[Entry]:
        """Yield of each chain of another person the first entry that knows `entry`."""
        for chain, index in self._others(entry):
            if index < len(chain):
                yield chain[index]

    def last_without(self, chain: str, entry: Entry) -> Entry | None:
        """Return the last entry of a chain that does not know `entry`; None when all do."""
        known = self._chains.get(chain, [])
        index = bisect_left(known, True, key=lambda one: self.knows(one.hash, entry.hash))
        return known[index - 1] if index else None

    def _date(self, entry: Entry) -> datetime:
        return self.seen_at(entry) if self._is_late(entry) else self.at(entry)

    def _is_late(self, entry: Entry) -> bool:
        found = self._late.get(entry.hash)
        if found is None:
            limit = self.at(entry) + CLOCKS_DIFFER
            found = self._late[entry.hash] = any(
                index > 0 and self.at(chain[index - 1]) > limit
                for chain, index in self._others(entry)
            )
        return found

    def _others(self, entry: Entry) -> Iterator[tuple[list[Entry], int]]:
        """Yield chains of other persons, and how many of their entries do not know `entry`."""
        for chain in self._chains.values():
            if not chain or chain[0].chain == entry.chain:
                continue
            if self._are_one(chain[0].actor, entry.actor):
                continue
            yield (
                chain,
                bisect_left(
                    chain,
                    entry.seq,
                    key=lambda one: self._known[one.hash].get(entry.chain, -1),
                ),
            )

    def _read(self, chains: Mapping[str, list[Entry]]) -> None:
        """Find out what each entry knows; those that it saw are read before it."""
        done = dict.fromkeys(chains, 0)
        is_growing = True
        while is_growing:
            is_growing = False
            for name, chain in chains.items():
                while done[name] < len(chain) and self._is_ready(chain[done[name]]):
                    self._take(chain, done[name])
                    done[name] += 1
                    is_growing = True
        for name, chain in chains.items():  # what no good ledger holds: entries that saw each other
            for index in range(done[name], len(chain)):
                self._take(chain, index)

    def _is_ready(self, entry: Entry) -> bool:
        return all(head in self._known or head not in self._places for head in _named(entry))

    def _take(self, chain: list[Entry], index: int) -> None:
        entry = chain[index]
        before = chain[index - 1] if index else None
        known = self._known[before.hash] if before else _NOTHING
        at = max(entry.ts, self._times[before.hash]) if before else entry.ts
        named = _named(entry)
        if before is None or named != _named(before):
            merged = dict(known)
            for head in named:
                place = self._places.get(head)
                if place is None:
                    continue
                if head not in self._void:
                    at = max(at, self._times.get(head, place.ts))
                more = (*self._known.get(head, _NOTHING).items(), (place.chain, place.seq))
                for name, seq in more:
                    merged[name] = max(seq, merged.get(name, -1))
            known = merged
        self._known[entry.hash] = known
        self._times[entry.hash] = at


def _named(entry: Entry) -> list[str]:
    """Return the hashes of the entries that one saw or names."""
    return [*entry.seen.values(), *(str(entry.data[key]) for key in NAMING if key in entry.data)]
