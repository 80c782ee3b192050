"""What is remembered between two syncs: per project what was given, and how far it was read."""

from __future__ import annotations

from typing import Self

import msgspec


class DeliveryPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far pipelines and deployments of one project were read: cursors of windows."""

    pipelines: str = ""
    deployments: str = ""


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The whole cursor of a source."""

    asked: str
    """Digest of the options it belongs to; another one means from the start."""
    given: dict[str, dict[str, str]] = {}
    """List → project → digest of the vulnerabilities that were given."""
    deliveries: dict[str, DeliveryPlace] = {}

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
