"""One cycle of alerting: what is so now, what is told of it, sent, and signed for.

Runs after each sync and import when channels are configured, and by `alerts send`. The rules are
those of `alerts.yaml`: the home's own, else what ships, which tells nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from riskcockpit.alerts.decide import Plan, decide
from riskcockpit.alerts.deliver import attempted, due, marked, recovered
from riskcockpit.alerts.rules import Rules, rules_of
from riskcockpit.alerts.state import Delivery, DeliveryState, State
from riskcockpit.config.alerts import AlertSettings, ChannelSettings
from riskcockpit.config.paths import make_private
from riskcockpit.domain.alert import Fact, Notice
from riskcockpit.domain.ids import digest
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import BusyError, LedgerError, RiskcockpitError
from riskcockpit.ledger.chain import Entry
from riskcockpit.present.alerts import digest_text
from riskcockpit.services.alert_facts import facts as derive
from riskcockpit.services.alert_rows import delivery_row, digest_of
from riskcockpit.services.alert_settings import settings_in_force
from riskcockpit.services.alert_store import LOCK_NAME, acks_of, load, receipt, save
from riskcockpit.services.context import Context
from riskcockpit.services.incident_alerts import incident_facts
from riskcockpit.services.overview import current
from riskcockpit.services.record import deciders, examined
from riskcockpit.store.durable import exclusive
from riskcockpit.views.alerts import SendReport

_LOCK_SECONDS = 10.0
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Look:
    """What alerting sees at one moment, before anything is sent or kept."""

    now: datetime
    rules: Rules
    facts: tuple[Fact, ...]
    before: State
    plan: Plan
    notes: tuple[str, ...]


def look(ctx: Context, settings: AlertSettings | None = None) -> Look:
    """Return what would be told now; changes nothing.

    Raises:
        ConfigError: the rules cannot be used.
        StoreError: the cache, or what alerting remembers, cannot be read.
    """
    now = ctx.clock.now()
    rules = rules_of(settings or settings_in_force(ctx))
    found: tuple[Fact, ...] = ()
    if ctx.store.generation():
        found = (*derive(ctx, current(ctx, now)[1], now), *incident_facts(ctx, now))
    entries, may_answer, notes = _signed(ctx)
    repeatable = {each.name for each in rules.settings.channels if each.kind == "webhook"}
    before = recovered(load(ctx.paths, entries), repeatable, now)
    acks = acks_of(entries, found, may_answer)
    plan = decide(before, found, acks, rules, now, context=ctx.settings.context.name)
    return Look(now, rules, found, before, plan, notes)


def after_publish(ctx: Context) -> tuple[str, ...]:
    """Run a cycle when channels are configured; return what the user should know of it.

    Never raises what is a fault of alerting: the facts are published whatever comes of it.
    """
    try:
        settings = settings_in_force(ctx)
        if not settings.channels:
            return ()
        report = send_due(ctx, settings, at_once=False)
    except RiskcockpitError as error:
        return (f"alerts are not sent: {error.message}",)
    told = [f"alerts: {row.channel}: {row.state}: {row.headline}" for row in report.deliveries]
    return (*told, *report.notes)


def send_due(
    ctx: Context,
    settings: AlertSettings | None = None,
    *,
    is_dry_run: bool = False,
    at_once: bool = True,
) -> SendReport:
    """Decide what is told, send it, and sign for it. A dry run only says what would go where.

    What failed before is tried again `at_once`, else when its pause has passed.

    Raises:
        ConfigError: the rules cannot be used.
        BusyError: another process is sending.
        StoreError: the cache or what alerting remembers cannot be read or written.
    """
    chosen = settings or settings_in_force(ctx)
    if is_dry_run:
        return _report(*_due(ctx, look(ctx, chosen), at_once=at_once), is_dry_run=True)
    try:
        with exclusive(make_private(ctx.paths.state) / LOCK_NAME, _LOCK_SECONDS):
            return _sent(ctx, chosen, at_once=at_once)
    except BusyError as error:
        raise BusyError("another process is sending alerts", hint="try again") from error


def _due(ctx: Context, seen: Look, *, at_once: bool) -> tuple[Look, State, tuple[Delivery, ...]]:
    state, ready = due(_with_digest(ctx, seen), seen.rules, seen.now, at_once=at_once)
    return seen, state, ready


def _sent(ctx: Context, settings: AlertSettings, *, at_once: bool) -> SendReport:
    seen, state, ready = _due(ctx, look(ctx, settings), at_once=at_once)
    save(ctx.paths, state)
    done: list[Delivery] = []
    notes = list(seen.notes)
    for delivery in ready:
        channel = settings.channel(delivery.channel)
        if channel is None:
            why = "there is no such channel any more"
            ended = replace(delivery, state=DeliveryState.FAILED, at=seen.now, message=why)
        else:
            state = marked(state, replace(delivery, state=DeliveryState.SENDING, at=seen.now))
            save(ctx.paths, state)
            ended = _attempt(ctx, channel, delivery)
        state = marked(state, ended)
        save(ctx.paths, state)
        notes.extend(_sign(ctx, ended))
        done.append(ended)
    return _report(replace(seen, notes=tuple(dict.fromkeys(notes))), state, done, is_dry_run=False)


def _attempt(ctx: Context, channel: ChannelSettings, delivery: Delivery) -> Delivery:
    from riskcockpit.connectors.notices.sending import Sent, send  # noqa: PLC0415 - HTTP, if needed

    states = {
        Sent.DELIVERED: DeliveryState.DONE,
        Sent.NOT_DELIVERED: DeliveryState.WAITING,
        Sent.UNKNOWN: DeliveryState.UNKNOWN,
    }
    attempt = send(channel, delivery.notice, ctx.clock)
    return attempted(delivery, states[attempt.sent], attempt.message, ctx.clock.now())


def _sign(ctx: Context, delivery: Delivery) -> Iterable[str]:
    """Sign for what came of a message; without a key that is a note: it was sent all the same."""
    entry = receipt(delivery)
    if entry is None:
        return ()
    try:
        ctx.journal().append(*entry)
    except (LedgerError, BusyError) as error:
        return (f"what was sent is not in the ledger: {error.message}",)
    return ()


def _signed(ctx: Context) -> tuple[Sequence[Entry], Callable[[Entry], bool], tuple[str, ...]]:
    """Return what the ledger holds and who may answer; if it does not verify, nothing counts."""
    if not (ctx.paths.ledger / "chains").is_dir():
        return (), _nobody, ()
    try:
        found = examined(ctx)
    except LedgerError as error:
        return (), _nobody, (f"acknowledgements do not count: {error.message}",)
    if not found.report.is_ok:
        return (), _nobody, ("acknowledgements do not count: the ledger does not verify",)
    return found.counting, deciders(ctx.paths.ledger, found), ()


def _nobody(_entry: Entry) -> bool:
    return False


def _with_digest(ctx: Context, seen: Look) -> State:
    """Return the state with the digest of the day, once its time has come."""
    state, rules, now = seen.plan.state, seen.rules, seen.now
    wanted, today = rules.settings.digest, rules.day(now).isoformat()
    if not wanted.at or state.digest_day == today or not rules.is_past(wanted.at, now):
        return state
    context = ctx.settings.context.name
    text = digest_text(digest_of(state, rules, now - _DAY, now, context))
    notice = Notice(
        id=digest([wanted.to, "digest", today]),
        created_at=now,
        severity=Severity.INFO,
        owner="",
        context=context,
        lines=(),
        text=text,
    )
    made = Delivery(notice=notice, channel=wanted.to, at=now)
    return replace(state, deliveries=(*state.deliveries, made), digest_day=today)


def _report(seen: Look, state: State, done: Sequence[Delivery], *, is_dry_run: bool) -> SendReport:
    ours = {(each.notice.id, each.channel) for each in done}
    held = (d for d in state.deliveries if (d.notice.id, d.channel) not in ours)
    return SendReport(
        at=seen.now,
        is_dry_run=is_dry_run,
        deliveries=tuple(map(delivery_row, done)),
        waiting=sum(each.state is DeliveryState.WAITING for each in held),
        fates=dict(sorted(Counter(fate.value for fate in seen.plan.fates.values()).items())),
        notes=seen.notes,
    )
