"""One scan among those that are ingested together: what it is, and what is known before it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from riskcockpit.domain.finding import Scan
from riskcockpit.domain.sheet import Sheet
from riskcockpit.ingest.identity import Identities
from riskcockpit.ingest.policy import ScopeSpec


@dataclass(frozen=True, slots=True)
class Moment:
    """When and by which scan something is written."""

    scan_id: str
    moment: datetime
    """When the scan ran."""
    now: datetime
    """When it is imported."""


@dataclass(frozen=True, slots=True)
class Run:
    """The results of one scan and who they are."""

    number: int
    """Its place among the scans that are ingested together."""
    first: int
    """The number of its first result among the results of all of them."""
    scan: Scan
    sheet: Sheet
    """Its results."""
    spec: ScopeSpec
    at: Moment
    identities: Identities
    live: int
    """Live findings of its scope before it."""
    gone: frozenset[str] = frozenset()
    """Exact keys of what it says is gone."""
    whole: Scan | None = None
    """All parts of it as one scan; None while some are still to come."""
    reasons: tuple[str, ...] = ()
    """Why absence in it proves nothing; empty when it does."""
    before: str = ""
    """The document of the last scan of its scope; empty when there was none."""

    @property
    def is_judged(self) -> bool:
        """Whether it says anything about what it does not show."""
        return self.whole is not None and self.spec.may_close and self.live > 0

    @property
    def numbers(self) -> range:
        """The numbers of its results."""
        return range(self.first, self.first + len(self.sheet))

    def staged(self) -> Run:
        """Return it without what is staged: who asks for it afterwards asks the cache.

        In a long report the rows take more memory than what the cache does with them.
        """
        self.sheet.staged()
        return replace(self, identities=replace(self.identities, keys=(), fingerprints=()))
