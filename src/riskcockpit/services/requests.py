"""The requests queue: what waits for whose key, since when, by which rule; and who disagrees.

It is read from the ledger alone, without a cache and without the network: chains that came from
another clone are part of it as soon as they lie here. While the ledger does not verify it is empty
of rights: everything is shown, nobody may sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from riskcockpit.decisions.requests import REJECTIONS
from riskcockpit.decisions.roles import Roles, Signature, needs
from riskcockpit.domain.decision import EntryType
from riskcockpit.errors import LedgerError, RefusedError, RiskcockpitError
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.asks import Ask, asks_of
from riskcockpit.services.authors import known_authors
from riskcockpit.services.context import Context
from riskcockpit.services.desk import Desk
from riskcockpit.services.record import examined, policy_book, projected
from riskcockpit.views.waivers import RequestRow


@dataclass(frozen=True, slots=True)
class _Signers:
    """Who could sign, and how."""

    me: Signature | None
    """None: this person cannot sign at all."""
    hindrance: str
    """Why not; empty when they can."""
    people: tuple[Signature, ...]
    """Everybody whom the rules in force know, with each of their keys."""


def requests(ctx: Context) -> tuple[RequestRow, ...]:
    """Return what waits for a key or for a word on a disagreement, the oldest first.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    found = examined(ctx)
    projection = projected(ctx, found, ctx.clock.now())
    book = policy_book(ctx.paths.ledger, found.entries)
    signature, hindrance = _signer(ctx)
    people = tuple(
        one for one in _people(book.roles, ctx.clock.now()) if one.key_fp not in book.ended
    )
    asks = sorted(asks_of(found.entries, projection, book), key=lambda ask: ask.entry.ts)
    answered = frozenset(_settled(found.entries))
    return tuple(
        _row(ctx, ask, _Signers(signature, hindrance, people), conflict)
        for ask in asks
        for conflict in [_conflict(ask, answered)]
        if ask.is_waiting or conflict
    )


def _signer(ctx: Context) -> tuple[Signature | None, str]:
    """Return how this person signs, or why they cannot."""
    try:
        return Desk(ctx).signature(), ""
    except (LedgerError, RiskcockpitError) as error:
        return None, error.message


def _people(roles: Roles | None, now: datetime) -> Iterator[Signature]:
    """Yield how everybody of the rules in force would sign."""
    if roles is None:
        return
    names = {*roles.principals, *(each.to for each in roles.delegations)}
    keys = roles.keys if roles.keys is not None else frozenset((name, name) for name in names)
    for principal, fingerprint in sorted(keys):
        if principal in names:
            yield roles.signature(principal, fingerprint, now)


def _why_not(ask: Ask, signature: Signature, authors: tuple[str, ...]) -> str:
    try:
        ask.permit_key(signature, authors)
    except RefusedError as error:
        return error.message
    return ""


def _row(ctx: Context, ask: Ask, signers: _Signers, conflict: str) -> RequestRow:
    rule, review = ask.standing.rule, ask.standing.review
    authors = known_authors(ctx, ask.entry.data)
    why_not = signers.hindrance
    if signers.me is not None:
        why_not = _why_not(ask, signers.me, authors)
    could = (one.principal for one in signers.people if not _why_not(ask, one, authors))
    return RequestRow(
        id=ask.entry.hash,
        kind=ask.kind,
        summary=ask.sentence.rpartition(" (")[0],
        requester=ask.entry.actor,
        requested_at=ask.entry.ts,
        rule=rule.id if rule else "",
        why=rule.why if rule else "",
        signed=tuple(one.principal for one in ask.standing.signed),
        needs=needs(rule, ask.standing.signed) if rule and ask.is_waiting else (),
        review_by=review.due if review and ask.is_waiting else None,
        may_approve=not why_not,
        why_not=why_not,
        could=tuple(dict.fromkeys(could)),
        conflict=conflict,
    )


def _conflict(ask: Ask, answered: frozenset[str]) -> str:
    """Say how two disagree who did not know of each other; empty once somebody said a word on it.

    A request that has all its keys cannot be rejected by anybody who sees them; where both stand in
    the ledger, the chains met later. The rejection counts.
    """
    end = ask.standing.ended
    if not ask.standing.is_contested or end is None or ask.entry.hash in answered:
        return ""
    signed = ", ".join(one.principal for one in ask.standing.signed[1:]) or ask.entry.actor
    return (
        f"{signed} approved and {end.actor} rejected without knowing of each other: rejected, "
        "until somebody asks anew; a note on it ends this"
    )


def _settled(entries: Iterable[Entry]) -> Iterator[str]:
    """Yield the requests that somebody wrote a note about after they were rejected."""
    rejected: set[str] = set()
    for entry in entries:
        if entry.type in REJECTIONS:
            rejected.add(str(entry.data.get("request", "")))
        elif entry.type is EntryType.NOTE and entry.data.get("subject") in rejected:
            yield str(entry.data["subject"])
