"""What a verification found: the verdict, the entries, and what the next time may rest on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from riskcockpit.ledger.chain import Entry
from riskcockpit.views.governance import LedgerProblem, VerifyReport


@dataclass(frozen=True, slots=True)
class Proven:
    """A prefix of a chain whose signatures were all found good before.

    Only the arithmetic is skipped for it; whose keys they are is judged anew every time.
    """

    size: int
    digest: str
    """SHA-256 of the prefix, hex."""

    @classmethod
    def of(cls, content: bytes) -> Proven:
        """Return that all of `content` was found good."""
        return cls(len(content), hashlib.sha256(content).hexdigest())


@dataclass(frozen=True, slots=True)
class Doubt:
    """An entry that verifies but for its time: by the end of its key in a file, or our clock."""

    entry: Entry
    problem: LedgerProblem
    """As the report has it."""
    is_late: bool
    """It says itself that it was signed after the end; else nobody vouches that it was before."""
    is_future: bool = False
    """It says that it is signed later than now."""


@dataclass(frozen=True, slots=True)
class Examination:
    """A verified ledger: what was found wrong, and what it says."""

    report: VerifyReport
    entries: tuple[Entry, ...]
    """Every entry that parses, by time, chain and number. Trust them only if the report is ok."""
    proven: Mapping[str, Proven] = field(default_factory=dict)
    """For the next time: by chain, how far its signatures are good."""
    doubts: tuple[Doubt, ...] = ()
    """Problems of the report that a signed revocation may explain (`decisions.revocations`)."""
    kept: frozenset[str] = frozenset()
    """Chains that still begin with what was proven of them before."""
    void: frozenset[str] = frozenset()
    """Hashes of entries that verify and count for nothing, once somebody weighed them."""

    @property
    def counting(self) -> tuple[Entry, ...]:
        """The entries that are not void."""
        return tuple(entry for entry in self.entries if entry.hash not in self.void)
