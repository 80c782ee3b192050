"""The desk where decisions are taken: a verified ledger, the rules in force, a pen, a cache.

A desk is set up for one decision. Nothing is decided while the ledger does not verify.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from riskcockpit.config.automation import parse_automation
from riskcockpit.decisions.authors import KEY as AUTHORS
from riskcockpit.decisions.duties import said_of_ask
from riskcockpit.decisions.policy import AUTOMATION, HOLDS, OPTIONAL, ROLES
from riskcockpit.decisions.policy import FILES as POLICY_FILES
from riskcockpit.decisions.project import project
from riskcockpit.decisions.roles import ENFORCED, Deed, Role, Roles, Rule, Signature, needs
from riskcockpit.decisions.waiver_limits import WaiverLimits, stricter
from riskcockpit.domain.action import OPEN_STATES
from riskcockpit.domain.decision import Decision, DecisionState, EntryType
from riskcockpit.domain.ids import short
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import (
    ConfigError,
    InputError,
    LedgerError,
    RefusedError,
    RetryableError,
    RiskcockpitError,
    UnknownNameError,
)
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.objects import Objects
from riskcockpit.ledger.signers import parse_signers
from riskcockpit.services.context import Context
from riskcockpit.services.policy_state import (
    POLICY_RULE,
    held_versions,
    put_back,
    state_of,
    write_policy,
)
from riskcockpit.services.record import parse_roles, policy_book, read_roles, verified
from riskcockpit.services.unlocking import refuse_locked

REVOKED_RULE = "key-revoked"
MIN_PREFIX = 4
"""Characters of an id that commands take at least."""
_LISTS = {
    "request": "requests list", "waiver": "waivers list", "incident": "incident list",
    "action": "actions list",
}  # fmt: skip
"""Where what a decision is about is listed."""


class Desk:
    """What one decision rests on, read at one moment."""

    def __init__(self, ctx: Context, ending: str = "") -> None:
        """Verify the ledger, but for the future of a key that is ended, and read the rules.

        Raises:
            LedgerError: the ledger does not verify, or there is no key to sign with.
            ConfigError: the roles cannot be read.
        """
        self.ctx = ctx
        self.now = ctx.clock.now()
        self.journal = ctx.journal()
        found = verified(ctx, ending)
        self.entries = found.entries
        self.book = policy_book(ctx.paths.ledger, found.entries)
        self.roles = self._roles()
        self.policies = {**self.book.versions, self.roles.digest: self.roles}
        self.projection = project(found.entries, self.now, self.policies, void=self.book.void)

    @property
    def principal(self) -> str:
        """Who decides here."""
        return self.journal.principal

    @property
    def is_production(self) -> bool:
        """Whether this is production: the settings say so, or the roles that were signed."""
        return self.ctx.settings.context.production or self.roles.is_production

    @property
    def waiver_limits(self) -> WaiverLimits:
        """How long waivers of this person may last: by the policy, or by stricter settings."""
        return stricter(self.roles.waivers, self.ctx.settings.waivers)

    def signature(self) -> Signature:
        """Return how this person signs, with their roles of today: none with a revoked key."""
        if self.journal.fingerprint in self.book.ended:
            return Signature(self.principal, self.journal.fingerprint, frozenset())
        return self.roles.signature(self.principal, self.journal.fingerprint, self.now)

    def permit(self, deed: Deed, severity: Severity = Severity.INFO) -> Rule:
        """Return the rule by which this person may ask for this.

        Raises:
            RefusedError: they may not, or their key is not in force.
        """
        self.check_key()
        if self.roles.of(self.principal, self.now) and not self.signature().roles:
            raise RefusedError(
                f"the key {self.journal.fingerprint} of {self.principal} is not in force",
                rule="policy-four-eyes",
                hint="two others sign allowed_signers first: the next decision of one asks for it",
            )
        return self.roles.permit(
            self.principal, deed, severity, is_production=self.is_production, at=self.now
        )

    def permit_enforced(self, model: str, version: str) -> Rule:
        """Return the rule by which automation may roll `model` back without asking.

        `version` is the digest of the rules of automation it rests on.

        Raises:
            RefusedError: this is not automation, or nobody answers for this model.
        """
        if not self.signature().roles & ENFORCED.request:
            raise RefusedError(
                f"{self.principal} is not automation, and rolls nothing back without asking",
                rule=ENFORCED.id,
                hint="a service account with the role automation and a key of its own does",
            )
        rule = self.roles.enforced(model, version, self.now)
        if rule is None:
            raise RefusedError(
                f"nobody answers for rolling {model} back without asking",
                rule=ENFORCED.id,
                hint=f"`riskcockpit watch enforce {model}`, and the signature of a second person",
            )
        return rule

    def ruling(self, deed: Deed) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
        """Return the id of the rule, what it still needs, and why it refuses this person."""
        try:
            rule = self.permit(deed)
        except RefusedError as error:
            return error.rule, (), (error.message,)
        return rule.id, needs(rule, [self.signature()]), ()

    def grounds(self, rule: Rule) -> dict[str, Any]:
        """Return what every decision's entry says of the rule it rests on."""
        return {
            "rule": rule.id,
            "policy": self.roles.digest,
            "context": self.ctx.settings.context.name,
            "production": self.is_production,
        }

    def asking(self, rule: Rule, authors: Iterable[str]) -> dict[str, Any]:
        """Return what an ask says of its grounds, of who asks, and of who cannot add a key to it.

        `authors` made what it is about.
        """
        named = list(authors)
        duties = said_of_ask(rule, self.signature(), named)
        return {AUTHORS: named, **duties, **self.grounds(rule)}

    def check_key(self) -> None:
        """Let nobody decide with a key that was revoked.

        Raises:
            RefusedError: it was; the message says by whom.
        """
        end = self.book.ended.get(self.journal.fingerprint)
        if end is not None:
            raise RefusedError(
                f"the key {end.key_fp} was revoked by {end.entry.actor}: what it signs is void",
                rule=REVOKED_RULE,
                hint=f"`riskcockpit ledger show {short(end.entry.hash)}`; sign with another key",
            )

    def check_open(self) -> None:
        """Let nobody decide with a revoked key, in locked production, or by an edited policy.

        Raises:
            RefusedError: it is so.
        """
        self.check_key()
        if self.signature().roles != {Role.AUTOMATION}:
            refuse_locked(self.ctx)
        for name in POLICY_FILES:
            self.refuse_edited(name)

    def refuse_edited(self, name: str) -> None:
        """Let nobody decide while this file of the policy is not what was signed, or asked for.

        Raises:
            RefusedError: it was edited, or is gone.
            ConfigError: it cannot be read, and no version was ever signed.
        """
        is_signed = name in self.book.digests
        if name in OPTIONAL and not is_signed:
            return
        try:
            is_edited = state_of(self.ctx.paths.ledger, self.book, name).is_edited
        except ConfigError as error:
            if not is_signed:
                raise
            raise RefusedError(error.message, rule=POLICY_RULE, hint=error.hint) from error
        if is_edited:
            raise RefusedError(
                f"{name} was edited, and nobody signed the change",
                rule=POLICY_RULE,
                hint="`riskcockpit policy sign` asks for it, `policy restore` undoes it",
            )

    def sign(self, type_: EntryType, data: Mapping[str, Any]) -> Entry:
        """Write a decision into the ledger; the first policy it rests on is put there before.

        Raises:
            RefusedError: production is locked, or a policy file was edited and nobody signed that.
            LedgerError: it cannot be signed or written; nothing was decided then.
        """
        self.put_back()
        self.check_open()
        self.vouch()
        entry = self.journal.append(type_, data)
        self.entries = (*self.entries, entry)
        return entry

    def vouch(self) -> None:
        """Sign the first versions of the policy that every decision rests on.

        Raises:
            RefusedError: one was edited, and nobody signed that.
            LedgerError: it cannot be signed.
        """
        for name in POLICY_FILES:
            if name not in OPTIONAL:
                self._vouch(name)

    def finish(self) -> str:
        """Sign a checkpoint and publish; return what could not be done, or nothing.

        The decision stands in the ledger already, so a busy cache undoes nothing.
        """
        return "; ".join(filter(None, (publish(self.ctx), self.settle())))

    def settle(self) -> str:
        """Sign a checkpoint and follow a change of the policy; publish nothing.

        Returns what could not be done, or what is to be known, or nothing.
        """
        said = [*self._follow_policy(), *self.put_back(), self._asked_for()]
        try:
            self.journal.checkpoint()
        except (LedgerError, RetryableError) as error:
            said.append(f"no checkpoint was signed: {error.message}")
        return "; ".join(filter(None, (*said, *self.journal.warnings)))

    def _follow_policy(self) -> list[str]:
        """Put what this decision brought into force in the place of what was in force before."""
        said = []
        directory = self.ctx.paths.ledger
        present = policy_book(directory, self.entries)
        for name, digest in present.digests.items():
            before = self.book.digests.get(name, "")
            if before == digest:
                continue
            is_new = name in OPTIONAL and not (directory / name).exists()
            if not is_new and state_of(directory, self.book, name).digest != before:
                continue
            try:
                write_policy(directory, name, Objects(directory).get(digest))
                said.append(f"{name} is the version {short(digest)} now")
            except RiskcockpitError as error:
                said.append(error.message)
        return said

    def put_back(self) -> list[str]:
        """Put what is in force in the place of policy files that were rejected or overtaken."""
        directory = self.ctx.paths.ledger
        return put_back(directory, policy_book(directory, self.entries))

    def _asked_for(self) -> str:
        """Return which changes of the policy wait for another person."""
        return "; ".join(
            f"the change of {each.entry.data['file']} waits for another person: "
            f"`riskcockpit approve {short(each.entry.hash)}`"
            for each in policy_book(self.ctx.paths.ledger, self.entries).waiting
        )

    def decision(
        self, entry: Entry, rule: Rule, summary: str, needs: tuple[str, ...] = ()
    ) -> Decision:
        """Return what was just decided."""
        state = DecisionState.REQUESTED if needs else DecisionState.GRANTED
        return Decision(
            entry.hash, entry.type, state, entry.actor, entry.ts, rule.id, needs, summary
        )

    @staticmethod
    def find(prefix: str, known: Iterable[str], what: str) -> str:
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
        where = _LISTS.get(what, "ledger log")
        raise UnknownNameError(
            f"there is no {what} {prefix!r}", hint=f"look: `riskcockpit {where}`"
        )

    def waiting(self) -> tuple[str, ...]:
        """Return the ids of all asks, of waivers and of actions."""
        waivers = (waiver.id for waiver in self.projection.waivers)
        return (*waivers, *(each.action.id for each in self.projection.actions))

    def in_flight(self, model: str) -> tuple[str, ...]:
        """Return the actions on a model that wait or are on their way."""
        return self.projection.in_flight(model)

    def under_way(self, source: str, target: str) -> tuple[str, ...]:
        """Return the actions on a target of a source that wait or are on their way."""
        return tuple(
            each.action.id
            for each in self.projection.actions
            if (each.action.source, each.action.target) == (source, target)
            and each.state in OPEN_STATES
        )

    def change_policy(self, name: str) -> Entry | None:
        """Sign a policy file as it is now: it is in force then, or waits for another person.

        None when that version is in force, or is asked for already.

        Raises:
            ConfigError: it cannot be read; nobody is asked to sign what is no policy.
            LedgerError: it cannot be signed or written.
        """
        if name in OPTIONAL and not (self.ctx.paths.ledger / name).exists():
            return None
        found = state_of(self.ctx.paths.ledger, self.book, name)
        if found.is_in_force or found.waits is not None:
            return None
        if name == AUTOMATION:
            parse_automation(found.content.decode("utf-8", "replace"), Path(name))
        elif name == ROLES:
            parse_roles(found.content, name)
        elif faults := parse_signers(found.content.decode("utf-8", "replace")).faults:
            raise ConfigError(f"cannot use {name}: {faults[0]}")
        Objects(self.ctx.paths.ledger).put(found.content)
        change: dict[str, Any] = {
            "file": name, "before": found.in_force, "after": found.digest,
            "objects": [found.digest],
        }  # fmt: skip
        if held := held_versions(self.ctx.paths.ledger, self.book, name, found.content):
            change[HOLDS] = held
        entry = self.journal.append(EntryType.POLICY_CHANGED, change)
        self.entries = (*self.entries, entry)
        self.book = policy_book(self.ctx.paths.ledger, self.entries)
        return entry

    def _roles(self) -> Roles:
        """Return the roles in force; those of the file while none were ever signed."""
        return self.book.roles or read_roles(self.ctx)[0]

    def _vouch(self, name: str) -> None:
        """Sign the first version of a policy file; refuse one that was edited and not signed."""
        self.refuse_edited(name)
        if not state_of(self.ctx.paths.ledger, self.book, name).in_force:
            self.change_policy(name)
        if name == ROLES and self.roles.digest not in self.book.versions:
            raise InputError("the roles were changed meanwhile", hint="try again")


def publish(ctx: Context) -> str:
    """Judge everything anew, publish and sign what it came to; return why not, or nothing."""
    from riskcockpit.services.judging import (  # noqa: PLC0415 - controls load here
        judge,
        record_evaluation,
    )

    try:
        with ctx.store.writer() as tx:
            judgement = judge(ctx, tx, ctx.clock.now())
    except RiskcockpitError as error:  # what was signed stands, whatever the cache says
        return f"the cache will show it after the next sync: {error.message}"
    return record_evaluation(ctx, judgement, ctx.clock.now())
