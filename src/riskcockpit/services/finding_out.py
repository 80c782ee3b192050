"""What became of what was sent and has no end yet: it is read back until it has one.

Every sync looks, and so does the watch, less often the longer nothing comes of it. Nothing is sent:
to send again what was not done is a person's decision (`outbox.retry`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from riskcockpit.actions.dispatch import OPEN_UPSTREAM
from riskcockpit.decisions.receipts import ProjectedAction
from riskcockpit.domain.action import WAIVER_KINDS, ActionState
from riskcockpit.errors import InputError, RetryableError, SourceError
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.outbox import read_back
from riskcockpit.store.sql import sql
from riskcockpit.views.governance import ActionRow

FIRST_PAUSE = timedelta(seconds=5)
"""How long what was sent is left to whoever sent it, and a watch waits after its first look."""
LONGEST_PAUSE = timedelta(minutes=5)


def find_out(ctx: Context, sources: Collection[str]) -> tuple[ActionRow, ...]:
    """Look what became of what these sources were sent, by what is published; publish what is new.

    Raises:
        StoreError: the cache cannot be read.
        LedgerError: the ledger does not verify, or there is no key to sign receipts with.
    """
    if not _is_any(ctx, sources):
        return ()
    desk = Desk(ctx)
    asked = [each for each in desk.projection.actions if each.action.source in sources]
    rows = _looked(desk, open_of(asked, desk.now))
    if rows:
        desk.finish()
    return rows


def open_of(actions: Iterable[ProjectedAction], now: datetime) -> list[ProjectedAction]:
    """Return what was sent and has no end, but for what waivers are carried out with anyway."""
    return [
        each
        for each in actions
        if each.state in OPEN_UPSTREAM
        and (each.state is ActionState.UNKNOWN or each.action.kind not in WAIVER_KINDS)
        and now - each.updated_at >= FIRST_PAUSE
    ]


@dataclass(slots=True)
class FindingOut:
    """The looks of one watch: what gives no news is asked for half as often the next time."""

    ctx: Context
    _looks: dict[str, tuple[datetime, timedelta]] = field(default_factory=dict)
    """Action → when it may be looked at next, and how long it is left alone after that."""

    def look(self, actions: Iterable[ProjectedAction]) -> tuple[ActionRow, ...]:
        """Look what became of these, as far as that is due; return what is new. Publishes nothing.

        Raises:
            LedgerError: the ledger does not verify, or there is no key to sign receipts with.
        """
        now = self.ctx.clock.now()
        found = open_of(actions, now)
        ids = {each.action.id for each in found}
        self._looks = {id_: kept for id_, kept in self._looks.items() if id_ in ids}
        due = [each for each in found if self._is_due(each.action.id, now)]
        if not due:
            return ()
        desk = Desk(self.ctx)
        rows = _looked(desk, due)
        if rows:
            desk.settle()
        return rows

    def _is_due(self, id_: str, now: datetime) -> bool:
        """Whether it is looked at now; the next look waits twice as long as this one did."""
        at, pause = self._looks.get(id_, (now, FIRST_PAUSE))
        if now < at:
            return False
        self._looks[id_] = (now + pause, min(2 * pause, LONGEST_PAUSE))
        return True


def _looked(desk: Desk, wanted: Sequence[ProjectedAction]) -> tuple[ActionRow, ...]:
    """Read back each, but nothing more of a source that does not answer; return what is new."""
    rows: list[ActionRow] = []
    silent: set[str] = set()
    for each in wanted:
        if each.action.source in silent:
            continue
        try:
            row = read_back(desk, each.action.id)
        except RetryableError:
            silent.add(each.action.source)
            continue
        except (InputError, SourceError):
            continue  # its row says what is known; nothing is, still
        if (row.state, row.message) != (each.state.value, each.message):
            rows.append(row)
    return tuple(rows)


def _is_any(ctx: Context, sources: Collection[str]) -> bool:
    states = [state.value for state in OPEN_UPSTREAM]
    with ctx.store.reader() as reader:
        row = reader.one(sql("services", "finding_out"), states=states, sources=list(sources))
    return bool(row and row[0])
