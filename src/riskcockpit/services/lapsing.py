"""What lapsed since the last publish: it is said, and findings count again or are there now.

A waiver lapses when it runs out, and when one key alone decided it and nobody reviewed it in time.
A review of a broken glass that was missed, of whatever was decided, is a finding.

What a cache says of waivers is what was so when it was published. Whoever publishes anyway only has
to say it; who imports the same report again, or has no source to sync, publishes for it.
"""

from __future__ import annotations

from datetime import timedelta

from riskcockpit.present.text import plural
from riskcockpit.services.context import Context
from riskcockpit.services.summary import decoded
from riskcockpit.store.sql import sql

_MISSED = "`riskcockpit findings list rule:glass-review-missed`"
_COUNTING = frozenset({"requested", "granted", "suspended"})


def lapsed(ctx: Context) -> tuple[str, ...]:
    """Say what ran out since the last publish; nothing when nothing did.

    Raises:
        StoreError: the cache cannot be read.
    """
    if not ctx.store.generation():
        return ()
    with ctx.store.reader() as reader:
        row = reader.one(sql("services", "lapsed"), now=ctx.clock.now())
    ended, asked, unreviewed, missed = row or (0, 0, 0, 0)
    again = "what was covered counts again"
    said = (
        f"{plural(ended, 'waiver')} ran out, {again}" if ended else "",
        f"{plural(asked, 'request')} for a waiver ran out" if asked else "",
        f"{plural(unreviewed, 'waiver')} not reviewed in time, {again}" if unreviewed else "",
        f"{plural(missed, 'review')} of broken glasses missed: {_MISSED}" if missed else "",
    )
    return tuple(filter(None, said))


def has_lapsed(ctx: Context) -> bool:
    """Whether something lapsed since the last publish, by what is kept beside it where that knows.

    Raises:
        StoreError: the cache cannot be read.
    """
    now = ctx.clock.now()
    kept = ctx.store.summary()
    facts = decoded(kept[1]) if kept is not None else None
    if facts is None or not facts.covers(now, timedelta()):
        return bool(lapsed(ctx))
    ended = any(w.state in _COUNTING and facts.at < w.expires_at <= now for w in facts.waivers)
    return ended or any(facts.at <= glass.review_by < now for glass in facts.glasses)


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
