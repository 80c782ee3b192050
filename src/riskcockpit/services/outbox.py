"""The outbox: decisions that change something upstream and have no receipt yet."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta

from riskcockpit.actions.dispatch import DUE, OPEN_UPSTREAM, RETRIED, Dispatcher
from riskcockpit.config.durations import parse_duration
from riskcockpit.connectors.api import Acts, Connector
from riskcockpit.decisions.receipts import ProjectedAction
from riskcockpit.domain.action import MODEL_KINDS, ActionState
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.ids import short
from riskcockpit.errors import ConfigError, RefusedError, RiskcockpitError, UnwritableError
from riskcockpit.ledger.lock import held
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.record import examined, projected
from riskcockpit.views.governance import ActionRow


def actions(ctx: Context) -> tuple[ActionRow, ...]:
    """Return every action ever asked for, with what came of it, the newest first."""
    projection = projected(ctx, examined(ctx), ctx.clock.now())
    return tuple(row_of(each) for each in reversed(projection.actions))


def dispatch(ctx: Context) -> tuple[ActionRow, ...]:
    """Bring every due action on and return those; a source that fails leaves its own.

    Raises:
        LedgerError: the ledger does not verify, or there is no key to sign receipts with.
    """
    desk = Desk(ctx)
    due = [each.action.id for each in desk.projection.actions if each.state in DUE]
    if not due:
        return ()
    rows = tuple(bring_on(desk, id_) for id_ in due)
    desk.finish()
    return rows


def retry(ctx: Context, id_: str) -> ActionRow:
    """Look upstream what became of an action; send it again only if it was not done.

    Raises:
        UnknownNameError: there is no such action.
        RefusedError: it is done, was taken back, or waits for a key.
    """
    desk = Desk(ctx)
    known = {each.action.id: each for each in desk.projection.actions}
    each = known[desk.find(id_, known, "action")]
    if each.state not in RETRIED:
        raise RefusedError(
            f"the action {short(each.action.id)} is {each.state.value.replace('_', ' ')}",
            rule="retry-open-only",
            hint=each.message or None,
        )
    row = bring_on(desk, each.action.id, is_retry=True)
    desk.finish()
    return row


def bring_on(desk: Desk, id_: str, *, is_retry: bool = False) -> ActionRow:
    """Bring one action on, alone: nobody else dispatches meanwhile, its state is read anew."""
    with held(desk.ctx.paths.ledger / "outbox.lock", "the outbox"):
        each = _now(desk, id_)
        if each.state not in (RETRIED if is_retry else DUE):
            return row_of(each)
        until = _grace_of(desk, each)
        if not is_retry and desk.ctx.clock.now() < until:
            waits = f"sent from {rfc3339(until)} on; `riskcockpit undo` stops it until then"
            return row_of(each, waits)
        try:
            connector = acting_connector(desk.ctx, each.action.source)
        except RiskcockpitError as error:
            return row_of(each, f"not sent: {error.message}")
        with closing(connector):
            dispatcher = Dispatcher(_acts(connector, each), desk.journal, desk.ctx.clock)
            bring = dispatcher.retry if is_retry else dispatcher.dispatch
            try:
                bring(each.action, each.state)
            except UnwritableError as error:  # the decision stands, and says how far this came
                return row_of(_now(desk, id_), error.message)
        return row_of(_now(desk, id_))


def read_back(desk: Desk, id_: str) -> ActionRow:
    """Look what became of an action that was sent and has no end yet; nothing is sent.

    Raises:
        ConfigError: its source is not configured here, or cannot act.
        RetryableError, SourceError: it cannot be read now.
        LedgerError: what was read cannot be signed.
    """
    with held(desk.ctx.paths.ledger / "outbox.lock", "the outbox"):
        each = _now(desk, id_)
        if each.state not in OPEN_UPSTREAM:
            return row_of(each)
        with closing(acting_connector(desk.ctx, each.action.source)) as connector:
            dispatcher = Dispatcher(_acts(connector, each), desk.journal, desk.ctx.clock)
            dispatcher.read_back(each.action, each.state, each.message)
        return row_of(_now(desk, id_))


def _grace_of(desk: Desk, each: ProjectedAction) -> datetime:
    """Return from when on an action may be sent; what follows from an end, and moves, at once."""
    is_slow = each.action.kind not in MODEL_KINDS and each.state is ActionState.PENDING
    grace = parse_duration(desk.ctx.settings.actions.grace) if is_slow else timedelta()
    return each.decided_at + grace


def row_of_action(desk: Desk, id_: str) -> ActionRow:
    """Return an action of the ledger as it stands now."""
    return row_of(_now(desk, id_))


def acting_connector(ctx: Context, source: str) -> Connector:
    """Build the connector of the source called `source`.

    Raises:
        ConfigError: there is no such source here, or its settings or credentials are wrong.
    """
    settings = ctx.source(source)
    if settings is None:
        raise ConfigError(
            f'no source is called "{source}" here', hint="add it to the settings, under `sources`"
        )
    return ctx.connector(settings)


def _acts(connector: Connector, each: ProjectedAction) -> Acts:
    if isinstance(connector, Acts):
        return connector
    raise ConfigError(f"the source {each.action.source} cannot act: {each.action.kind.value}")


def _now(desk: Desk, id_: str) -> ProjectedAction:
    found = projected(desk.ctx, examined(desk.ctx), desk.ctx.clock.now()).action(id_)
    if found is None:  # pragma: no cover - entries never vanish while the ledger verifies
        raise ConfigError(f"the action {short(id_)} is gone")
    return found


def row_of(each: ProjectedAction, message: str = "") -> ActionRow:
    """Return an action for a list; `message` stands in for what the ledger says of it."""
    return ActionRow(
        id=each.action.id,
        kind=each.action.kind.value,
        source=each.action.source,
        target=each.action.target,
        state=each.state.value,
        message=message or each.message,
        decided_by=each.decided_by,
        decided_at=each.decided_at,
        updated_at=each.updated_at,
        params=dict(each.action.params),
    )
