"""What this person may do to a finding, a model or a request now, and why not.

Answers from the ledger, the rules and the settings alone: nobody upstream is asked. What the state
upstream says against it, the preview of the decision tells.
"""

from __future__ import annotations

from collections.abc import Callable

from riskcockpit.connectors.api import Acts, Declares, Refrains
from riskcockpit.decisions.roles import Deed, Rule, needs
from riskcockpit.decisions.waivers import REVOCABLE
from riskcockpit.domain.action import ActionKind
from riskcockpit.domain.finding import State
from riskcockpit.domain.model import CHAMPION
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import LedgerError, RefusedError, RiskcockpitError
from riskcockpit.services.asks import Ask, asks_of
from riskcockpit.services.authors import known_authors
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.outbox import acting_connector
from riskcockpit.services.subjects import subject_of
from riskcockpit.services.waivers import RENEW_RULE, RENEWABLE
from riskcockpit.store.sql import sql
from riskcockpit.views.permissions import Permission

_DEEDS = ("waive", "approve", "reject", "revoke", "renew", "rollback", "promote", "note")
_LEFT_ALONE = frozenset({State.FIXED.value, State.SUPPRESSED_AT_SOURCE.value})


def permissions(ctx: Context, subject: str) -> tuple[Permission, ...]:
    """Return what may be done to a finding, a model or a request, by name or a prefix of its id.

    Raises:
        UnknownNameError: nothing is called so.
        StoreError: the cache is damaged.
    """
    try:
        return Preflight(ctx).of(subject)
    except LedgerError as error:  # no key, or the ledger does not verify: nothing can be signed
        return tuple(Permission(deed, error.message, "") for deed in _DEEDS)


class Preflight:
    """Answers for one person at one moment; the ledger and the rules are read once.

    Raises:
        LedgerError: the ledger does not verify, or there is no key to sign with.
        ConfigError: the rules cannot be read.
    """

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._desk = Desk(ctx)
        self._closed = self._why_closed()

    def of(self, subject: str) -> tuple[Permission, ...]:
        """Return what may be done to what `subject` names; raises as `permissions`."""
        named = subject_of(self._desk, subject)
        desk = self._desk
        asks = {each.entry.hash: each for each in asks_of(desk.entries, desk.projection, desk.book)}
        if named in asks:
            return self.of_request(asks[named])
        with self._ctx.store.reader() as reader:
            found = reader.one(sql("services", "preflight_finding"), id=named)
        return self.of_model(named) if found is None else self.of_finding(*found)

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

    def _why_closed(self) -> str:
        try:
            self._desk.check_open()
        except RefusedError as error:
            return error.message
        return ""
