"""Waivers that ran out since the last publish: their findings count again, though nothing new came.

What a cache says of waivers is what was so when it was published. A sync publishes anyway; this is
for whoever imports the same report again, or has no source to sync.
"""

from __future__ import annotations

from riskcockpit.present.text import plural
from riskcockpit.services.context import Context
from riskcockpit.store.sql import sql


def settle_lapsed(ctx: Context) -> tuple[str, ...]:
    """Publish when a waiver ran out since the last publish; say so, and what could not be done.

    Raises:
        StoreError: the cache cannot be read.
    """
    if not ctx.store.generation():
        return ()
    with ctx.store.reader() as reader:
        row = reader.one(sql("services", "lapsed"), now=ctx.clock.now())
    ended, asked = row or (0, 0)
    if not ended and not asked:
        return ()
    from riskcockpit.services.desk import publish  # noqa: PLC0415 - cryptography loads
    from riskcockpit.services.endings import record_endings  # noqa: PLC0415 - as above

    said = (
        f"{plural(ended, 'waiver')} ran out, what was covered counts again" if ended else "",
        f"{plural(asked, 'request')} for a waiver ran out" if asked else "",
    )
    return tuple(filter(None, (*said, publish(ctx), record_endings(ctx))))
