"""Damage of one chain: where its good part ends, and what of the rest still counts. Pure.

What its writer signed before stays as it is. From the first line on that is no good entry nothing
that the chain says allows anything: one writer cannot stop the others by a line of their own. What
takes something away still counts there if its own signature is good, so nobody gains by damaging
what they said themselves. That good entries were cut or replaced is no damage in this sense: of
that the others know, by checkpoints, by what they have seen, by what their homes remember.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from riskcockpit.domain.decision import EntryType
from riskcockpit.ledger.chain import NO_ENTRY, Checked, Entry, actor_of
from riskcockpit.views.governance import LedgerProblem

TAKES_AWAY = frozenset(
    {
        EntryType.WAIVER_REJECTED, EntryType.WAIVER_REVOKED, EntryType.WAIVER_SUSPENDED,
        EntryType.APPROVAL_REJECTED, EntryType.UNDO, EntryType.KEY_REVOKED,
    }
)  # fmt: skip
"""What counts wherever it stands in a chain: it allows nothing."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A chain of which only a first part is good."""

    chain: str
    entries: int
    """Good ones before it."""
    last: str
    """Hash of the last of them; `NO_ENTRY` when there is none."""
    key_fp: str
    """The key of the last of them; empty when there is none."""
    size: int
    """Bytes before it."""
    rest: bytes = field(repr=False)
    """From there to the end of the file."""
    strange_keys: frozenset[str] = frozenset()
    """Fingerprints in the rest that `allowed_signers` does not have for the writer."""
    problems: tuple[LedgerProblem, ...] = ()
    """As the report has them."""
    seen_by: tuple[str, ...] = ()
    """Others who have seen an entry of the rest, as `CHAIN:SEQ`: good ones were replaced then."""

    @property
    def actor(self) -> str:
        """Whose chain it is."""
        return actor_of(self.chain) or ""

    @property
    def digest(self) -> str:
        """SHA-256 of the rest, hex."""
        return hashlib.sha256(self.rest).hexdigest()

    @property
    def is_torn(self) -> bool:
        """Whether it is the torn end of a write and nothing else: its writer repairs that."""
        return b"\n" not in self.rest


def damage_of(checked: Checked, content: bytes, bad: Iterable[Entry]) -> Damage | None:
    """Return where a chain stops being good; None when it never does.

    `bad` are entries of it that parse and are not signed by whom they say.
    """
    known = {id(entry) for entry in bad}
    broken = min((fault.seq for fault in checked.faults), default=len(checked.entries))
    good = next((n for n, e in enumerate(checked.entries[:broken]) if id(e) in known), broken)
    if good == len(checked.entries) and not checked.faults:
        return None
    size = 0
    for _ in range(good):
        size = content.index(b"\n", size) + 1
    last = checked.entries[good - 1] if good else None
    return Damage(
        checked.name,
        good,
        last.hash if last else NO_ENTRY,
        last.key_fp if last else "",
        size,
        content[size:],
    )


def taking_away(rest: Iterable[Entry], good: tuple[Entry, ...], now: datetime) -> Iterator[Entry]:
    """Yield what of `rest` still counts, as if it stood behind the last good entry.

    Where it stands, when it was signed and what it saw is not believed; `rest` are well-signed.
    """
    seen = {entry.hash for entry in good}
    number = len(good)
    for entry in rest:
        if entry.type not in TAKES_AWAY or entry.actor != actor_of(entry.chain):
            continue
        if entry.hash in seen:
            continue
        seen.add(entry.hash)
        at = min(entry.ts, now)
        yield replace(entry, seq=number, seen={}, ts=max(at, good[-1].ts) if good else at)
        number += 1
