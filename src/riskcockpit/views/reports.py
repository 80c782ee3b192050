"""Read models of imports and syncs: what was read, what changed, what went wrong."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime

from riskcockpit.domain.finding import Problem


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """The counts of one file or of all (docs: `import --json`)."""

    read: int = 0
    quarantined: int = 0
    new: int = 0
    updated: int = 0
    moved: int = 0
    reopened: int = 0
    unchanged: int = 0
    fixed: int = 0
    held: int = 0
    suppressed_at_source: int = 0
    control_evidence: int = 0
    vex_applied: int = 0
    """VEX statements that speak of at least one finding."""
    vex_unmatched: int = 0
    """VEX statements that speak of no finding that is known."""

    def __add__(self, other: ImportCounts) -> ImportCounts:
        return ImportCounts(
            *(getattr(self, f.name) + getattr(other, f.name) for f in fields(ImportCounts))
        )


@dataclass(frozen=True, slots=True)
class EnrichmentReport:
    """What came of a file that says what is known of findings from elsewhere."""

    kind: str
    """`epss`, `kev`, `codeowners` or `backstage`."""
    subject: str
    """The asset or the file it is about; empty when it is about all findings."""
    version: str
    dated: datetime
    """The moment it is of, not that of its import; aware UTC."""
    rows: int
    outcome: str
    """`applied`, `older`, `repeated`, `empty` or `held`."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FileReport:
    """What came of one report file."""

    path: str
    format: str
    tool: str
    scope: str
    is_complete: bool
    counts: ImportCounts
    problems: tuple[Problem, ...] = ()
    error: str = ""
    """Why the file could not be read at all; empty when it could."""
    hint: str = ""
    notes: tuple[str, ...] = ()
    """What a person should know: why closures were held, why the scan is not complete."""
    enrichments: tuple[EnrichmentReport, ...] = ()

    @property
    def is_passed_over(self) -> bool:
        """Whether it is a file of an archive that is no report; its note says why."""
        return not (self.format or self.error)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import."""

    files: tuple[FileReport, ...]
    is_dry_run: bool
    generation: int
    """The generation that was published; the current one when nothing changed."""
    totals: ImportCounts = field(default_factory=ImportCounts)
    notes: tuple[str, ...] = ()
    """What was not done beside the files, as that nobody could sign."""

    @property
    def failed(self) -> int:
        """How many files could not be read."""
        return sum(bool(file.error) for file in self.files)


@dataclass(frozen=True, slots=True)
class SourceOutcome:
    """What came of one source in a sync."""

    name: str
    kind: str
    state: str
    """`ok`, `partial` or `failed`."""
    rows: int
    pages: int
    seconds: float
    message: str = ""
    hint: str = ""
    counts: ImportCounts = field(default_factory=ImportCounts)
    is_truncated: bool = False
    """A cap was hit or a page is missing: absence closed nothing."""


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What came of a sync; a failed source is data, not an exception."""

    sources: tuple[SourceOutcome, ...]
    is_dry_run: bool
    generation: int
    notes: tuple[str, ...] = ()
    """About the whole: a cache that was built again, a sync that could not be signed."""

    @property
    def unfinished(self) -> int:
        """How many sources failed or are partial."""
        return sum(source.state != "ok" for source in self.sources)
