"""Which entries of an expired key still count: those that something signed later covers.

A stolen key that has expired could sign entries with a date of the past. So the entry's own time
is believed only when a checkpoint, a later entry or another writer's witness (`seen`) covers it,
signed by a key that is valid now, or covered itself (docs/ledger-format.md, section 6).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from riskcockpit.ledger.chain import Entry


@dataclass(slots=True)
class Anchors:
    """What vouches for what, collected while verifying."""

    lengths: dict[str, int] = field(default_factory=dict)
    """Chain → how many of its first entries are covered by a key that is valid now."""
    witnesses: list[tuple[str, int, str, int]] = field(default_factory=list)
    """(chain, seq) of a witness, and (chain, entries) it vouches for."""

    def cover(self, chain: str, entries: int) -> None:
        """Note that the first `entries` of `chain` are vouched for."""
        self.lengths[chain] = max(entries, self.lengths.get(chain, 0))

    def witness(self, entry: Entry, chain: str, seq: int) -> None:
        """Note that `entry` saw `chain` with `seq` as its head."""
        self.witnesses.append((entry.chain, entry.seq, chain, seq + 1))


def covered_lengths(anchors: Anchors) -> dict[str, int]:
    """Return chain → how many of its first entries are covered, directly or through witnesses."""
    lengths = dict(anchors.lengths)
    is_growing = True
    while is_growing:
        is_growing = False
        for chain, seq, other, entries in anchors.witnesses:
            if seq < lengths.get(chain, 0) and lengths.get(other, 0) < entries:
                lengths[other] = entries
                is_growing = True
    return lengths
