"""The summary of the published generation: the one that is kept, else gathered now."""

from __future__ import annotations

from datetime import datetime, timedelta

from riskcockpit.services.context import Context
from riskcockpit.services.summary import Summary, decoded


def current(ctx: Context, now: datetime) -> tuple[int, Summary]:
    """Return the published generation's number and its summary, right for `now`.

    Raises:
        StoreError: there is no cache yet, or it is damaged.
    """
    notice = timedelta(days=ctx.settings.waivers.notice_days)
    if (found := ctx.store.summary()) is not None:
        number, content = found
        summary = decoded(content)
        if summary is not None and summary.covers(now, notice):
            return number, summary
    from riskcockpit.services.gathering import gather  # noqa: PLC0415 - leads to duckdb

    with ctx.store.reader() as reader:
        return reader.generation, gather(reader, now, notice)
