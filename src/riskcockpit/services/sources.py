"""Sources as they stand: the configured ones, with what the cache knows of each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from riskcockpit.config.durations import parse_duration
from riskcockpit.services.context import Context
from riskcockpit.store.sql import sql
from riskcockpit.views.posture import SourceView

if TYPE_CHECKING:  # it imports duckdb
    from riskcockpit.store.database import Reader


def sources(ctx: Context) -> tuple[SourceView, ...]:
    """Return the configured sources with their health."""
    if ctx.store.generation() == 0:
        return tuple(
            SourceView(s.name, s.kind, "never", None, None, 0)
            for s in ctx.settings.sources
            if s.enabled
        )
    with ctx.store.reader() as reader:
        return source_views(ctx, reader, ctx.clock.now())


def source_views(ctx: Context, reader: Reader, now: datetime) -> tuple[SourceView, ...]:
    """Return the configured sources as one generation knows them; an old success is `partial`."""
    known = {row["name"]: row for row in reader.records(sql("services", "posture_sources"))}
    return tuple(
        _source(settings.name, settings.kind, settings.stale_after, known.get(settings.name), now)
        for settings in ctx.settings.sources
        if settings.enabled
    )


def _source(
    name: str, kind: str, stale_after: str, row: dict[str, Any] | None, now: datetime
) -> SourceView:
    if row is None:
        return SourceView(name, kind, "never", None, None, 0)
    state, message = row["state"], row["message"]
    last = row["last_success"]
    if state == "ok" and last is not None and now - last > parse_duration(stale_after):
        state, message = "partial", f"not pulled for longer than {stale_after}"
    return SourceView(
        name, kind, state, last, row["last_attempt"], row["rows"], message, row["hint"]
    )
