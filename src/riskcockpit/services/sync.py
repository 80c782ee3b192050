"""Sync: pull the configured sources, put everything into one publish, judged, and sign for it.

Facts, cursors and the state of every source are committed together, so that no cursor is ever
ahead of the data. A source that fails is told in the report and stops nothing.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from riskcockpit.config.settings import SourceSettings
from riskcockpit.connectors.recording import Recorder
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import (
    BusyError,
    DamagedError,
    InputError,
    LedgerError,
    RiskcockpitError,
    StoreError,
    UnknownNameError,
)
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.collecting import without_collection
from riskcockpit.ledger.canonical import Json
from riskcockpit.services.alerting import after_publish
from riskcockpit.services.context import Context
from riskcockpit.services.dismissals import carry_out_due
from riskcockpit.services.endings import record_endings
from riskcockpit.services.finding_out import find_out
from riskcockpit.services.following import overdue
from riskcockpit.services.house import policy_of, read_options_of
from riskcockpit.services.importing import together
from riskcockpit.services.incident_rules import advance
from riskcockpit.services.judging import Judgement, judge, record_evaluation
from riskcockpit.services.lapsing import settle
from riskcockpit.services.places import Place, known_places
from riskcockpit.services.progress import published
from riskcockpit.services.pulling import Pulled, Round
from riskcockpit.services.receiving import Desk
from riskcockpit.store.sql import sql
from riskcockpit.views.reports import SourceOutcome, SyncReport
from riskcockpit.views.syncing import SourceProgress, SyncProgress

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Writer


Beside = Callable[["Writer", datetime], None]
"""Writes into a publish what no source gave."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What is asked for."""

    sources: tuple[SourceSettings, ...]
    is_all: bool
    """No names were given: the whole of the settings."""
    full: bool
    dry_run: bool
    record: Path | None
    """Where the exchanges are written down, for a bug report."""


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
    record: Path | None = None,
    progress: SyncProgress | None = None,
) -> SyncReport:
    """Pull the sources called `names`, or all enabled ones, and say what came of each.

    `full` reads everything again, whatever the cursors say. A dry run does all and throws it
    away. With `record` every exchange over HTTP is written into that directory, secrets taken out.
    A damaged cache is moved aside and built again from the sources and the ledger.

    Raises:
        UnknownNameError: there is no source of that name.
        BusyError: another process is writing.
        StoreError: the cache cannot be written.
    """
    order = _Order(_chosen(ctx, names), not names, full, dry_run, record)
    ran_out = () if dry_run else _ran_out(ctx)
    if not order.sources and not (order.is_all and _has_strangers(ctx)):
        notes = (*ran_out, *settle(ctx, ctx.store.generation())) if ran_out else ()
        return SyncReport((), dry_run, ctx.store.generation(), notes=notes)
    with published(ctx.paths, progress or _quiet) as tell:
        report = _synced(ctx, order, tell)
    return replace(report, notes=(*ran_out, *report.notes))


def take_in(
    ctx: Context, pulled: Sequence[Pulled], beside: Beside, seen_at: datetime
) -> SyncReport:
    """Publish what was pulled already, as `sync` does; `beside` writes more into the same publish.

    `seen_at` is the moment of the facts: what was decided after it overrides them.

    Raises:
        BusyError: another process is writing.
        StoreError: the cache cannot be written, or is damaged.
    """
    sources = tuple(one.source for one in pulled)
    order = _Order(sources, is_all=False, full=False, dry_run=False, record=None)
    with published(ctx.paths, _quiet) as tell:
        done = _written(ctx, order, pulled, known_places(ctx), tell, seen_at, beside)
    notes = _sign(ctx, done, done.judgement) if done.judgement is not None else []
    notes.extend(_carried_out(ctx))
    notes.extend(_kept_incidents(ctx))
    notes.extend(after_publish(ctx))
    return SyncReport(done.outcomes, is_dry_run=False, generation=ctx.store.generation(),
                      notes=tuple(notes))  # fmt: skip


def _has_strangers(ctx: Context) -> bool:
    """Return whether the cache knows sources that the settings name no more."""
    try:
        return not set(known_places(ctx)) <= {source.name for source in ctx.settings.sources}
    except StoreError:
        return False  # what is damaged is built again when there is a source to build it from


def _ran_out(ctx: Context) -> tuple[str, ...]:
    try:
        return overdue(ctx)
    except (StoreError, LedgerError):
        return ()  # what is damaged is built again, and told


def _synced(ctx: Context, order: _Order, tell: SyncProgress) -> SyncReport:
    notes: list[str] = []
    try:
        done = _run(ctx, order, tell)
    except DamagedError as error:
        if order.dry_run:
            raise
        aside = ctx.store.discard_damaged()
        notes.append(
            f"{error.message}; moved aside as {', '.join(path.name for path in aside)} and built"
            " again; import again what was imported by hand"
        )
        whole = replace(order, sources=_chosen(ctx, ()), is_all=True, full=True)
        done = _run(ctx, whole, tell)
    if done.judgement is not None:
        notes.extend(_sign(ctx, done, done.judgement))
        notes.extend(_found_out(ctx, done))
        notes.extend(_carried_out(ctx))
        notes.extend(_kept_incidents(ctx))
        notes.extend(after_publish(ctx))
    return SyncReport(done.outcomes, order.dry_run, ctx.store.generation(), tuple(notes))


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
    places = known_places(ctx)
    if order.full:
        places = {name: place.forgotten for name, place in places.items()}
    options = read_options_of(ctx)
    shared = Round(ctx, options, tell, places, _recorder(order, options))
    arrived = {one.source.name: one for one in shared.pull_all(order.sources)}
    pulled = tuple(arrived[source.name] for source in order.sources)
    return _written(ctx, order, pulled, places, tell, ctx.clock.now())


def _written(  # noqa: PLR0917 - what a publish is made of
    ctx: Context,
    order: _Order,
    pulled: Sequence[Pulled],
    places: Mapping[str, Place],
    tell: SyncProgress,
    now: datetime,
    beside: Beside | None = None,
) -> _Done:
    """Write what was pulled in one publish, judged for the moment `now`."""
    policy = policy_of(ctx)
    together([document for one in pulled for document in one.documents])
    outcomes: dict[str, SourceOutcome] = {}
    judgement: Judgement | None = None
    with without_collection(), ctx.store.writer() as tx:
        names = [source.name for source in ctx.settings.sources]
        desk = Desk(tx, policy, now, places, names)
        # Models first: which readings count depends on the version that serves.
        for one in sorted(pulled, key=lambda one: not one.models):
            coverage = one.coverage
            tell(SourceProgress(one.source.name, "writing", coverage.rows, pages=coverage.pages))
            outcomes[one.source.name] = desk.record(one)
        if beside is not None:
            beside(tx, now)
        if order.is_all:
            tx.execute(sql("services", "sync_forget"), names=names)
            tx.execute(sql("services", "sync_forget_settings"), names=names)
            tx.execute(sql("services", "sync_forget_validators"), names=names)
        if order.dry_run:
            tx.discard()
        else:
            judgement = judge(ctx, tx, now)
    return _Done(tuple(outcomes[one.source.name] for one in pulled), tuple(pulled), judgement)


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


def _found_out(ctx: Context, done: _Done) -> list[str]:
    """Say what became of what was sent to the sources that answered and had no end yet."""
    try:
        rows = find_out(ctx, [one.source.name for one in done.pulled if not one.error])
    except RiskcockpitError as error:
        return [f"what became of what was sent is not looked for: {error.message}"]
    return [f"{row.kind} {row.target}: {row.state}, {row.message}" for row in rows]


def _carried_out(ctx: Context) -> list[str]:
    """Say what waivers, or their ends, changed upstream; a fault there leaves it due."""
    try:
        return [f"{row.kind} {row.target}: {row.state}" for row in carry_out_due(ctx)]
    except RiskcockpitError as error:
        return [f"what is due upstream waits: {error.message}"]


def _kept_incidents(ctx: Context) -> list[str]:
    """Open, end and escalate incidents by what is published now."""
    why_not = advance(ctx)
    return [f"incidents are not kept: {why_not}"] if why_not else []


def _recorder(order: _Order, options: ReadOptions) -> Recorder | None:
    if order.record is None:
        return None
    try:
        return Recorder(order.record, options.redact)
    except OSError as error:
        raise InputError(f"cannot record into {order.record}: {error.strerror}") from error


def _quiet(_progress: SourceProgress) -> None:
    """Tell nobody."""
