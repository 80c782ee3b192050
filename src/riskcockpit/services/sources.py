"""Sources as they stand: the configured ones and the files of knowledge from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from riskcockpit.config.durations import parse_duration
from riskcockpit.config.settings import SourceSettings
from riskcockpit.present.knowledge import is_stale
from riskcockpit.services.context import Context
from riskcockpit.services.overview import current
from riskcockpit.services.progress import under_way
from riskcockpit.services.summary import EnrichmentFact, SourceFact
from riskcockpit.views.posture import EnrichmentView, SourceView

_AGEING = ("epss", "kev")


def sources(ctx: Context) -> tuple[SourceView, ...]:
    """Return the configured sources with their health.

    Raises:
        StoreError: the cache is damaged.
    """
    now = ctx.clock.now()
    known = current(ctx, now)[1].sources if ctx.store.generation() else ()
    running = {progress.name: progress for progress in under_way(ctx.paths)}
    views = source_views(ctx.settings.sources, known, now)
    return tuple(replace(view, progress=running.get(view.name)) for view in views)


def source_views(
    configured: Iterable[SourceSettings], known: Iterable[SourceFact], now: datetime
) -> tuple[SourceView, ...]:
    """Return the configured sources as one generation knows them; an old success is `partial`."""
    facts = {fact.name: fact for fact in known}
    return tuple(
        _source(settings, facts.get(settings.name), now)
        for settings in configured
        if settings.enabled
    )


def enrichments(ctx: Context) -> tuple[EnrichmentView, ...]:
    """Return what is in force of each kind of knowledge from elsewhere; raises as `sources`."""
    now = ctx.clock.now()
    known = current(ctx, now)[1].enrichments if ctx.store.generation() else ()
    return enrichment_views(known, now)


def enrichment_views(known: Iterable[EnrichmentFact], now: datetime) -> tuple[EnrichmentView, ...]:
    """Return what one generation knows from elsewhere; scores and listings grow stale."""
    return tuple(
        EnrichmentView(
            kind=fact.kind,
            state="stale" if fact.kind in _AGEING and is_stale(fact.dated, now) else "ok",
            files=fact.files,
            rows=fact.rows,
            version=fact.version,
            dated=fact.dated,
            imported_at=fact.imported_at,
        )
        for fact in known
    )


def _source(settings: SourceSettings, fact: SourceFact | None, now: datetime) -> SourceView:
    if fact is None:
        return SourceView(settings.name, settings.kind, "never", None, None, 0)
    state, message = fact.state, fact.message
    last, longest = fact.last_success, settings.stale_after
    if state == "ok" and last is not None and now - last > parse_duration(longest):
        state, message = "partial", f"not pulled for longer than {longest}"
    return SourceView(
        settings.name, settings.kind, state, last, fact.last_attempt, fact.rows, message, fact.hint,
        fact.pages, fact.is_truncated,
    )  # fmt: skip
