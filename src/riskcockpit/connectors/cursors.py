"""Cursors that belong to the options of a source: other options mean from the start."""

from __future__ import annotations

from typing import Self

import msgspec


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What every such cursor has; fields of its own have defaults that mean "nothing yet"."""

    asked: str
    """Digest of the options it belongs to."""

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
