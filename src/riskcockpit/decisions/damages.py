"""What damage of one chain means for everybody else, and who set it aside. Pure.

A writer who damages their own chain stops themselves. It stops nobody else, as long as nothing says
that good entries were replaced. Verification names it until somebody else has dealt with it: by the
end of the writer's key, or by a note that says which bytes there are. Neither changes what counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from riskcockpit.decisions.ends import DECIDES
from riskcockpit.decisions.people import are_namesakes
from riskcockpit.decisions.policy import PolicyBook
from riskcockpit.decisions.roles import Roles
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.ledger.bodies import Count, Digest, Words
from riskcockpit.ledger.chain import Entry, actor_of
from riskcockpit.ledger.damage import Damage
from riskcockpit.views.governance import LedgerProblem

KEY = "set_aside"
"""Where a note says which damage it sets aside."""


class SetAside(msgspec.Struct, frozen=True):
    """Which bytes of a chain count for nothing, as somebody else than its writer saw them."""

    chain: Words
    entries: Count
    """Good entries before them."""
    last: Digest
    """Hash of the last of these."""
    size: Annotated[int, msgspec.Meta(ge=1)]
    """Of what is set aside, in bytes."""
    digest: Digest
    """SHA-256 of that, hex."""

    @classmethod
    def of(cls, damage: Damage) -> SetAside:
        """Return what sets all of a damage aside."""
        return cls(damage.chain, damage.entries, damage.last, len(damage.rest), damage.digest)

    def is_there(self, damage: Damage) -> bool:
        """Whether these bytes stand where they stood; more may have come behind them."""
        return (self.entries, self.last) == (damage.entries, damage.last) and hashlib.sha256(
            damage.rest[: self.size]
        ).hexdigest() == self.digest


@dataclass(frozen=True, slots=True)
class Weighed:
    """What becomes of the problems that damage is."""

    confined: tuple[LedgerProblem, ...] = ()
    """Those that hold up their writer alone."""
    settled: tuple[LedgerProblem, ...] = ()
    """Those that somebody dealt with: no problems any more."""
    more: tuple[LedgerProblem, ...] = ()
    """Problems to be added, for everybody."""
    notices: tuple[LedgerProblem, ...] = ()


def weigh(damages: Iterable[Damage], entries: Iterable[Entry], book: PolicyBook) -> Weighed:
    """Say of each damage whom it holds up; `entries` are those that count, but for void ones."""
    found = {each.chain: each for each in damages}
    aside = _set_asides(entries, book)
    gone = tuple(_gone(one, said) for one, said in aside if not _is_there(said, found))
    confined: list[LedgerProblem] = [*gone]
    settled: list[LedgerProblem] = []
    more: list[LedgerProblem] = []
    notices: list[LedgerProblem] = []
    for each in found.values():
        if each.seen_by:
            why = f"good entries were replaced: {each.seen_by[0]} has seen one behind this"
            more.append(LedgerProblem(each.chain, each.entries, why))
        elif not _is_of_one(each, book.roles):
            continue
        elif why := _dealt_with(each, aside, book):
            settled += each.problems
            notices.append(LedgerProblem(each.chain, each.entries, why))
        else:
            confined += each.problems
    return Weighed(tuple(confined), tuple(settled), (*more, *gone), tuple(notices))


def is_by_another(actor: str, chain: str, roles: Roles | None = None) -> bool:
    """Whether somebody is another person than the writer of a chain."""
    writer = actor_of(chain) or ""
    if are_namesakes(actor, writer):
        return False
    return roles is None or not roles.are_one(actor, writer)


def _is_of_one(damage: Damage, roles: Roles | None) -> bool:
    """Whether it holds up its writer alone.

    Not where a key is refused that once was the writer's: then their good entries would fall by an
    edit of the signers. Nor while no policy says whose the keys are.
    """
    if roles is None or roles.keys is None:
        return False
    if not damage.strange_keys:
        return True
    theirs = {key for name, key in roles.keys if name == damage.actor}
    return damage.entries > 0 and not damage.strange_keys & theirs


def _set_asides(entries: Iterable[Entry], book: PolicyBook) -> Sequence[tuple[Entry, SetAside]]:
    """Return what others set aside who may decide."""
    found = []
    for entry in entries:
        if entry.type is not EntryType.NOTE or KEY not in entry.data or entry.hash in book.void:
            continue
        try:
            said = msgspec.convert(entry.data[KEY], SetAside)
        except msgspec.ValidationError:
            continue
        roles = book.roles
        if roles is None or not is_by_another(entry.actor, said.chain, roles):
            continue
        if roles.signature(entry.actor, entry.key_fp, entry.ts).roles & DECIDES:
            found.append((entry, said))
    return found


def _is_there(said: SetAside, found: Mapping[str, Damage]) -> bool:
    damage = found.get(said.chain)
    return damage is not None and said.is_there(damage)


def _gone(one: Entry, said: SetAside) -> LedgerProblem:
    why = f"what {one.actor} set aside here ({short(one.hash)}) is gone, or was changed"
    return LedgerProblem(said.chain, said.entries, why)


def _dealt_with(damage: Damage, aside: Sequence[tuple[Entry, SetAside]], book: PolicyBook) -> str:
    """Say who dealt with it; empty when nobody did."""
    found = f"{len(damage.rest)} bytes from here on count for nothing"
    for one, said in aside:
        if said.chain == damage.chain and said.size == len(damage.rest) and said.is_there(damage):
            return f"{found}: {one.actor} set them aside ({short(one.hash)})"
    end = book.ended.get(damage.key_fp)
    if end is not None and is_by_another(end.entry.actor, damage.chain, book.roles):
        return f"{found}: {end.entry.actor} ended its writer's key ({short(end.entry.hash)})"
    return ""
