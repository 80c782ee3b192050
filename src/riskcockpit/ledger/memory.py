"""What one process knows of chains that it verified: the same bytes are not read twice.

Only what follows from the bytes alone is kept: what the lines say, how they are linked, that the
signatures fit and whose keys made them. Whether these keys may sign, and whether an entry lies in
the future, is judged anew every time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # every command has a memory, and few read the ledger
    from riskcockpit.ledger.armor import Signature
    from riskcockpit.ledger.chain import Checked
    from riskcockpit.ledger.examination import Proven


@dataclass(frozen=True, slots=True)
class Known:
    """A chain in which nothing was wrong."""

    content: bytes
    checked: Checked
    signatures: tuple[Signature, ...]
    """Of each entry."""
    odd: Mapping[int, str]
    """Number of an entry → why its data is not what its type holds."""
    proven: Proven
    """Of all of `content`."""


@dataclass(slots=True)
class Memory:
    """The chains of one ledger as they were verified last; safe to share between threads."""

    _chains: dict[str, Known] = field(default_factory=dict)
    checkpoints: dict[tuple[str, str], Signature] = field(default_factory=dict)
    """What a checkpoint says, and its armoured signature → that signature, which fits."""

    def of(self, chain: str, content: bytes) -> Known | None:
        """Return what is known of a chain that begins with what was known of it, or None."""
        known = self._chains.get(chain)
        return known if known is not None and content.startswith(known.content) else None

    def keep(self, chain: str, known: Known) -> None:
        """Remember a chain in which nothing was wrong."""
        self._chains[chain] = known
