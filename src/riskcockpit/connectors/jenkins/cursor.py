"""What is remembered between two syncs: of each job the newest build, and those that went on."""

from __future__ import annotations

from typing import Self

import msgspec


class JobPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far the builds of a job were read."""

    newest: int
    """The highest number seen."""
    open: tuple[int, ...] = ()
    """Builds that had not ended."""

    @property
    def floor(self) -> int:
        """Builds below this number have ended and were told."""
        return min((self.newest + 1, *self.open))


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole cursor of a source."""

    asked: str
    """Digest of the options it belongs to; another one means from the start."""
    jobs: dict[str, JobPlace] = {}

    @classmethod
    def read(cls, text: str, asked: str) -> Self:
        """Return the cursor in `text`; an empty one when it is none, or of other options."""
        try:
            found = msgspec.json.decode(text, type=cls) if text else None
        except (msgspec.DecodeError, UnicodeError):
            found = None
        return found if found is not None and found.asked == asked else cls(asked)

    def written(self) -> str:
        """Return the cursor as text."""
        return msgspec.json.encode(self, order="deterministic").decode()
