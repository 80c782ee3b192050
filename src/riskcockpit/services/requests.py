"""The requests queue: what waits for whose key, since when, by which rule; and who disagrees.

It is read from the ledger alone, without a cache and without the network: chains that came from
another clone are part of it as soon as they lie here. While the ledger does not verify it is empty
of rights: everything is shown, nobody may sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from riskcockpit.decisions.duties import could_sign
from riskcockpit.decisions.requests import REJECTIONS
from riskcockpit.decisions.roles import Deed, Roles, Rule, Signature, needs, role_words
from riskcockpit.domain.automation import Proposal, ProposalState
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.severity import Severity
from riskcockpit.errors import LedgerError, RefusedError, RiskcockpitError, UnknownNameError
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.asked import asked, place_of
from riskcockpit.services.asks import Ask, asks_of
from riskcockpit.services.authors import known_authors
from riskcockpit.services.context import Context
from riskcockpit.services.desk import MIN_PREFIX, Desk
from riskcockpit.services.record import examined, policy_book, projected
from riskcockpit.views.waivers import RequestDetail, RequestRow


@dataclass(frozen=True, slots=True)
class _Signers:
    """Who could sign, and how."""

    me: Signature | None
    """None: this person cannot sign at all."""
    hindrance: str
    """Why not, or why their key cannot now; empty when they can."""
    roles: Roles | None
    """The rules in force; None: none were signed."""
    now: datetime


@dataclass(frozen=True, slots=True)
class _Known:
    """The requests of the ledger, and who could answer them."""

    entries: Sequence[Entry]
    asks: tuple[Ask, ...]
    proposals: tuple[Proposal, ...]
    signers: _Signers
    rule: Rule | None
    """By which models are rolled back here."""
    answered: frozenset[str]
    """Disagreements that somebody said a word on."""


def requests(ctx: Context) -> tuple[RequestRow, ...]:
    """Return what waits for a key, or for a word on a disagreement or on a proposal of automation,
    the oldest first.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    known = _known(ctx)
    rows = [
        _row(ctx, ask, known.signers, conflict)
        for ask in known.asks
        for conflict in [_conflict(ask, known.answered)]
        if ask.is_waiting or conflict
    ]
    rows += [
        _proposed(each, known.rule, known.signers)
        for each in known.proposals
        if each.state is ProposalState.OPEN
    ]
    return tuple(sorted(rows, key=lambda row: row.requested_at))


def request(ctx: Context, id_: str) -> RequestDetail:
    """Return one request in full, by its hash or the first digits of it; nothing is sent.

    Raises:
        UnknownNameError: there is none, or several could be meant.
        LedgerError: the ledger cannot be read.
    """
    known = _known(ctx)
    wanted = id_.strip().lower()
    asks = {ask.entry.hash: ask for ask in known.asks}
    proposals = {each.id: each for each in known.proposals}
    found = [hash_ for hash_ in (*asks, *proposals) if hash_.startswith(wanted)]
    if len(found) != 1 or len(wanted) < MIN_PREFIX:
        raise UnknownNameError(
            f"several requests start with {id_!r}" if found else f"there is no request {id_!r}",
            hint="`riskcockpit requests list`, or give more digits",
        )
    if (ask := asks.get(found[0])) is not None:
        row = _row(ctx, ask, known.signers, _conflict(ask, known.answered))
        entry, state = ask.entry, ask.state
    else:
        proposal = proposals[found[0]]
        row, state = _proposed(proposal, known.rule, known.signers), proposal.state.value
        entry = next(one for one in known.entries if one.hash == proposal.id)
    about = asked(ctx, entry, is_sent=False)
    facts = (*place_of(entry, known.entries), *about.facts)
    return RequestDetail(row, state, facts, about.findings, about.finding_count, about.exposure)


def _known(ctx: Context) -> _Known:
    found = examined(ctx)
    projection = projected(ctx, found, ctx.clock.now())
    book = policy_book(ctx.paths.ledger, found.entries)
    signature, hindrance = _signer(ctx)
    asks = tuple(asks_of(found.entries, projection, book))
    roles = book.roles
    if roles and roles.keys is not None:
        in_force = frozenset(key for key in roles.keys if key[1] not in book.ended)
        roles = replace(roles, keys=in_force)
    signers = _Signers(signature, hindrance, roles, projection.at)
    is_production = ctx.settings.context.production
    rule = (
        book.roles.rule_for(Deed.ROLLBACK, Severity.INFO, is_production=is_production)
        if book.roles
        else None
    )
    answered = frozenset(_settled(found.entries))
    return _Known(found.entries, asks, projection.automation.proposals, signers, rule, answered)


def _signer(ctx: Context) -> tuple[Signature | None, str]:
    """Return how this person signs, or why they cannot."""
    try:
        return Desk(ctx).signature(), ctx.signer().why_not()
    except (LedgerError, RiskcockpitError) as error:
        return None, error.message


def _could_sign(
    ask: Ask, roles: Roles | None, authors: tuple[str, ...], now: datetime
) -> tuple[str, ...]:
    """Name who could add a key, by the rules in force; nobody to what waits for none."""
    rule, stands = ask.standing.rule, ask.standing
    if roles is None or rule is None or not ask.is_waiting:
        return ()
    return could_sign(roles, rule, stands.signed, (*stands.authors, *authors), now)


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
        why_not = _why_not(ask, signers.me, authors) or signers.hindrance
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
        could=_could_sign(ask, signers.roles, authors, signers.now),
        conflict=conflict,
    )


def _proposed(proposal: Proposal, rule: Rule | None, signers: _Signers) -> RequestRow:
    """Return what automation proposed: whoever may ask for the rollback may take it up."""
    asking = rule.request if rule else frozenset()
    has_role = signers.me is not None and bool(signers.me.roles & asking)
    may = has_role and not signers.hindrance
    return RequestRow(
        id=proposal.id,
        kind="proposal",
        summary=f"{proposal.model}: back to version {proposal.to_version}; {proposal.because}",
        requester=proposal.proposed_by,
        requested_at=proposal.at,
        rule=rule.id if rule else "",
        why=rule.why if rule else "",
        signed=(),
        needs=(f"a person with the role {role_words(asking)} who takes it up",),
        review_by=None,
        may_approve=may,
        why_not="" if may else signers.hindrance or "your roles do not roll models back",
        could=tuple(
            name
            for name in sorted(signers.roles.principals if signers.roles else ())
            if signers.roles and signers.roles.of(name, signers.now) & asking
        ),
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
        elif entry.type is EntryType.NOTE:
            subject = entry.data.get("subject")
            if isinstance(subject, str) and subject in rejected:
                yield subject
