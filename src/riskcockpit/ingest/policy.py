"""What ingest is told and what it answers: the scope, the rules of the house, the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from riskcockpit.config.settings import ClosureSettings, SlaSettings
from riskcockpit.domain.asset import Asset
from riskcockpit.domain.finding import Scan
from riskcockpit.domain.ids import digest
from riskcockpit.ingest.scans import one_of
from riskcockpit.views.reports import ImportCounts


@dataclass(slots=True)
class Parts:
    """Documents that are given together and cover one scope: parts of one scan.

    What one of them does not show, another may. Absence is judged when the last has arrived.
    """

    contents: frozenset[str]
    """The content hashes of all of them."""
    arrived: dict[str, Scan] = field(default_factory=dict)
    """Content hash → scan, of those that were ingested."""

    def whole(self, content_hash: str, scan: Scan) -> Scan | None:
        """Note the arrival of a part; return all parts as one scan when it was the last."""
        self.arrived[content_hash] = scan
        return (
            one_of(tuple(self.arrived.values())) if self.arrived.keys() == self.contents else None
        )


@dataclass(frozen=True, slots=True)
class ScopeSpec:
    """What one scan covers, and where it came from."""

    asset: str
    """The asset of every observation that names none itself."""
    tool: str
    source_id: str
    """The configured source, or `import` for a file given by hand."""
    document: str
    """Path or URL, for people."""
    format: str
    content_hash: str
    """Digest of the bytes of the document."""
    category: str = ""
    branch: str = ""
    modified_at: datetime | None = None
    """Stands in for the scan time when the report has none; aware UTC."""
    is_complete: bool | None = None
    """What the person or the source says; None when nobody said anything."""
    accepts_held: bool = False
    """Somebody confirms closures beyond the limit."""
    may_close: bool = True
    """False when other documents of the scope exist that are not here now: absence says nothing."""
    is_asset_guessed: bool = False
    """Nobody said what was scanned: the asset is what is around the document."""
    is_page: bool = False
    """The document was a page of a listing, not a report that stands alone."""
    parts: Parts | None = None
    """All documents of one import that cover this scope; None when this is the only one."""

    @property
    def id(self) -> str:
        """The scope's digest; equal scopes replace each other's findings."""
        return digest((self.asset, self.tool, self.category, self.branch))


@dataclass(frozen=True, slots=True)
class IngestPolicy:
    """The rules of the house, from the settings."""

    sla: SlaSettings = field(default_factory=SlaSettings)
    closure: ClosureSettings = field(default_factory=ClosureSettings)
    assets: Mapping[str, Asset] = field(default_factory=dict)
    """Assets the settings describe, by name."""
    rule_aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """tool (lower case) → new rule → the rule's former name."""


class ScanOutcome(StrEnum):
    """What became of a scan."""

    APPLIED = "applied"
    HELD = "held"
    """Applied but for its closures: they wait for a confirmation."""
    OLDER = "older"
    """Older than the last scan of its scope: no state was changed."""
    REPEATED = "repeated"
    """The same content again: nothing was written."""


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What came of one scan."""

    scan_id: str
    """Empty when nothing was written."""
    scope: str
    outcome: ScanOutcome
    is_complete: bool
    """Whether absence in this scan was allowed to close findings."""
    counts: ImportCounts
    notes: tuple[str, ...] = ()
    """What a person should know, one sentence each."""
