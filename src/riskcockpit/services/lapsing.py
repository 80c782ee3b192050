"""Waivers that ran out since the last publish: it is said, and their findings count again.

What a cache says of waivers is what was so when it was published. Whoever publishes anyway only has
to say it; who imports the same report again, or has no source to sync, publishes for it.
"""

from __future__ import annotations

from riskcockpit.present.text import plural
from riskcockpit.services.context import Context
from riskcockpit.store.sql import sql


def lapsed(ctx: Context) -> tuple[str, ...]:
    """Say what ran out since the last publish; nothing when nothing did.

    Raises:
        StoreError: the cache cannot be read.
    """
    if not ctx.store.generation():
        return ()
    with ctx.store.reader() as reader:
        row = reader.one(sql("services", "lapsed"), now=ctx.clock.now())
    ended, asked = row or (0, 0)
    said = (
        f"{plural(ended, 'waiver')} ran out, what was covered counts again" if ended else "",
        f"{plural(asked, 'request')} for a waiver ran out" if asked else "",
    )
    return tuple(filter(None, said))


def settle(ctx: Context, generation: int) -> tuple[str, ...]:
    """Publish, unless that was done since `generation`; return what could not be done.

    Raises:
        BusyError: another process is writing.
    """
    if ctx.store.generation() != generation:
        return ()
    from riskcockpit.services.desk import publish  # noqa: PLC0415 - cryptography loads
    from riskcockpit.services.endings import record_endings  # noqa: PLC0415 - as above

    return tuple(filter(None, (publish(ctx), record_endings(ctx))))
