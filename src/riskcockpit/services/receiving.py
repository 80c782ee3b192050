"""Writing down what the sources gave, inside the transaction of a sync.

Facts, the place to go on from and the state of a source are in one publish. Pages of a listing
close what they lack only as parts of a complete pass over everything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from riskcockpit.domain.finding import Scan
from riskcockpit.domain.ids import digest
from riskcockpit.ingest.deployments import record_deployments
from riskcockpit.ingest.models import forget_models, record_models
from riskcockpit.ingest.pipeline import ingest_all
from riskcockpit.ingest.policy import IngestPolicy, ScanOutcome, ScanReport, ScopeSpec
from riskcockpit.ingest.readings import record_readings
from riskcockpit.ingest.settings import record_settings
from riskcockpit.services.importing import ingest_documents
from riskcockpit.services.places import Place, keep_validators
from riskcockpit.services.pulling import Pulled
from riskcockpit.services.read_documents import ReadDocument, file_report
from riskcockpit.store.sql import sql
from riskcockpit.views.reports import ImportCounts, SourceOutcome

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Writer

_LONGEST_MESSAGE = 600


@dataclass(frozen=True, slots=True)
class Desk:
    """Where pulled facts are written down."""

    tx: Writer
    policy: IngestPolicy
    now: datetime
    places: Mapping[str, Place]
    """Where this run started, by source."""
    configured: Sequence[str]
    """The names of all sources of the settings."""

    def record(self, pulled: Pulled) -> SourceOutcome:
        """Write what one source gave, and how it stands; raises StoreError."""
        name = pulled.source.name
        pulled = self._without_models_of_others(pulled)
        counts = self._ingest(pulled)
        gone = self._close_gone(pulled)
        if pulled.models:
            record_models(self.tx, pulled.models, name, self.now, policy=self.policy)
        if pulled.is_whole and pulled.is_complete:
            forget_models(self.tx, [model.name for model in pulled.models], name, self.now)
        if pulled.readings:
            record_readings(self.tx, pulled.readings, name, self.now, policy=self.policy)
        record_deployments(self.tx, pulled.deployments, name, self.now)
        is_whole = pulled.is_complete and bool(pulled.settings)
        record_settings(self.tx, pulled.settings, name, self.now, is_whole=is_whole)
        outcome = _outcome(pulled, counts, gone)
        is_ok = outcome.state == "ok"
        # What could not be taken is read again next time, and told again.
        place = self.places.get(name, Place())
        cursor = place.cursor if pulled.is_asked_again else pulled.cursor
        self.tx.execute(
            sql("services", "sync_source"),
            name=name,
            kind=pulled.source.kind,
            state=outcome.state,
            now=self.now,
            is_success=outcome.state != "failed",
            cursor=cursor,
            rows=pulled.coverage.rows,
            pages=pulled.coverage.pages,
            is_truncated=pulled.coverage.is_truncated,
            message=outcome.message,
            hint=outcome.hint,
            full_at=self.now if is_ok and pulled.is_from_start else None,
            rev=self.tx.generation,
        )
        if is_ok:
            keep_validators(self.tx, name, pulled.validators)
        return outcome

    def _ingest(self, pulled: Pulled) -> ImportCounts:
        readable = sorted(
            (document for document in pulled.documents if document.is_readable),
            key=lambda document: document.ran_at or self.now,
        )
        may_close = pulled.is_whole and pulled.is_complete
        siblings = self._siblings(readable)
        for document in readable:
            document.scans = tuple(
                (scan, _as_page(scope, may_close=may_close) if document.is_page
                 else _alone(scope, siblings))
                for scan, scope in document.scans
            )  # fmt: skip
        ingest_documents(self.tx, readable, self.policy, self.now)
        return sum((file_report(document).counts for document in readable), ImportCounts())

    def _siblings(self, documents: Sequence[ReadDocument]) -> Set[tuple[str, str]]:
        """Return (scope, document) of what ever came together with others into its scope."""
        scopes = list({scope.id for document in documents for _, scope in document.scans})
        rows = self.tx.rows(sql("services", "sync_siblings"), scopes=scopes) if scopes else []
        return {(scope, document) for scope, document in rows}

    def _without_models_of_others(self, pulled: Pulled) -> Pulled:
        """Leave out what another source registers under the same name.

        Each has versions and aliases of its own: taking turns would tell of moves nobody made.
        """
        if not pulled.models:
            return pulled
        held = dict(
            self.tx.rows(
                sql("services", "sync_models_held"),
                source_id=pulled.source.name,
                names=[model.name for model in pulled.models],
                sources=list(self.configured),
            )
        )
        if not held:
            return pulled
        notes = (
            f"model {name} is left out: source {other} registers one of that name already"
            for name, other in held.items()
        )
        own = tuple(model for model in pulled.models if model.name not in held)
        return replace(pulled, models=own, notes=(*pulled.notes, *notes))

    def _close_gone(self, pulled: Pulled) -> list[ScanReport]:
        """Close the scopes that a complete pass over everything did not show at all."""
        if not (pulled.is_whole and pulled.is_complete):
            return []
        shown = sorted({scope.id for one in pulled.documents for _, scope in one.scans})
        source = pulled.source.name
        gone = self.tx.rows(sql("services", "sync_gone_scopes"), source_id=source, scopes=shown)
        scans = []
        for asset, tool, category, branch, format_ in gone:
            scan = Scan(tool, asset=asset, category=category, branch=branch, is_successful=True)
            scope = ScopeSpec(
                asset=asset,
                tool=tool,
                source_id=source,
                document=source,
                format=format_,
                content_hash=digest(["nothing", source]),
                category=category,
                branch=branch,
                is_complete=True,
                is_page=True,
            )
            scans.append((scan, scope))
        return list(ingest_all(self.tx, scans, self.policy, self.now))


def _as_page(scope: ScopeSpec, *, may_close: bool) -> ScopeSpec:
    """Return the scope of a page: all pages of a complete pass together prove absence."""
    is_complete = True if may_close else scope.is_complete
    return replace(scope, may_close=may_close, is_complete=is_complete)


def _alone(scope: ScopeSpec, siblings: Set[tuple[str, str]]) -> ScopeSpec:
    """Return the scope of a report that stands alone.

    When it ever came together with others into its scope, it proves nothing about what they
    hold: unchanged documents are not read again, so they may well be there still.
    """
    is_one_of_many = (scope.id, scope.document) in siblings
    return replace(scope, may_close=False) if is_one_of_many else scope


def _outcome(pulled: Pulled, counts: ImportCounts, gone: Sequence[ScanReport]) -> SourceOutcome:
    name, kind = pulled.source.name, pulled.source.kind
    if pulled.error:
        return SourceOutcome(
            name, kind, "failed", 0, 0, pulled.seconds, pulled.error, pulled.hint, counts
        )
    notes = [f"{document.path}: {document.error}" for document in pulled.unread]
    notes += [
        f"{document.path}: {note}"
        for document in pulled.documents
        if document.knowledge is not None
        for note in document.knowledge.warnings
    ]
    if counts.quarantined:
        which = "a record" if counts.quarantined == 1 else f"{counts.quarantined} records"
        notes.append(f"{which} could not be read")
    hints = [document.hint for document in pulled.unread if document.hint]
    coverage = pulled.coverage
    if coverage.is_truncated and not pulled.notes:
        notes.append(f"not everything was read: it ended after {coverage.pages} pages")
    message = "; ".join((*notes, *pulled.notes, *_held(pulled.documents, gone)))
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]}…"
    fixed = sum(report.counts.fixed for report in gone)
    return SourceOutcome(
        name=name,
        kind=kind,
        state="ok" if pulled.is_complete else "partial",
        rows=coverage.rows,
        pages=coverage.pages,
        seconds=pulled.seconds,
        message=message,
        hint=_hint(name, hints, is_partial=not pulled.is_complete),
        counts=replace(counts, fixed=counts.fixed + fixed),
        is_truncated=coverage.is_truncated,
    )


def _hint(name: str, given: Sequence[str], *, is_partial: bool) -> str:
    """Return what to do about a source: as a document of it says, else what its state means."""
    if given or not is_partial:
        return given[0] if given else ""
    return (
        "nothing was closed by what is missing; mend what is named, then `riskcockpit sync"
        f" {name}` reads it again"
    )


def _held(documents: Sequence[ReadDocument], gone: Sequence[ScanReport]) -> list[str]:
    reports = [*(report for document in documents for report in document.reports), *gone]
    held = (report for report in reports if report.outcome is ScanOutcome.HELD)
    return list(dict.fromkeys(note for report in held for note in report.notes))
