"""Alerts as people see them: the list, one of them, the digest, and signing for one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from riskcockpit.alerts.rules import rules_of
from riskcockpit.alerts.state import State
from riskcockpit.decisions.roles import Deed
from riskcockpit.domain.clock import start_of_period
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import digest, short
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import InputError, UnknownNameError
from riskcockpit.services.alert_rows import alert_rows, delivery_row, digest_of
from riskcockpit.services.alert_settings import settings_in_force
from riskcockpit.services.alert_store import load
from riskcockpit.services.alerting import Look, look
from riskcockpit.services.answers import LONGEST_NOTE
from riskcockpit.services.context import Context
from riskcockpit.services.desk import MIN_PREFIX, Desk
from riskcockpit.services.previews import closed
from riskcockpit.views.alerts import AlertDetail, AlertRow, DigestView
from riskcockpit.views.governance import DecisionPreview, DecisionResult

DAY = timedelta(days=1)


def alerts(ctx: Context, *, with_ended: bool = False) -> tuple[AlertRow, ...]:
    """Return what is there now, the worst first, with what would become of it in a cycle now.

    Raises:
        ConfigError: the rules of alerting cannot be used.
        StoreError: the cache, or what alerting remembers, cannot be read.
    """
    return tuple(row for row in _rows(look(ctx)) if with_ended or row.ended_at is None)


def alert(ctx: Context, name: str) -> AlertDetail:
    """Return one alert with the messages that told it. `name` is its key, or begins its id.

    Raises:
        UnknownNameError: there is none of that name. Else as `alerts`.
    """
    seen = look(ctx)
    row = _named(_rows(seen), name)
    told = [
        delivery_row(each)
        for each in seen.before.deliveries
        if any(line.key == row.key for line in each.notice.lines)
    ]
    return AlertDetail(row, tuple(told))


def names(ctx: Context) -> tuple[str, ...]:
    """Return the ids of what alerting remembers, without looking at the cache; for completion."""
    return tuple(row.id for row in alert_rows(load(ctx.paths), rules_of(settings_in_force(ctx))))


def plan_acknowledge(ctx: Context, name: str, text: str) -> DecisionPreview:
    """Say what acknowledging an alert would do; raises as `acknowledge`, but for the role."""
    words, row, desk = _words(text), _named(_rows(look(ctx)), name), Desk(ctx)
    rule, needs, refused = desk.ruling(Deed.NOTE)
    over = ("it has ended",) if row.ended_at else ()
    known = (f"acknowledged by {row.acked_by} already",) if row.acked_at else ()
    return DecisionPreview(
        title=f"Acknowledge the alert {row.id}",
        consequence="You take care of it: it is told no more until it ends or gets worse.",
        target=row.title,
        context=ctx.settings.context.name,
        is_production=desk.is_production,
        calls=(),
        rule=rule,
        needs=needs,
        blockers=(*over, *refused, *closed(desk)),
        warnings=known,
        facts=(("alert", row.detail), ("note on", row.subject), ("text", words)),
    )


def acknowledge(ctx: Context, name: str, text: str) -> DecisionResult:
    """Sign that somebody takes care of an alert: it is told no more until it ends or gets worse.

    The note is about the finding or the model of the alert, when it has one: it counts there too.

    Raises:
        InputError: the text is empty or too long.
        UnknownNameError: there is no alert of that name.
        RefusedError: this role writes no notes.
        LedgerError: it cannot be signed.
    """
    words, row, desk = _words(text), _named(_rows(look(ctx)), name), Desk(ctx)
    rule = desk.permit(Deed.NOTE)
    about = row.subject or f"alert:{row.key}"
    said = {"subject": about, "alert": row.key, "text": words, **desk.grounds(rule)}
    entry = desk.sign(EntryType.NOTE, said)
    return DecisionResult(desk.decision(entry, rule, f"about {about}"), (), desk.finish())


def _words(text: str) -> str:
    words = clean_text(text).strip()
    if not words or len(words) > LONGEST_NOTE:
        raise InputError(f"a note has 1 to {LONGEST_NOTE} characters, not {len(words)}")
    return words


def digest_view(ctx: Context, since: datetime | timedelta | None = None) -> DigestView:
    """Return the digest until now from `since`, a moment (aware UTC) or so long ago.

    It is of the last day by default. Raises as `alerts`.
    """
    seen = look(ctx)
    context = ctx.settings.context.name
    start = start_of_period(since or DAY, seen.now)
    return digest_of(_as_told(seen), seen.rules, start, seen.now, context)


def _rows(seen: Look) -> tuple[AlertRow, ...]:
    return alert_rows(_as_told(seen), seen.rules)


def _as_told(seen: Look) -> State:
    """Return what is there now, as it was told and held until now: looking tells nobody."""
    before = {alert.fact.key: alert for alert in seen.before.alerts}
    told = []
    for after in seen.plan.state.alerts:
        past = before.get(after.fact.key)
        done = (past.told_at, past.times, past.held, past.step) if past else (None, 0, {}, 0)
        told.append(replace(after, told_at=done[0], times=done[1], held=done[2], step=done[3]))
    return replace(seen.before, alerts=tuple(told))


def _named(rows: tuple[AlertRow, ...], name: str) -> AlertRow:
    wanted = name.strip()
    found = [row for row in rows if row.key == wanted]
    if not found and len(wanted) >= MIN_PREFIX:
        found = [row for row in rows if digest([row.key]).startswith(wanted.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(short(digest([row.key])) for row in found[:5])
        raise UnknownNameError(f"several alerts start with {wanted!r}", hint=f"one of {several}")
    raise UnknownNameError(f"there is no alert {wanted!r}", hint="`riskcockpit alerts list --all`")
