"""What is remembered between two syncs: of each job the newest build, and those that went on."""

from __future__ import annotations

import msgspec

from riskcockpit.connectors.cursors import Cursor


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


class JenkinsCursor(Cursor, frozen=True):
    """The whole cursor of a source."""

    jobs: dict[str, JobPlace] = msgspec.field(default_factory=dict)
