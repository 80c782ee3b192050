"""People, roles, keys and policy as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from riskcockpit.cli.output import cells, line
from riskcockpit.domain.ids import short
from riskcockpit.present.text import plural, stamp

if TYPE_CHECKING:
    from riskcockpit.views.identity import (
        DelegationRow,
        KeyRow,
        Me,
        PolicyFileRow,
        RolesView,
        Ruling,
    )


def me(view: Me) -> None:
    """Print who signs here."""
    line(f"{view.principal}: {_list(view.roles) or 'no role'}")
    force = "" if view.is_key_in_force else ", NOT IN FORCE: nobody counts what it signs"
    rows = [
        ("key", f"{view.fingerprint} ({view.holder}: {view.key}){force}"),
        ("chain", f"{view.chain}, head {short(view.head) if view.head else 'none'}"),
        ("one person with", _list(name for name in view.names if name != view.principal)),
        ("policy", short(view.policy)),
        ("context", f"{view.context}{_lock(view)}"),
    ]
    for name, text in rows:
        if text:
            line(f"  {name:<16} {text}")
    _delegations(view.delegations)


def roles(view: RolesView) -> None:
    """Print the roles in force."""
    line(f"policy {short(view.digest)}")
    cells(("principal", "roles"), [(name, _list(of)) for name, of in view.principals], "table")
    for person in view.persons:
        line(f"one person: {_list(person)}")
    _delegations(view.delegations)
    line()
    cells(
        ("rule", "action", "from", "production", "asks", "keys", "approves"),
        [
            (r.id, r.action, r.severity, r.production, _list(r.request), r.keys, _list(r.approve))
            for r in view.rules
        ],
        "table",
    )
    line()
    days = ", ".join(
        f"{name.removesuffix('_days')} {count}"
        for name, count in view.waivers.items()
        if name.endswith("_days")
    )
    least = view.waivers["min_justification"]
    line(f"waivers last at most (days): {days}; a justification has {least} characters or more")


def rulings(found: Sequence[Ruling]) -> None:
    """Print what an action takes."""
    for one in found:
        floor = f" of {one.severity} severity" if one.severity else ""
        line(f"{one.action}{floor}{', in production' if one.is_production else ''}")
        line(f"  rule    {one.rule or 'none'}{f': {one.why}' if one.why else ''}")
        if one.refusal:
            line(f"  refused {one.refusal}")
            continue
        line(f"  keys    {plural(one.keys, 'key')}, yours among them")
        for need in one.needs:
            line(f"  needs   {need}")
        if one.review:
            line(f"  review  by another person within {one.review}")
        if one.needs or one.review:
            line(f"  who     {_list(one.approvers) or 'nobody: no other person could sign'}")
            line("  never   the requester, authors of what it is about, one person's second name")


def policy(rows: Iterable[PolicyFileRow]) -> None:
    """Print how the files of the policy stand."""
    for row in rows:
        line(f"{row.file}: {_WORDS.get(row.state) or _missing(row)}")
        if row.request:
            line(f"  `riskcockpit approve {short(row.request)}` by another person")
        for changed in row.lines:
            line(f"  {changed}")


def keys(rows: Iterable[KeyRow]) -> None:
    """Print the keys that may sign."""
    cells(
        ("principal", "fingerprint", "type", "from", "until", "state"),
        [
            (
                row.principal, row.fingerprint, row.type,
                stamp(row.valid_after) if row.valid_after else "",
                stamp(row.valid_before) if row.valid_before else "",
                row.state.replace("_", " "),
            )
            for row in rows
        ],
        "table",
    )  # fmt: skip


_WORDS = {
    "in_force": "in force",
    "waits": "changed, waits for another person",
    "edited": "EDITED BY HAND, NOT SIGNED: nothing is decided until it is signed or restored",
    "set_aside": "was rejected, or overtaken: what is in force counts, the next decision puts it"
    " back",
    "unknown": "nobody knows: the ledger does not verify (`riskcockpit ledger verify`)",
    "unsigned": "no version is signed yet: the first decision signs this one",
}


def _missing(row: PolicyFileRow) -> str:
    if row.in_force:
        return f"MISSING: `riskcockpit policy restore {row.file}` puts it back"
    return "not there yet: `riskcockpit init` makes it"


def _lock(view: Me) -> str:
    if not view.is_production:
        return ""
    if view.unlocked_until is None:
        return ", production: locked"
    return f", production: unlocked until {stamp(view.unlocked_until)}"


def _delegations(rows: Iterable[DelegationRow]) -> None:
    for row in rows:
        word = "until" if row.is_in_force else "not in force,"
        line(f"  {row.to} acts for {row.giver} as {_list(row.roles)} {word} {stamp(row.until)}")


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)
