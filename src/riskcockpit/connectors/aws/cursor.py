"""What is remembered between two syncs: when everything was read, and how far each stream was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

import msgspec

from riskcockpit.domain.clock import parse_utc, rfc3339

FEW_PAGES = 50
"""As long as everything is no more than this, it is read with each sync."""


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The whole cursor of a source."""

    asked: str
    """Digest of the options it belongs to; another one means from the start."""
    whole_at: str
    """When everything was read last."""
    pages: int = 0
    """Of findings, when everything was read last."""
    marks: dict[str, str] = {}
    """Stream → where its window ended (`connectors.windows`)."""

    @classmethod
    def read(cls, text: str, asked: str) -> Self | None:
        """Return the cursor in `text`, or None when it is none, or belongs to other options."""
        try:
            found = msgspec.json.decode(text, type=cls) if text else None
            if found is None or found.asked != asked:
                return None
            parse_utc(found.whole_at)
        except (msgspec.DecodeError, UnicodeError, ValueError):
            return None
        return found

    def is_enough(self, now: datetime, after: timedelta) -> bool:
        """Whether reading what changed will do now."""
        at = parse_utc(self.whole_at)
        return self.pages > FEW_PAGES and timedelta(0) <= now - at < after

    def written(self) -> str:
        """Return the cursor as text."""
        return msgspec.json.encode(self, order="deterministic").decode()


def moment_text(moment: datetime) -> str:
    """Write a moment as AWS takes it: to the millisecond."""
    whole = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return rfc3339(whole)
