"""What this person may do to a finding, a model, a request and so on now, and why not.

Answers from the ledger, the rules and the settings alone: nobody upstream is asked. What the state
upstream says against it, the preview of the decision tells.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from functools import cached_property
from threading import Lock

from riskcockpit.connectors.api import Acts, Declares, Refrains
from riskcockpit.decisions.roles import Deed, Rule, needs
from riskcockpit.decisions.waivers import RENEW_RULE, RENEWABLE, REVOCABLE
from riskcockpit.domain.action import ActionKind
from riskcockpit.domain.finding import State
from riskcockpit.domain.ids import short
from riskcockpit.domain.model import CHAMPION
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import LedgerError, RefusedError, RiskcockpitError
from riskcockpit.ledger.agent import NoAgentError, held_keys
from riskcockpit.services.asks import Ask, asks_of
from riskcockpit.services.authors import known_authors
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.ledger_pulse import ledger_state
from riskcockpit.services.outbox import acting_connector
from riskcockpit.services.previews import closed
from riskcockpit.services.subjects import subject_of
from riskcockpit.services.undoable import own_rule, undoable
from riskcockpit.services.unlocking import unlocked_until
from riskcockpit.store.sql import sql
from riskcockpit.views.permissions import LAST, Permission

_DEEDS = (
    "waive",
    "approve",
    "reject",
    "revoke",
    "renew",
    "rollback",
    "promote",
    "acknowledge",
    "undo",
    "note",
)
_FRESH = timedelta(minutes=1)
"""How long an answer counts while nothing that it rests on has changed: roles are lent by time."""
_MOST_KNOWN = 64
"""Answers kept; then all are forgotten, for who walks through a list without an end."""
_LEFT_ALONE = frozenset({State.FIXED.value, State.SUPPRESSED_AT_SOURCE.value})


def permissions(ctx: Context, subject: str) -> tuple[Permission, ...]:
    """Return what may be done to a finding, a model or a request, by name or a prefix of its id.

    Raises:
        UnknownNameError: nothing is called so.
        StoreError: the cache is damaged.
    """
    return Permissions().of(ctx, subject)


class Permissions:
    """Answers that are kept as long as what they rest on: cache, ledger, rules, lock.

    They are of one person under one set of settings; several threads may ask.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._rests_on: Hashable = None
        self._since: datetime | None = None
        self._preflight: Preflight | None = None
        self._known: dict[str, tuple[Permission, ...]] = {}

    def of(self, ctx: Context, subject: str) -> tuple[Permission, ...]:
        """Return what may be done to what `subject` names; raises as `permissions`."""
        with self._lock:
            self._renew(ctx)
            if subject not in self._known:
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                self._known[subject] = self._ask(ctx, subject)
            return self._known[subject]

    def _renew(self, ctx: Context) -> None:
        """Forget all answers when they may be others now."""
        rests_on, now = grounds_of(ctx), ctx.clock.now()
        is_fresh = self._since is not None and timedelta() <= now - self._since < _FRESH
        if rests_on != self._rests_on or not is_fresh:
            self._rests_on, self._since = rests_on, now
            self._preflight, self._known = None, {}

    def _ask(self, ctx: Context, subject: str) -> tuple[Permission, ...]:
        try:
            self._preflight = self._preflight or Preflight(ctx)
            return self._preflight.of(subject)
        except LedgerError as error:  # no key, or it does not verify: nothing can be signed
            why = f"{error.message}; {error.hint}" if error.hint else error.message
            return tuple(Permission(deed, why, "") for deed in _DEEDS)


def grounds_of(ctx: Context) -> Hashable:
    """Return another value when an answer may be another one; cheap, reads no entry."""
    is_open = unlocked_until(ctx) is not None
    return ctx.store.generation(), ledger_state(ctx), is_open, _held(ctx)


def _held(ctx: Context) -> Hashable:
    """Return which keys the agent holds, where one signs; keys come and go in it."""
    if ctx.key.suffix != ".pub":
        return None
    try:
        return held_keys()
    except NoAgentError as error:
        return str(error)


class Preflight:
    """Answers for one person at one moment; the ledger and the rules are read once.

    Raises:
        LedgerError: the ledger does not verify, or there is no key to sign with.
        ConfigError: the rules cannot be read.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._desk = Desk(ctx)
        self._closed = next(iter(closed(self._desk)), "")

    def of(self, subject: str) -> tuple[Permission, ...]:
        """Return what may be done to what `subject` names; raises as `permissions`."""
        known = self._exactly(subject)
        if known is not None:
            return known
        named = subject_of(self._desk, subject)
        found = self._exactly(named)
        return self.of_model(named) if found is None else found

    def _exactly(self, name: str) -> tuple[Permission, ...] | None:
        """Return what may be done to what is called so in full; None for models and prefixes."""
        if name == LAST:
            return (self.of_last(),)
        if name in self._asks:
            return self.of_request(self._asks[name])
        if any(each.id == name for each in self._desk.projection.incidents):
            return (self._note(),)
        if any(each.id == name for each in self._desk.projection.automation.proposals):
            return self.of_proposal()
        if not self._ctx.store.generation():
            return None
        with self._ctx.store.reader() as reader:
            found = reader.one(sql("services", "preflight_finding"), id=name)
        return None if found is None else self.of_finding(*found)

    @cached_property
    def _asks(self) -> dict[str, Ask]:
        desk = self._desk
        return {each.entry.hash: each for each in asks_of(desk.entries, desk.projection, desk.book)}

    def of_last(self) -> Permission:
        """Return whether one's own last decision can be taken back."""
        try:
            entry = undoable(self._desk, "")
        except RefusedError as error:
            why = f"{error.message}; {error.hint}" if error.hint else error.message
            return Permission("undo", why, error.rule)
        return Permission("undo", self._closed, own_rule(self._desk, entry).id)

    def of_proposal(self) -> tuple[Permission, ...]:
        """Return what may be done to what automation proposed: taken up, it is one's own."""
        answers = (self._by_rule(name, Deed.ROLLBACK) for name in ("approve", "reject"))
        return (*answers, self._note())

    def of_finding(self, state: str, severity: int) -> tuple[Permission, ...]:
        """Return what may be done to a finding in this state (a word of `domain.finding.State`)."""
        gone = state.replace("_", " ") if state in _LEFT_ALONE else ""
        waive = self._by_rule("waive", Deed.WAIVE, Severity(severity))
        if gone:
            waive = Permission("waive", f"it is {gone}", "")
        return (waive, self._note())

    def of_model(self, model: str) -> tuple[Permission, ...]:
        """Return what may be done to a model."""
        with self._ctx.store.reader() as reader:
            row = reader.one(sql("services", "rollback_model"), model=model, alias=CHAMPION)
        source = str(row[0]) if row else ""
        busy = self._desk.in_flight(model)
        moves = []
        for deed, kind in (
            ("rollback", ActionKind.MODEL_ROLLBACK),
            ("promote", ActionKind.MODEL_PROMOTE),
        ):
            found = self._by_rule(deed, Deed.ROLLBACK)
            why = found.why_not or (
                f"another move of it is on its way: {busy[0][:10]}" if busy else ""
            )
            why = why or self.why_not_at(source, kind)
            moves.append(Permission(deed, why, found.rule, found.needs))
        return (*moves, self._note())

    def of_request(self, ask: Ask) -> tuple[Permission, ...]:
        """Return what may be done to a request, or to the waiver it became."""
        signature = self._desk.signature()
        authors = known_authors(self._ctx, ask.entry.data)
        answers = [
            self._asked("approve", lambda: ask.permit_key(signature, authors)[0], ask),
            self._asked("reject", lambda: ask.permit_rejection(signature), ask),
        ]
        waiver = self._desk.projection.waiver(ask.entry.hash)
        if waiver is not None:
            revoke = self._by_rule("revoke", Deed.REVOKE)
            if not revoke.why_not and waiver.state not in REVOCABLE:
                word = waiver.state.value.replace("_", " ")
                revoke = Permission("revoke", f"the waiver is {word}", "in-force-only")
            severity = waiver.terms.ruling_severity if waiver.terms else Severity.CRITICAL
            renew = self._by_rule("renew", Deed.WAIVE, max(severity, Severity.HIGH))
            if not renew.why_not and waiver.state not in RENEWABLE:
                word = waiver.state.value.replace("_", " ")
                renew = Permission("renew", f"the waiver is {word}", RENEW_RULE)
            elif not renew.why_not and (asked := self._desk.projection.renewal_asked(waiver.id)):
                why = f"a renewal of it waits: {short(asked.id)}"
                renew = Permission("renew", why, RENEW_RULE)
            answers += [revoke, renew]
        return (*answers, self._note())

    def why_not_at(self, source: str, kind: ActionKind) -> str:
        """Return why an action of this kind cannot be done at a source; empty when it can.

        Nobody is asked upstream: by the settings, the credentials and what the connector can do.
        """
        try:
            connector = acting_connector(self._ctx, source)
        except RiskcockpitError as error:
            return error.message
        try:
            is_able = isinstance(connector, Acts) and (
                not isinstance(connector, Declares) or kind in connector.acts
            )
            if not is_able:
                return f"the source {source} cannot do this: {kind.value}"
            return connector.why_not() if isinstance(connector, Refrains) else ""
        finally:
            connector.close()

    def _by_rule(self, name: str, deed: Deed, severity: Severity = Severity.INFO) -> Permission:
        try:
            rule = self._desk.permit(deed, severity)
        except RefusedError as error:
            return Permission(name, error.message, error.rule)
        missing = needs(rule, [self._desk.signature()])
        return Permission(name, self._closed, rule.id, missing)

    def _asked(self, name: str, permit: Callable[[], Rule], ask: Ask) -> Permission:
        try:
            rule = permit()
        except RefusedError as error:
            return Permission(name, error.message, error.rule)
        is_key = name == "approve"
        signed = [*ask.standing.signed, self._desk.signature()]
        return Permission(name, self._closed, rule.id, needs(rule, signed) if is_key else ())

    def _note(self) -> Permission:
        return self._by_rule("note", Deed.NOTE)
