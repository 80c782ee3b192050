"""Who one is here, and what the rules would want for an action and why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from riskcockpit.decisions.duties import could_sign
from riskcockpit.decisions.people import Delegation
from riskcockpit.decisions.roles import Deed, Role, Roles, Rule, Signature, needs
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import InputError
from riskcockpit.services.context import Context
from riskcockpit.services.record import examined, policy_book, read_roles
from riskcockpit.services.unlocking import unlocked_until
from riskcockpit.views.identity import DelegationRow, Me, RolesView, RuleRow, Ruling

_BY_SEVERITY = frozenset({Deed.WAIVE, Deed.BREAK_GLASS})


def whoami(ctx: Context) -> Me:
    """Return who signs here, with which key, and in which roles.

    Raises:
        LedgerError: there is no key, or nobody knows whose it is.
        ConfigError: the roles cannot be read.
    """
    signer, now = ctx.signer(), ctx.clock.now()
    book = policy_book(ctx.paths.ledger, examined(ctx).entries)
    roles = book.roles or read_roles(ctx)[0]
    signature = roles.signature(signer.principal, signer.fingerprint, now)
    is_ended = signer.fingerprint in book.ended
    context = ctx.settings.context
    journal = ctx.journal()
    return Me(
        principal=signer.principal,
        names=tuple(sorted(signature.names)),
        key=str(ctx.key),
        fingerprint=signer.fingerprint,
        holder="agent" if ctx.key.suffix == ".pub" else "file",
        is_key_in_force=not is_ended
        and (roles.keys is None or (signer.principal, signer.fingerprint) in roles.keys),
        roles=() if is_ended else _words(signature.roles),
        delegations=tuple(
            _delegation(each, now)
            for each in roles.delegations
            if signer.principal in (each.giver, each.to)
        ),
        chain=journal.chain,
        head=journal.head(),
        context=context.name,
        is_production=context.production,
        unlocked_until=unlocked_until(ctx) if context.production else None,
        policy=roles.digest,
    )


def roles_in_force(ctx: Context) -> Roles:
    """Return the roles that count: those of the ledger, or the file while none was signed.

    Raises:
        ConfigError: they cannot be read. LedgerError: the ledger cannot be.
    """
    return policy_book(ctx.paths.ledger, examined(ctx).entries).roles or read_roles(ctx)[0]


def show_roles(ctx: Context) -> RolesView:
    """Return the roles, persons, delegations and rules in force; raises as `roles_in_force`."""
    roles, now = roles_in_force(ctx), ctx.clock.now()
    return RolesView(
        digest=roles.digest,
        principals=tuple((name, _words(of)) for name, of in sorted(roles.principals.items())),
        persons=tuple(tuple(sorted(person)) for person in roles.persons),
        delegations=tuple(_delegation(each, now) for each in roles.delegations),
        rules=tuple(map(_rule, roles.rules)),
        waivers=msgspec.structs.asdict(roles.waivers),
    )


def explain(
    ctx: Context,
    action: str,
    severity: str = "",
    *,
    is_production: bool | None = None,
    principal: str = "",
) -> tuple[Ruling, ...]:
    """Say what `action` would take: of this person, or of `principal`.

    Without a severity, once for each at which another rule applies.

    Raises:
        InputError: there is no such action, severity or person.
    """
    deed = _deed(action)
    book = policy_book(ctx.paths.ledger, examined(ctx).entries)
    roles = roles_in_force(ctx)
    asker = _asker(ctx, roles, principal)
    is_there = ctx.settings.context.production if is_production is None else is_production
    facts: dict[str, Any] = {"is_production": is_there, "now": ctx.clock.now()}
    if deed is Deed.POLICY:
        rule = book.rule_for(asker.principal)
        return (_ruling(roles, asker, rule, deed, severity="", **facts),)
    found: list[Ruling] = []
    for each in _severities(deed, severity):
        fitting = roles.rule_for(deed, each, is_production=is_there)
        one = _ruling(roles, asker, fitting, deed, severity=each.word, **facts)
        if not found or found[-1].rule != one.rule:
            found.append(one)
    return tuple(found)


def _ruling(
    roles: Roles,
    asker: Signature,
    rule: Rule | None,
    deed: Deed,
    *,
    severity: str,
    is_production: bool,
    now: datetime,
) -> Ruling:
    if rule is None:
        why = f"no rule allows anybody to {deed.value} here"
        return Ruling(deed.value, severity, is_production, "", "", 0, why, (), (), "")
    refusal = "" if asker.roles & rule.request else _refusal(asker, rule, deed)
    approvers = could_sign(roles, rule, [asker], (), now)
    return Ruling(
        action=deed.value,
        severity=severity,
        is_production=is_production,
        rule=rule.id,
        why=rule.why,
        keys=rule.keys,
        refusal=refusal,
        approvers=approvers if rule.keys > 1 or rule.review else (),
        needs=() if refusal else needs(rule, [asker]),
        review=rule.review,
    )


def _refusal(asker: Signature, rule: Rule, deed: Deed) -> str:
    wanted = " or ".join(_words(rule.request))
    has = ", ".join(_words(asker.roles)) or "no role"
    return f"{asker.principal} may not {deed.value}: {has}, it takes {wanted}"


def _asker(ctx: Context, roles: Roles, principal: str) -> Signature:
    now = ctx.clock.now()
    if not principal:
        signer = ctx.signer()
        return roles.signature(signer.principal, signer.fingerprint, now)
    if not roles.of(principal, now):
        known = ", ".join(sorted(roles.principals))
        raise InputError(f'"{principal}" has no role here', hint=f"known: {known}")
    keys = sorted(key for who, key in roles.keys or () if who == principal)
    return roles.signature(principal, keys[0] if keys else "", now)


def _deed(word: str) -> Deed:
    try:
        return Deed(word.strip().lower().replace("_", "-"))
    except ValueError as error:
        known = ", ".join(deed.value for deed in Deed)
        raise InputError(f'there is no action "{word}"', hint=f"one of {known}") from error


def _severities(deed: Deed, word: str) -> tuple[Severity, ...]:
    if word:
        found = Severity.from_word(word)
        if found is None:
            raise InputError(f'unknown severity "{word}"', hint="as critical, high, medium")
        return (found,)
    return tuple(sorted(Severity, reverse=True)) if deed in _BY_SEVERITY else (Severity.INFO,)


def _rule(rule: Rule) -> RuleRow:
    production = {None: "any", True: "only", False: "not"}[rule.production]
    return RuleRow(
        rule.id, rule.action.value, rule.severity, production, _words(rule.request), rule.keys,
        _words(rule.approve), rule.review, rule.why,
    )  # fmt: skip


def _delegation(each: Delegation, now: datetime) -> DelegationRow:
    return DelegationRow(
        each.giver, each.to, tuple(sorted(each.roles)), each.ends, each.why, each.holds(now)
    )


def _words(roles: frozenset[Role]) -> tuple[str, ...]:
    return tuple(sorted(role.value for role in roles))
