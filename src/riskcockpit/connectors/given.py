"""A cursor of what was given: of each thing a digest, so that only changed ones are given again."""

from __future__ import annotations

from typing import Self

import msgspec


class Given(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a source gave, by name."""

    asked: str
    """Digest of the options it belongs to; another one means from the start."""
    given: dict[str, str] = {}

    @classmethod
    def read(cls, text: str, asked: str) -> Self:
        """Return what `text` says; an empty one when it says nothing, or is of other options."""
        try:
            found = msgspec.json.decode(text, type=cls) if text else None
        except (msgspec.DecodeError, UnicodeError):
            found = None
        return found if found is not None and found.asked == asked else cls(asked)

    def written(self) -> str:
        """Return it as a cursor."""
        return msgspec.json.encode(self, order="deterministic").decode()
