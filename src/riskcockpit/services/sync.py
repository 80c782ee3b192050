"""Sync: pull the configured sources, put everything into one publish, judged, and sign for it.

Facts, cursors and the state of every source are committed together, so that no cursor is ever
ahead of the data. A source that fails is told in the report and stops nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from riskcockpit.config.settings import SourceSettings
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import BusyError, DamagedError, LedgerError, UnknownNameError
from riskcockpit.ingest.models import record_models
from riskcockpit.ingest.policy import IngestPolicy, ScanOutcome, ScopeSpec
from riskcockpit.ingest.readings import record_readings
from riskcockpit.ledger.canonical import Json
from riskcockpit.services.context import Context
from riskcockpit.services.endings import record_endings
from riskcockpit.services.importing import (
    ReadDocument,
    file_report,
    ingest_document,
    policy_of,
    read_options_of,
    together,
)
from riskcockpit.services.judging import Judgement, judge, record_evaluation
from riskcockpit.services.pulling import Pulled, SyncProgress, pull_all
from riskcockpit.store.sql import sql
from riskcockpit.views.reports import ImportCounts, SourceOutcome, SyncReport

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Writer

_LONGEST_MESSAGE = 600


@dataclass(frozen=True, slots=True)
class _Order:
    """What is asked for."""

    sources: tuple[SourceSettings, ...]
    is_all: bool
    """No names were given: the whole of the settings."""
    full: bool
    dry_run: bool


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a sync, in the order of the settings."""

    outcomes: tuple[SourceOutcome, ...]
    pulled: tuple[Pulled, ...]
    judgement: Judgement | None
    """None after a dry run."""


def sync(
    ctx: Context,
    names: Sequence[str] = (),
    *,
    full: bool = False,
    dry_run: bool = False,
    progress: SyncProgress | None = None,
) -> SyncReport:
    """Pull the sources called `names`, or all enabled ones, and say what came of each.

    `full` reads everything again, whatever the cursors say. A dry run does all and throws it
    away. A damaged cache is moved aside and built again from the sources and the ledger.

    Raises:
        UnknownNameError: there is no source of that name.
        BusyError: another process is writing.
        StoreError: the cache cannot be written.
    """
    order = _Order(_chosen(ctx, names), not names, full, dry_run)
    if not order.sources:
        return SyncReport((), dry_run, ctx.store.generation())
    tell = progress or _quiet
    notes: list[str] = []
    try:
        done = _run(ctx, order, tell)
    except DamagedError as error:
        if dry_run:
            raise
        aside = ctx.store.discard_damaged()
        notes.append(
            f"{error.message}; moved aside as {', '.join(path.name for path in aside)} and built"
            " again; import again what was imported by hand"
        )
        whole = _Order(_chosen(ctx, ()), is_all=True, full=True, dry_run=False)
        done = _run(ctx, whole, tell)
    generation = ctx.store.generation()
    if done.judgement is not None:
        notes.extend(_sign(ctx, done, done.judgement))
    return SyncReport(done.outcomes, dry_run, generation, tuple(notes))


def _chosen(ctx: Context, names: Sequence[str]) -> tuple[SourceSettings, ...]:
    configured = {source.name: source for source in ctx.settings.sources}
    for name in names:
        if name not in configured:
            near = difflib.get_close_matches(name, configured, 1)
            known = ", ".join(configured) or "none"
            raise UnknownNameError(
                f'there is no source "{name}"',
                hint=f'did you mean "{near[0]}"?' if near else f"configured: {known}",
            )
    if names:
        return tuple(configured[name] for name in dict.fromkeys(names))
    return tuple(source for source in ctx.settings.sources if source.enabled)


def _run(ctx: Context, order: _Order, tell: SyncProgress) -> _Done:
    """Pull, then write it all in one publish."""
    cursors = {} if order.full else _cursors(ctx)
    options = read_options_of(ctx)
    policy = policy_of(ctx)
    arrived = {p.source.name: p for p in pull_all(ctx, order.sources, cursors, options, tell)}
    pulled = tuple(arrived[source.name] for source in order.sources)
    together([document for one in pulled for document in one.documents])
    now = ctx.clock.now()
    outcomes: dict[str, SourceOutcome] = {}
    judgement: Judgement | None = None
    with ctx.store.writer() as tx:
        desk = _Desk(tx, policy, now, cursors)
        # Models first: which readings count depends on the version that serves.
        for one in sorted(pulled, key=lambda one: not one.models):
            tell(one.source.name, one.rows, "writing")
            outcomes[one.source.name] = desk.record(one)
        if order.is_all:
            tx.execute(sql("services", "sync_forget"), names=[s.name for s in ctx.settings.sources])
        if order.dry_run:
            tx.discard()
        else:
            judgement = judge(ctx, tx, now)
    return _Done(tuple(outcomes[one.source.name] for one in pulled), pulled, judgement)


def _cursors(ctx: Context) -> dict[str, str]:
    if not ctx.store.exists():
        return {}
    with ctx.store.reader() as reader:
        return dict(reader.rows(sql("services", "sync_cursors")))


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where pulled facts are written down, inside the transaction of the sync."""

    tx: Writer
    policy: IngestPolicy
    now: datetime
    cursors: Mapping[str, str]
    """Where this pull started, by source."""

    def record(self, pulled: Pulled) -> SourceOutcome:
        """Write what one source gave, and how it stands."""
        name = pulled.source.name
        counts = self._ingest(pulled.documents)
        if pulled.models:
            record_models(self.tx, pulled.models, name, self.now, policy=self.policy)
        if pulled.readings:
            record_readings(self.tx, pulled.readings, name, self.now, policy=self.policy)
        outcome = _outcome(pulled, counts)
        # A document that could not be read is read again next time, and told again.
        cursor = self.cursors.get(name, "") if pulled.unread else pulled.cursor
        self.tx.execute(
            sql("services", "sync_source"),
            name=name,
            kind=pulled.source.kind,
            state=outcome.state,
            now=self.now,
            is_success=outcome.state != "failed",
            cursor=cursor,
            rows=pulled.rows,
            pages=pulled.pages,
            is_truncated=pulled.is_truncated,
            message=outcome.message,
            hint=outcome.hint,
            rev=self.tx.generation,
        )
        return outcome

    def _ingest(self, documents: Sequence[ReadDocument]) -> ImportCounts:
        readable = [document for document in documents if document.is_readable]
        for document in sorted(readable, key=lambda document: document.ran_at or self.now):
            document.scans = tuple(
                (scan, replace(scope, may_close=False) if self._shares(scope) else scope)
                for scan, scope in document.scans
            )
            ingest_document(self.tx, document, self.policy, self.now)
        return sum((file_report(document).counts for document in readable), ImportCounts())

    def _shares(self, scope: ScopeSpec) -> bool:
        """Whether this document ever came together with others into its scope.

        Unchanged documents are not read again, so those others may well be there still.
        """
        query = sql("services", "sync_siblings")
        row = self.tx.one(query, scope=scope.id, document=scope.document)
        return bool(row and row[0])


def _outcome(pulled: Pulled, counts: ImportCounts) -> SourceOutcome:
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
    hints = [document.hint for document in pulled.unread if document.hint]
    held = [
        note
        for document in pulled.documents
        for report in document.reports
        if report.outcome is ScanOutcome.HELD
        for note in report.notes
    ]
    message = "; ".join((*notes, *pulled.notes, *held))
    if len(message) > _LONGEST_MESSAGE:
        message = f"{message[:_LONGEST_MESSAGE]}…"
    return SourceOutcome(
        name=name,
        kind=kind,
        state="partial" if pulled.is_truncated or pulled.unread else "ok",
        rows=pulled.rows,
        pages=pulled.pages,
        seconds=pulled.seconds,
        message=message,
        hint=hints[0] if hints else "",
        counts=counts,
    )


def _sign(ctx: Context, done: _Done, judgement: Judgement) -> list[str]:
    """Sign for what was seen and judged; without a key that is a note: the facts are safe."""
    published_at = ctx.clock.now()
    seen: list[Json] = [
        {
            "name": outcome.name,
            "kind": outcome.kind,
            "state": outcome.state,
            "rows": outcome.rows,
            "new": outcome.counts.new,
            "fixed": outcome.counts.fixed,
            "digest": pulled.digest,
        }
        for outcome, pulled in zip(done.outcomes, done.pulled, strict=True)
    ]
    try:
        ctx.journal().append(
            EntryType.SYNC_COMPLETED,
            {
                "generation": judgement.generation,
                "published_at": rfc3339(published_at),
                "sources": seen,
            },
        )
        why_not = record_evaluation(ctx, judgement, published_at) or record_endings(ctx)
    except (LedgerError, BusyError) as error:
        why_not = error.message
    return [f"this sync is not in the ledger: {why_not}"] if why_not else []


def _quiet(_source: str, _rows: int, _text: str) -> None:
    """Tell nobody."""
