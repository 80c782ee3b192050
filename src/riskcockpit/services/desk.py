"""The desk where decisions are taken: a verified ledger, the rules in force, a pen, a cache.

A desk is set up for one decision. Nothing is decided while the ledger does not verify.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from riskcockpit.decisions.project import project
from riskcockpit.decisions.roles import Deed, Rule, Signature
from riskcockpit.domain.action import ActionState
from riskcockpit.domain.decision import Decision, DecisionState, EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import (
    InputError,
    LedgerError,
    RetryableError,
    RiskcockpitError,
    UnknownNameError,
)
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.objects import Objects
from riskcockpit.ledger.signers import FILE_NAME
from riskcockpit.services.context import Context
from riskcockpit.services.record import ROLES, examined, policies, read_roles

MIN_PREFIX = 4
"""Characters of an id that commands take at least."""
_POLICY_FILES = (ROLES, FILE_NAME)


class Desk:
    """What one decision rests on, read at one moment."""

    def __init__(self, ctx: Context) -> None:
        """Verify the ledger and read the rules.

        Raises:
            LedgerError: the ledger does not verify, or there is no key to sign with.
            ConfigError: the roles cannot be read.
        """
        self.ctx = ctx
        self.now = ctx.clock.now()
        self.journal = ctx.journal()
        found = examined(ctx)
        if not found.report.is_ok:
            first = found.report.problems[0]
            place = "" if first.entry is None else f" entry {first.entry}"
            raise LedgerError(
                f"the ledger does not verify: {first.chain}{place}: {first.why}",
                hint="`riskcockpit ledger verify` says all; nothing is decided until it does",
            )
        self.entries = found.entries
        self.roles, _ = read_roles(ctx)
        vouched = policies(ctx.paths.ledger, found.entries)
        self.policies = {**vouched, self.roles.digest: self.roles}
        self.projection = project(found.entries, self.now, self.policies)

    @property
    def principal(self) -> str:
        """Who decides here."""
        return self.journal.principal

    @property
    def is_production(self) -> bool:
        """Whether this context is production."""
        return self.ctx.settings.context.production

    def signature(self) -> Signature:
        """Return how this person signs, with their roles of today."""
        roles = self.roles.of(self.principal)
        return Signature(self.principal, self.journal.fingerprint, roles)

    def permit(self, deed: Deed, severity: Severity = Severity.INFO) -> Rule:
        """Return the rule by which this person may ask for this.

        Raises:
            RefusedError: they may not.
        """
        return self.roles.permit(self.principal, deed, severity, is_production=self.is_production)

    def grounds(self, rule: Rule) -> dict[str, Any]:
        """Return what every decision's entry says of the rule it rests on."""
        return {
            "rule": rule.id,
            "policy": self.roles.digest,
            "context": self.ctx.settings.context.name,
            "production": self.is_production,
        }

    def sign(self, type_: EntryType, data: Mapping[str, Any]) -> Entry:
        """Write a decision into the ledger; the policy it rests on is put there first.

        Raises:
            LedgerError: it cannot be signed or written; nothing was decided then.
        """
        for name in _POLICY_FILES:
            self._vouch(name)
        return self.journal.append(type_, data)

    def finish(self) -> str:
        """Sign a checkpoint and publish; return what could not be done, or nothing.

        The decision stands in the ledger already, so a busy cache undoes nothing.
        """
        try:
            self.journal.checkpoint()
        except (LedgerError, RetryableError) as error:
            return f"{publish(self.ctx)} no checkpoint was signed: {error.message}".strip()
        return publish(self.ctx)

    def decision(
        self, entry: Entry, rule: Rule, summary: str, needs: tuple[str, ...] = ()
    ) -> Decision:
        """Return what was just decided."""
        state = DecisionState.REQUESTED if needs else DecisionState.GRANTED
        return Decision(
            entry.hash, entry.type, state, entry.actor, entry.ts, rule.id, needs, summary
        )

    def find(self, prefix: str, known: Iterable[str], what: str) -> str:
        """Return the one id in `known` that starts with `prefix`.

        Raises:
            UnknownNameError: none does, several do, or the prefix is too short.
        """
        wanted = prefix.strip().lower()
        if len(wanted) < MIN_PREFIX:
            raise UnknownNameError(
                f"{prefix!r} is too short for an id ({what})",
                hint=f"give {MIN_PREFIX} or more of its hex digits",
            )
        found = sorted({id_ for id_ in known if id_.startswith(wanted)})
        if len(found) == 1:
            return found[0]
        if found:
            several = ", ".join(id_[: len(wanted) + 4] for id_ in found[:5])
            raise UnknownNameError(f"several start with {wanted!r}", hint=f"one of {several}")
        raise UnknownNameError(
            f"there is no {what} {prefix!r}", hint="look: `riskcockpit ledger log`"
        )

    def waiting(self) -> tuple[str, ...]:
        """Return the ids of all asks, of waivers and of actions."""
        waivers = (waiver.id for waiver in self.projection.waivers)
        return (*waivers, *(each.action.id for each in self.projection.actions))

    def in_flight(self, model: str) -> tuple[str, ...]:
        """Return the actions on a model that wait or are on their way."""
        open_states = (
            ActionState.REQUESTED, ActionState.PENDING, ActionState.SENT,
            ActionState.PENDING_UPSTREAM, ActionState.UNKNOWN,
        )  # fmt: skip
        actions = self.projection.actions
        return tuple(a.action.id for a in actions if a.model == model and a.state in open_states)

    def _vouch(self, name: str) -> None:
        """Put a policy file into the ledger as it is now, unless it is there."""
        content = (self.ctx.paths.ledger / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if name == ROLES and digest != self.roles.digest:
            raise InputError("the roles were changed meanwhile", hint="try again")
        before = [
            str(entry.data.get("after", ""))
            for entry in self.entries
            if entry.type is EntryType.POLICY_CHANGED and entry.data.get("file") == name
        ]
        if before and before[-1] == digest:
            return
        Objects(self.ctx.paths.ledger).put(content)
        change = {
            "file": name,
            "before": before[-1] if before else "",
            "after": digest,
            "objects": [digest],
        }
        entry = self.journal.append(EntryType.POLICY_CHANGED, change)
        self.entries = (*self.entries, entry)


def publish(ctx: Context) -> str:
    """Judge everything anew and publish; return why that has to wait, or nothing."""
    from riskcockpit.services.judging import judge  # noqa: PLC0415 - controls load here

    try:
        with ctx.store.writer() as tx:
            judge(ctx, tx, ctx.clock.now())
    except RiskcockpitError as error:  # what was signed stands, whatever the cache says
        return f"the cache will show it after the next sync: {error.message}"
    return ""
