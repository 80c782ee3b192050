"""One pass over an upstream system: what it came to, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass, field

from riskcockpit.domain.batch import Batch, Coverage
from riskcockpit.errors import SourceError


@dataclass(slots=True)
class Pass:
    """What one pass came to."""

    pages: int = 0
    read: int = 0
    """Lists that could be read."""
    notes: list[str] = field(default_factory=list)
    refused: list[SourceError] = field(default_factory=list)
    """Why lists could not be read; the pass is incomplete then."""
    is_short: bool = False
    """Something was left out."""

    def refuse(self, note: str, error: SourceError) -> None:
        """Note that a list cannot be read, and what may help."""
        self.refused.append(error)
        self.notes.append(note)

    def leave_out(self, note: str) -> None:
        """Note something that was left out of what was read."""
        self.is_short = True
        self.notes.append(note)

    def add(self, other: Pass) -> None:
        """Add what another part of the same pass came to."""
        self.pages += other.pages
        self.read += other.read
        self.notes += other.notes
        self.refused += other.refused
        self.is_short = self.is_short or other.is_short

    def end(self, cursor: str) -> Batch:
        """Return the batch that ends the pass, with the cursor.

        Raises:
            SourceError: nothing at all could be read.
        """
        if self.refused and not self.read:
            raise self.refused[0]
        return Batch(
            (),
            cursor=cursor,
            is_complete=True,
            coverage=Coverage(
                pages=self.pages,
                is_truncated=bool(self.refused) or self.is_short,
                note="; ".join(self.notes),
            ),
        )
