"""A document on its way into the cache, and what to tell about it afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.finding import Scan
from riskcockpit.ingest.policy import ScanOutcome, ScanReport, ScopeSpec
from riskcockpit.services.knowledge import NOTHING, Knowledge
from riskcockpit.services.repeats import Request
from riskcockpit.views.reports import FileReport, ImportCounts


@dataclass(slots=True)
class ReadDocument:
    """A document on its way: what was read of it, or why it could not be."""

    path: str
    format: str = ""
    scans: tuple[tuple[Scan, ScopeSpec], ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""
    hint: str = ""
    reports: tuple[ScanReport, ...] = ()
    """What came of each scan; empty until they are ingested."""
    request: Request | None = None
    """What it was read by; None when it could not be."""
    is_page: bool = False
    """It is a page of a listing; alone it proves nothing."""
    knowledge: Knowledge | None = None
    """What it says of findings, when it is no report of a scan."""

    @property
    def is_readable(self) -> bool:
        """Whether it holds anything to write."""
        return bool(self.scans) or self.knowledge is not None

    @property
    def is_passed_over(self) -> bool:
        """Whether it is a file of an archive that is no report."""
        return not (self.format or self.error)

    @property
    def is_new(self) -> bool:
        """Whether writing it has changed anything; afterwards only."""
        has_scan = any(report.outcome is not ScanOutcome.REPEATED for report in self.reports)
        return has_scan or (self.knowledge is not None and self.knowledge.is_applied)

    @property
    def ran_at(self) -> datetime | None:
        """When the first of its scans ran, as far as anybody knows."""
        if self.knowledge is not None:
            return self.knowledge.dated
        times = (scan.scanned_at or scope.modified_at for scan, scope in self.scans)
        return min((moment for moment in times if moment is not None), default=None)


def file_report(document: ReadDocument) -> FileReport:
    """Return what to tell about a document."""
    scans = [scan for scan, _ in document.scans]
    notes = [*document.notes, *(note for report in document.reports for note in report.notes)]
    known = document.knowledge or NOTHING
    notes += known.notes
    return FileReport(
        path=document.path,
        format=document.format,
        tool=", ".join(dict.fromkeys(scan.tool for scan in scans)),
        scope=", ".join(dict.fromkeys(_words(scope) for _, scope in document.scans)),
        is_complete=bool(document.reports) and all(one.is_complete for one in document.reports),
        counts=sum((report.counts for report in document.reports), ImportCounts()),
        problems=(*known.problems, *(problem for scan in scans for problem in scan.problems)),
        error=document.error,
        hint=document.hint,
        notes=tuple(dict.fromkeys(notes)),
        enrichments=known.reports,
    )


def _words(scope: ScopeSpec) -> str:
    return " ".join(part for part in (scope.asset, scope.category, scope.branch) if part)
