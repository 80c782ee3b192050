"""Reading only what changed: from a watermark with lookback, up to the frozen bound of the run.

    window = Window.resume(cursor, until)
    params = {"since": window.since} if window.since else {}
    …
        if window.takes(alert.url, alert.updated_at): …
    yield Batch(documents, window.cursor(), is_complete=True, is_whole=window.is_whole)

The lower bound is inclusive and lies before the watermark, for what came late or with an equal
time; what was taken before is not taken again. Upstream clocks are trusted up to `until` only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self

import msgspec

from riskcockpit.domain.ids import digest

LOOKBACK = timedelta(minutes=10)


class _Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the cursor says."""

    at: datetime
    """The newest change that was taken; aware UTC."""
    taken: tuple[str, ...] = ()
    """Of what was taken in the lookback before it: a digest of key and time each."""


@dataclass(slots=True)
class Window:
    """The span of one incremental pass over records with a key and a time of change."""

    until: datetime
    """Nothing that changed later is taken; it comes with the next run. Aware UTC."""
    lookback: timedelta = LOOKBACK
    _mark: _Mark | None = None
    _taken: dict[str, datetime] = field(default_factory=dict)

    @classmethod
    def resume(cls, cursor: str, until: datetime, lookback: timedelta = LOOKBACK) -> Self:
        """Return the window that goes on from `cursor`; one that cannot be read is as none."""
        try:
            mark = msgspec.json.decode(cursor, type=_Mark) if cursor else None
        except msgspec.DecodeError:
            mark = None
        if mark is not None and (mark.at.tzinfo is None or mark.at > until):
            mark = None  # written under another clock: it would hide what changes until then
        return cls(until, lookback, mark)

    @property
    def since(self) -> datetime | None:
        """The lower bound, inclusive; None: from the start."""
        return None if self._mark is None else self._mark.at - self.lookback

    @property
    def is_whole(self) -> bool:
        """Whether everything is read, so that what is missing from it is gone."""
        return self._mark is None

    def takes(self, key: str, changed_at: datetime) -> bool:
        """Whether the record `key` as it was at `changed_at` (aware) is new here.

        Not when it lies outside of the window, and not when this very state was taken before: by
        the last run, in the lookback, or by an earlier page of this one.
        """
        if changed_at > self.until or (self.since is not None and changed_at < self.since):
            return False
        state = digest([key, changed_at.isoformat()])
        if state in self._taken:
            return False
        self._taken[state] = changed_at
        return self._mark is None or state not in self._mark.taken

    def is_before(self, changed_at: datetime) -> bool:
        """Whether a listing sorted newest first need not be read beyond `changed_at`."""
        return self.since is not None and changed_at < self.since

    def cursor(self) -> str:
        """Return where the next run goes on: the same text when nothing was new."""
        times = [*self._taken.values(), *([self._mark.at] if self._mark else [])]
        if not times:
            return ""
        at = max(times)
        edge = at - self.lookback
        taken = {state for state, changed_at in self._taken.items() if changed_at >= edge}
        if self._mark is not None and at == self._mark.at:
            taken.update(self._mark.taken)  # the listing may have said no more than "unchanged"
        mark = _Mark(at, tuple(sorted(taken)))
        return msgspec.json.encode(mark).decode()
