"""Changing the policy on purpose: sign what was edited, or put back what is in force."""

from __future__ import annotations

from difflib import unified_diff
from pathlib import Path

from riskcockpit.decisions.ends import DECIDES
from riskcockpit.decisions.policy import FILES, OPTIONAL, ROLES, SIGNERS
from riskcockpit.decisions.roles import counted
from riskcockpit.domain.ids import short
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError, InputError, LedgerError, RefusedError, UnknownNameError
from riskcockpit.ledger.chain import Entry
from riskcockpit.ledger.objects import Objects
from riskcockpit.ledger.signers import parse_signers
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.policy_state import PolicyFile, state_of, write_policy
from riskcockpit.services.previews import policy_preview
from riskcockpit.services.record import examined, policy_book
from riskcockpit.services.unlocking import refuse_locked
from riskcockpit.views.governance import DecisionPreview, DecisionResult
from riskcockpit.views.identity import PolicyFileRow

MOST_LINES = 200


def policy_files(ctx: Context) -> tuple[PolicyFileRow, ...]:
    """Return how each file of the policy stands against what was signed.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    directory = ctx.paths.ledger
    found_here = examined(ctx)
    book, is_ok = policy_book(directory, found_here.entries), found_here.report.is_ok
    rows = []
    for name in FILES:
        try:
            found = state_of(directory, book, name)
        except ConfigError:
            if name in OPTIONAL and name not in book.digests:
                continue
            in_force = book.digests.get(name, "")
            rows.append(PolicyFileRow(name, "missing", "", in_force, "", ()))
            continue
        request = found.waits.entry.hash if found.waits else ""
        changed = () if found.is_in_force else _changed(directory, found)
        rows.append(
            PolicyFileRow(
                name, _state(found, is_ok=is_ok), found.digest, found.in_force, request, changed
            )
        )
    return tuple(rows)


def plan_sign_policy(ctx: Context) -> DecisionPreview:
    """Say which files would be signed, and what they change; raises as `sign_policy`."""
    refuse_locked(ctx)
    desk = Desk(ctx)
    may_change(desk)
    _refuse_stillborn(desk)
    rows = [row for row in policy_files(ctx) if row.state in ("edited", "unsigned", "set_aside")]
    if not rows:
        raise _nothing_to_sign()
    facts = tuple(
        (row.file, "; ".join(row.lines) or f"as it lies there, SHA-256 {row.digest}")
        for row in rows
    )
    names = ", ".join(row.file for row in rows)
    return policy_preview(desk, f"Sign {names}", names, facts)


def sign_policy(ctx: Context) -> tuple[DecisionResult, ...]:
    """Sign every file of the policy that was edited; each is in force, or waits for another.

    Raises:
        RefusedError: this person may not ask for a change, or production is locked.
        ConfigError: a file cannot be used.
        LedgerError: the ledger does not verify, or it cannot be signed.
    """
    refuse_locked(ctx)
    desk = Desk(ctx)
    may_change(desk)
    _refuse_stillborn(desk)
    made = [entry for name in FILES if (entry := desk.change_policy(name)) is not None]
    if not made:
        raise _nothing_to_sign()
    results = [asked_for(desk, entry) for entry in made]
    message = desk.settle()
    return tuple(DecisionResult(each.decision, (), each.message or message) for each in results)


def restore_policy(ctx: Context, name: str) -> Path:
    """Put the version of a file that is in force back into its place.

    Raises:
        UnknownNameError: it is no file of the policy.
        LedgerError: no version of it was signed, or its content is gone.
        ConfigError: it cannot be written.
    """
    if name not in FILES:
        raise UnknownNameError(
            f'"{name}" is no file of the policy', hint=f"one of {', '.join(FILES)}"
        )
    directory = ctx.paths.ledger
    book = policy_book(directory, examined(ctx).entries)
    if name not in book.digests:
        raise LedgerError(
            f"no version of {name} was ever signed",
            hint="`riskcockpit policy status` says how it stands",
        )
    write_policy(directory, name, Objects(directory).get(book.digests[name]))
    return directory / name


def may_change(desk: Desk) -> None:
    """Let only those ask for a change of the policy whose asking counts.

    Raises:
        RefusedError: this person's does not.
    """
    rule = desk.book.rule_for(desk.principal)
    if desk.book.roles is not None and not counted(rule, [desk.signature()]):
        raise RefusedError(
            f"{desk.principal} may not change the policy", rule=rule.id, hint=rule.why
        )


def _nothing_to_sign() -> InputError:
    return InputError(
        "there is nothing to sign: the files hold what is in force, or what waits",
        hint="`riskcockpit policy status` says which",
    )


def _refuse_stillborn(desk: Desk) -> None:
    """Let nobody found a policy that nobody could ever change.

    Raises:
        RefusedError: no signer has a role that decides.
    """
    if desk.book.digests:
        return
    text = state_of(desk.ctx.paths.ledger, desk.book, SIGNERS).content.decode("utf-8", "replace")
    names = {name for line in parse_signers(text).keys for name in line.principals}
    if not any(desk.roles.of(name) & DECIDES for name in names):
        raise RefusedError(
            f"nobody in {SIGNERS} has a role that may change the policy: it would stay for ever",
            rule="policy-alone",
            hint=f"give one of {', '.join(sorted(names)) or 'its signers'} a role in {ROLES}",
        )


def asked_for(desk: Desk, entry: Entry) -> DecisionResult:
    """Return what came of a change that was just signed."""
    rule = desk.book.rule_for(desk.principal)
    waits = next((w for w in desk.book.waiting if w.entry.hash == entry.hash), None)
    missing = (f"`riskcockpit approve {short(entry.hash)}` by another person",) if waits else ()
    decision = desk.decision(entry, rule, f"changes {entry.data['file']}", missing)
    return DecisionResult(decision, (), "")


def _state(found: PolicyFile, *, is_ok: bool) -> str:
    if not found.in_force and not is_ok:
        return "unknown"
    if found.is_in_force:
        return "in_force"
    if found.waits is not None:
        return "waits"
    if found.is_set_aside:
        return "set_aside"
    return "edited" if found.in_force else "unsigned"


def _changed(directory: Path, found: PolicyFile) -> tuple[str, ...]:
    if not found.in_force:
        return ()
    try:
        before = Objects(directory).get(found.in_force).decode("utf-8", "replace")
    except LedgerError:
        return ()
    after = found.content.decode("utf-8", "replace")
    lines = [
        clean_line(line)
        for line in unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    return tuple(lines[:MOST_LINES])
