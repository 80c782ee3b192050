"""Whose keys may sign: listed, added and ended in `allowed_signers`, each by a signed change.

A key's line is never removed: what it signed while it was valid stays good as long as something
signed later covers it. An end acts at once, for it only takes away; a new key waits for two.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from riskcockpit.decisions.policy import SIGNERS, PolicyBook
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import Decision, DecisionState, EntryType
from riskcockpit.domain.ids import short
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import InputError, RiskcockpitError, UnknownNameError
from riskcockpit.ledger.armor import fingerprint
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.signers import (
    AllowedKey,
    SignersError,
    parse_signers,
    read_public_key,
    stamp,
    with_end,
)
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.policy_files import asked_for, may_change
from riskcockpit.services.policy_state import state_of, write_policy
from riskcockpit.services.previews import policy_preview
from riskcockpit.services.record import examined, policy_book
from riskcockpit.services.unlocking import refuse_locked
from riskcockpit.views.governance import DecisionPreview, DecisionResult
from riskcockpit.views.identity import KeyRow

LEFT_RULE = "end-leaves-somebody"
"""Lets one person end another's key at once only while somebody else could reject that."""
NAMESPACES = "riskcockpit-evidence,riskcockpit-checkpoint,riskcockpit-policy"
_PRINCIPAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+@-]*")


def signing_keys(ctx: Context) -> tuple[KeyRow, ...]:
    """Return every line of `allowed_signers`, and whether its key counts now.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    found = examined(ctx)
    book = policy_book(ctx.paths.ledger, found.entries)
    known = book.roles.keys if book.roles else None
    now = ctx.clock.now()
    content = state_of(ctx.paths.ledger, book, SIGNERS).content
    return tuple(
        KeyRow(
            principal=principal,
            fingerprint=fingerprint(line.key),
            type=_type(line.key),
            valid_after=line.valid_after,
            valid_before=_end_of(line, book),
            state="ended"
            if fingerprint(line.key) in book.ended
            else _state(line, principal, known, now),
        )
        for line in parse_signers(content.decode("utf-8", "replace")).keys
        for principal in sorted(line.principals)
    )


def plan_add_key(
    ctx: Context, principal: str, public_key: str, reason: str, ends: datetime | None = None
) -> DecisionPreview:
    """Say what allowing a key would do; raises as `add_key`."""
    desk, _, data = _adding(ctx, principal, public_key, reason, ends, is_plan=True)
    facts = (
        ("key", str(data["key_fp"])),
        ("roles", _roles_of(desk, principal)),
        ("ends", str(data.get("valid_before", "never"))),
        ("reason", str(data["reason"])),
    )
    return policy_preview(desk, f"Let a key sign for {principal}", principal, facts)


def add_key(
    ctx: Context, principal: str, public_key: str, reason: str, ends: datetime | None = None
) -> DecisionResult:
    """Allow a key to sign for somebody from now on; another person has to sign that too.

    Raises:
        InputError: it is no public key, the name is none, or the key is there already.
        RefusedError: this person may not change the policy.
    """
    desk, text, data = _adding(ctx, principal, public_key, reason, ends)
    return _change(desk, text, EntryType.KEY_ADDED, data)


def _roles_of(desk: Desk, principal: str) -> str:
    """Say what a principal may; empty before the first roles are signed."""
    if desk.book.roles is None:
        return ""
    words = ", ".join(sorted(role.value for role in desk.book.roles.of(principal)))
    return words or "none yet: `policy/roles.yaml` of the ledger gives some"


def _adding(
    ctx: Context,
    principal: str,
    public_key: str,
    reason: str,
    ends: datetime | None,
    *,
    is_plan: bool = False,
) -> tuple[Desk, str, dict[str, Any]]:
    """Return a desk, the file with the key in it, and what the entry says."""
    if not _PRINCIPAL.fullmatch(principal):
        raise InputError(f"{principal!r} cannot name a signer", hint="a plain name, as ann@bank")
    try:
        key = read_public_key(public_key)
    except SignersError as error:
        raise InputError(str(error), hint="give the text of a .pub file, or its path") from error
    kind, blob = public_key.split()[:2]
    desk, text = _open(ctx, is_plan=is_plan)
    for line in parse_signers(text).keys:
        if line.key == key and principal in line.principals:
            raise InputError(f"{principal} has the key {fingerprint(key)} already")
    end = f',valid-before="{stamp(ends)}"' if ends else ""
    options = f'namespaces="{NAMESPACES}",valid-after="{stamp(desk.now)}"{end}'
    before = text if text.endswith("\n") or not text else f"{text}\n"
    data = {"valid_before": rfc3339(ends)} if ends else {}
    return (
        desk,
        f"{before}{principal} {options} {kind} {blob}\n",
        {"principal": principal, "key_fp": fingerprint(key), "reason": _reason(reason), **data},
    )


def plan_revoke_key(
    ctx: Context, key_fp: str, reason: str, at: datetime | None = None
) -> DecisionPreview:
    """Say what ending a key would do; raises as `revoke_key`."""
    desk, _, data = _revoking(ctx, key_fp, reason, at, is_plan=True)
    facts = (
        ("key", str(data["key_fp"])),
        ("end", str(data["valid_before"])),
        ("reason", str(data["reason"])),
    )
    plan = policy_preview(desk, f"End a key of {data['principal']}", str(data["principal"]), facts)
    return replace(
        plan,
        consequence="What it signs from its end on is void: at once where somebody else is left "
        "who could reject that, else once another person approved it.",
    )


def revoke_key(
    ctx: Context, key_fp: str, reason: str, at: datetime | None = None
) -> DecisionResult:
    """End a key from now on; what it signed before stays good.

    An earlier end, `at`, counts once another person approved it. Where nobody would be left who
    could reject the end of somebody else's key, it waits for a second person altogether.

    Raises:
        UnknownNameError: no line has this key, or several could be meant.
        InputError: the end lies in the future, or the key ended before.
        RefusedError: this person may not change the policy.
    """
    desk, changed, data = _revoking(ctx, key_fp, reason, at)
    return _end(desk, changed, data)


def _revoking(
    ctx: Context, key_fp: str, reason: str, at: datetime | None, *, is_plan: bool = False
) -> tuple[Desk, str, dict[str, Any]]:
    """Return a desk, the file with the end in it, and what the entry says."""
    desk, text = _open(ctx, key_fp, is_plan=is_plan)
    owners = {
        (fingerprint(line.key), principal)
        for line in parse_signers(text).keys
        for principal in line.principals
        if key_fp in (fingerprint(line.key), principal)
    }
    if len({found for found, _ in owners}) != 1:
        known = ", ".join(sorted(found for found, _ in owners)) or "`riskcockpit keys list`"
        raise UnknownNameError(f"{key_fp!r} does not name one key", hint=f"give one of {known}")
    end = at or desk.now
    if end > desk.now:
        raise InputError(f"{rfc3339(end)} lies in the future", hint="end it when it is time")
    ended, principal = min(owners)
    founded = [e for e in desk.entries if e.key_fp == ended and e.data.get("before") == ""]
    if late := [e for e in founded if e.ts.replace(microsecond=0) > end]:
        raise InputError(
            f"the first policy was signed with this key at {rfc3339(late[-1].ts)}",
            hint="end it after that: without a first policy nobody could end a key",
        )
    changed = with_end(text, ended, desk.now)
    if changed == text:
        raise InputError(f"the key {ended} ended before {rfc3339(desk.now)}")
    data = {"principal": principal, "key_fp": ended, "reason": _reason(reason)}
    return desk, changed, {**data, "valid_before": rfc3339(end.replace(microsecond=0))}


def _open(ctx: Context, ending: str = "", *, is_plan: bool = False) -> tuple[Desk, str]:
    """Return a desk and the text of `allowed_signers`, which nobody may have edited meanwhile.

    A plan writes and signs nothing.
    """
    refuse_locked(ctx)
    desk = Desk(ctx, ending)
    may_change(desk)
    if not is_plan:
        desk.put_back()
    if desk.book.roles is None and not is_plan:
        desk.vouch()  # what lies there is the first version; the change is a later one
    found = state_of(ctx.paths.ledger, desk.book, SIGNERS)
    if found.is_edited:
        raise InputError(
            "allowed_signers was edited by hand",
            hint="`riskcockpit policy sign` or `riskcockpit policy restore allowed_signers` first",
        )
    return desk, found.content.decode("utf-8", "replace")


def _change(desk: Desk, text: str, type_: EntryType, data: dict[str, Any]) -> DecisionResult:
    directory = desk.ctx.paths.ledger
    before = (directory / SIGNERS).read_bytes()
    write_policy(directory, SIGNERS, text.encode("utf-8"))
    try:
        entry = desk.change_policy(SIGNERS)
    except RiskcockpitError:
        write_policy(directory, SIGNERS, before)  # nobody signed it
        raise
    if entry is None:
        raise InputError("this change is signed already", hint="`riskcockpit policy status`")
    desk.journal.append(type_, {**data, "signers": entry.data["after"]})
    result = asked_for(desk, entry)
    message = desk.settle()
    return DecisionResult(result.decision, (), message)


def _end(desk: Desk, text: str, data: dict[str, Any]) -> DecisionResult:
    """Sign that a key ends, which counts at once, and then ask for the file that says so too.

    Where it only asks for the end, the file stays what is in force: the key still signs.
    """
    directory = desk.ctx.paths.ledger
    before, content = (directory / SIGNERS).read_bytes(), text.encode("utf-8")
    write_policy(directory, SIGNERS, content)
    try:
        data["signers"] = hashlib.sha256(content).hexdigest()
        made = desk.journal.append(EntryType.KEY_REVOKED, data)
        desk.entries = (*desk.entries, made)
    except RiskcockpitError:
        write_policy(directory, SIGNERS, before)  # nobody signed it
        raise
    entry = desk.change_policy(SIGNERS)
    if entry is None:  # pragma: no cover - the end was just put into the file
        raise InputError("this change is signed already", hint="`riskcockpit policy status`")
    result = _ended(desk, made, entry)
    if result.state is DecisionState.REQUESTED:
        write_policy(directory, SIGNERS, before)
    return DecisionResult(result, (), desk.settle())


def _ended(desk: Desk, made: Entry, change: Entry) -> Decision:
    """Say of the end of a key what is in force now, and what waits for another person."""
    key, principal = str(made.data["key_fp"]), str(made.data["principal"])
    rule = desk.book.rule_for(desk.principal)
    end = desk.book.ended.get(key)
    if end is None:
        needs = f"`riskcockpit approve {short(change.hash)}` by another person"
        summary = (
            f"asks: the key {key} of {principal} ends. It is in force until two persons signed "
            "that, for nobody else would be left who could reject it"
        )

        return replace(desk.decision(change, rule, summary, (needs,)), rule=LEFT_RULE)
    said = f"the key {key} of {principal} ends now"
    is_waiting = any(each.entry.hash == change.hash for each in desk.book.waiting)
    if end.is_claim and not end.is_dated_back:
        state = (
            "waits for another person" if is_waiting else "counts for nothing: one person said it"
        )
        said += f"; the earlier end {rfc3339(end.claimed)} {state}"
    file = (
        f"`riskcockpit approve {short(change.hash)}` by another person, for the file to say so too"
    )
    return replace(desk.decision(change, rule, said), needs=(file,) if is_waiting else ())


def _reason(text: str) -> str:
    words = clean_text(text).strip()
    if not words:
        raise InputError("a reason is needed", hint="as --reason 'lost laptop'")
    return words


def _end_of(line: AllowedKey, book: PolicyBook) -> datetime | None:
    """Return when a key ended or will: by the ledger, or by its line where that is earlier."""
    revoked = book.ended.get(fingerprint(line.key))
    ends = (line.valid_before, revoked.end if revoked else None)
    return min((end for end in ends if end is not None), default=None)


def _state(
    line: AllowedKey, principal: str, known: frozenset[tuple[str, str]] | None, now: datetime
) -> str:
    if line.valid_before is not None and now > line.valid_before:
        return "ended"
    if known is not None and (principal, fingerprint(line.key)) not in known:
        return "not_in_force"
    if line.valid_after is not None and now < line.valid_after:
        return "not_yet"
    return "valid"


def _type(key: bytes) -> str:
    size = int.from_bytes(key[:4], "big")
    return key[4 : 4 + size].decode("ascii", "replace")
