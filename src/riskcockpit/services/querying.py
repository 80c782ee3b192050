"""Read-only SQL on the cache for analysts."""

from __future__ import annotations

from riskcockpit.services.context import Context
from riskcockpit.store.guard import run_query as guarded
from riskcockpit.views.governance import QueryResult


def run_query(ctx: Context, sql: str, limit: int) -> QueryResult:
    """Run one SELECT in the sandbox and return at most `limit` rows.

    Raises:
        InputError: it is not one SELECT, touches something else than the cache, or fails.
        StoreError: there is no cache.
    """
    with ctx.store.reader() as reader:
        columns, rows = guarded(reader, sql, limit + 1)
    return QueryResult(columns, tuple(rows[:limit]), len(rows) > limit)
