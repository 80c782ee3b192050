"""What people say to decisions: approve, reject, revoke, undo, and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from riskcockpit.decisions.duties import Check, in_words, said_of_key
from riskcockpit.decisions.people import names_of_all
from riskcockpit.decisions.policy import replaces
from riskcockpit.decisions.project import Waiver
from riskcockpit.decisions.receipts import ACTING
from riskcockpit.decisions.roles import Deed, Rule, needs
from riskcockpit.decisions.waivers import REVOCABLE, overstepped
from riskcockpit.decisions.wording import summary_of
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.domain.untrusted import clean_text
from riskcockpit.errors import InputError, RefusedError
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.asked import Asked, asked, place_of
from riskcockpit.services.asks import Ask, asks_of
from riskcockpit.services.authors import known_authors
from riskcockpit.services.context import Context
from riskcockpit.services.desk import MIN_PREFIX, Desk
from riskcockpit.services.dismissals import carry_out
from riskcockpit.services.policy_lines import dated_back, policy_lines
from riskcockpit.services.previews import closed
from riskcockpit.services.proposals import (
    plan_taking_up,
    plan_turning_down,
    proposal_called,
    take_up,
    turn_down,
)
from riskcockpit.services.rollback import decide_return, plan_return
from riskcockpit.services.subjects import subject_of
from riskcockpit.services.undoable import done_rollback, own_rule, undoable
from riskcockpit.views.governance import DecisionPreview, DecisionResult

LONGEST_NOTE = 4_000


@dataclass(frozen=True, slots=True)
class _Said:
    """An answer in words: what is done to what, why, and the entry it is about."""

    verb: str
    sentence: str
    comment: str = ""
    about: Entry | None = None
    duties: str = ""
    """What was checked of who signs."""


def plan_approve(ctx: Context, id_: str, comment: str = "") -> DecisionPreview:
    """Say what signing a request would do.

    Raises:
        UnknownNameError: there is no such request.
    """
    desk = Desk(ctx)
    if proposal := proposal_called(desk, id_):
        return plan_taking_up(desk, proposal)
    ask = _ask(desk, id_)
    said = _Said("Approve", ask.sentence, comment, ask.entry)
    try:
        rule, checks = _may_sign(desk, ask)
    except RefusedError as error:
        return _preview(desk, said, error.rule, blockers=(error.message,))
    missing = needs(rule, [*ask.standing.signed, desk.signature()])
    changed = policy_lines(desk.ctx.paths.ledger, ask.entry, desk.book.digests)
    changed += dated_back(ask.entry, desk.entries)
    changed += _beyond_own_limits(desk, ask)
    said = replace(said, duties=in_words(said_of_key(checks)))
    return _preview(desk, said, rule.id, missing=missing, is_sent=not missing, warnings=changed)


def approve(ctx: Context, id_: str, comment: str = "") -> DecisionResult:
    """Add one's key to a request; with the last key what it changes upstream is sent at once.

    Raises:
        UnknownNameError: there is no such request.
        RefusedError: one's own request, the same key, the wrong role, or nothing to wait for.
    """
    desk = Desk(ctx)
    if proposal := proposal_called(desk, id_):
        return take_up(desk, proposal)
    ask = _ask(desk, id_)
    rule, checks = _may_sign(desk, ask)
    missing = needs(rule, [*ask.standing.signed, desk.signature()])
    type_ = EntryType.ROLLBACK_APPROVED if ask.is_rollback else EntryType.APPROVAL_GRANTED
    entry = desk.sign(type_, {**_naming(desk, ask, comment, rule), **said_of_key(checks)})
    rows = () if missing else carry_out(desk, ask.entry.hash)
    message = desk.finish()
    return DecisionResult(desk.decision(entry, rule, ask.sentence, missing), rows, message)


def in_turn(ctx: Context, ids: Sequence[str]) -> tuple[str, ...]:
    """Return `ids` once each, in an order in which all can be approved; the policy first.

    Raises:
        InputError: two change one file of the policy, each against what the other replaces.
    """
    desk = Desk(ctx)
    changes = {each.entry.hash: each.entry for each in desk.book.waiting}
    named: dict[str, Entry] = {}
    for id_ in ids:
        found = [entry for hash_, entry in changes.items() if hash_.startswith(id_.lower())]
        if len(found) == 1 and len(id_) >= MIN_PREFIX:
            named[id_] = found[0]
    present = dict(desk.book.digests)
    turns = sorted(named, key=lambda id_: (named[id_].ts, named[id_].seq))
    for before, id_ in zip(("", *turns), turns, strict=False):
        change = named[id_]
        file = str(change.data["file"])
        if not replaces(change, present.get(file, "")):
            raise InputError(
                f"{before} and {id_} cannot both be approved: each changes {file} against the same"
                " version",
                hint="approve one of them; the other has to be asked for again then",
            )
        present[file] = str(change.data["after"])
    return tuple(dict.fromkeys((*turns, *(id_ for id_ in ids if id_ not in named))))


def plan_reject(ctx: Context, id_: str, comment: str = "") -> DecisionPreview:
    """Say what refusing a request would do; raises as `plan_approve`."""
    desk = Desk(ctx)
    if proposal := proposal_called(desk, id_):
        return plan_turning_down(desk, proposal, comment)
    ask = _ask(desk, id_)
    said = _Said("Reject", ask.sentence, comment, ask.entry)
    try:
        rule = _may_reject(desk, ask)
    except RefusedError as error:
        return _preview(desk, said, error.rule, blockers=(error.message,))
    return _preview(desk, said, rule.id)


def reject(ctx: Context, id_: str, comment: str = "") -> DecisionResult:
    """Refuse a request, or withdraw one's own; raises as `approve`."""
    desk = Desk(ctx)
    if proposal := proposal_called(desk, id_):
        return turn_down(desk, proposal, comment)
    ask = _ask(desk, id_)
    rule = _may_reject(desk, ask)
    is_action = ask.entry.type in ACTING
    type_ = EntryType.APPROVAL_REJECTED if is_action else EntryType.WAIVER_REJECTED
    entry = desk.sign(type_, _naming(desk, ask, comment, rule))
    message = desk.finish()
    return DecisionResult(desk.decision(entry, rule, ask.sentence), (), message)


def plan_revoke(ctx: Context, id_: str, comment: str = "") -> DecisionPreview:
    """Say what taking a waiver back would do; raises UnknownNameError without such a waiver."""
    desk = Desk(ctx)
    waiver = _waiver(desk, id_)
    sentence = f"waiver {short(waiver.id)} by {waiver.requester}"
    entry = next(entry for entry in desk.entries if entry.hash == waiver.id)
    said = _Said("Revoke", sentence, comment, entry)
    try:
        rule = _may_revoke(desk, waiver)
    except RefusedError as error:
        return _preview(desk, said, error.rule, blockers=(error.message,))
    return _preview(desk, said, rule.id)


def revoke(ctx: Context, id_: str, comment: str = "") -> DecisionResult:
    """Take a waiver back: its findings count again.

    Raises:
        UnknownNameError: there is no such waiver.
        RefusedError: it is not in force, or the role is wrong.
    """
    desk = Desk(ctx)
    waiver = _waiver(desk, id_)
    rule = _may_revoke(desk, waiver)
    data = {"waiver": waiver.id, "comment": clean_text(comment).strip(), **desk.grounds(rule)}
    entry = desk.sign(EntryType.WAIVER_REVOKED, data)
    rows = carry_out(desk, waiver.id)
    message = desk.finish()
    summary = f"waiver {short(waiver.id)}, its findings count again"
    return DecisionResult(desk.decision(entry, rule, summary), rows, message)


def plan_undo(ctx: Context, decision: str = "") -> DecisionPreview:
    """Say what taking back one's own last decision, or the one named, would do."""
    desk = Desk(ctx)
    entry = undoable(desk, decision)
    if done := done_rollback(desk, entry):
        return plan_return(desk, done)
    return _preview(desk, _Said("Undo", summary_of(entry), about=entry), own_rule(desk, entry).id)


def undo(ctx: Context, decision: str = "") -> DecisionResult:
    """Take back one's own last decision, or the one named by its hash.

    What has not been sent never leaves the outbox. A rollback that was done is taken back by a
    new decision with keys and a receipt of its own.

    Raises:
        RefusedError: there is nothing of one's own that can be undone.
    """
    desk = Desk(ctx)
    entry = undoable(desk, decision)
    if done := done_rollback(desk, entry):
        return decide_return(desk, done)
    rule = own_rule(desk, entry)
    made = desk.sign(EntryType.UNDO, {"decision": entry.hash, **desk.grounds(rule)})
    rows = carry_out(desk, str(entry.data.get("request", entry.hash)))
    message = desk.finish()
    return DecisionResult(desk.decision(made, rule, summary_of(entry)), rows, message)


def plan_note(ctx: Context, subject: str, text: str) -> DecisionPreview:
    """Say what a note would be about; raises as `note`."""
    desk = Desk(ctx)
    rule = desk.permit(Deed.NOTE)
    return _preview(desk, _Said("Note", subject_of(desk, subject), text), rule.id)


def note(ctx: Context, subject: str, text: str) -> DecisionResult:
    """Write a signed note about a finding, a model or a request; it acknowledges an alarm.

    Raises:
        InputError: the note is empty or too long.
        UnknownNameError: nothing is called `subject`.
        RefusedError: this role writes no notes.
    """
    words = clean_text(text).strip()
    if not words or len(words) > LONGEST_NOTE:
        raise InputError(f"a note has 1 to {LONGEST_NOTE} characters, not {len(words)}")
    desk = Desk(ctx)
    rule = desk.permit(Deed.NOTE)
    about = subject_of(desk, subject)
    entry = desk.sign(EntryType.NOTE, {"subject": about, "text": words, **desk.grounds(rule)})
    message = desk.finish()
    return DecisionResult(desk.decision(entry, rule, f"about {about}"), (), message)


def _ask(desk: Desk, id_: str) -> Ask:
    asks = {ask.entry.hash: ask for ask in asks_of(desk.entries, desk.projection, desk.book)}
    return asks[desk.find(id_, asks, "request")]


def _may_sign(desk: Desk, ask: Ask) -> tuple[Rule, tuple[Check, ...]]:
    desk.check_key()
    authors = known_authors(desk.ctx, ask.entry.data)
    return ask.permit_key(desk.signature(), authors)


def _beyond_own_limits(desk: Desk, ask: Ask) -> tuple[str, ...]:
    """Warn whoever signs of a waiver that they could not ask for themselves."""
    waiver = desk.projection.waiver(ask.entry.hash)
    if waiver is None or waiver.terms is None:
        return ()
    why = overstepped(waiver.terms, desk.waiver_limits, ask.entry.ts, by="what holds for you")
    return (why,) if why else ()


def _may_reject(desk: Desk, ask: Ask) -> Rule:
    desk.check_key()
    rule, who = ask.permit_rejection(desk.signature()), desk.signature()
    for end in desk.book.ended.values():
        owners = {name for name, key_fp in desk.roles.keys or () if key_fp == end.key_fp}
        both = names_of_all((end.entry.actor, *(owners or {end.principal})))
        if ask.entry.hash in end.lifted_by and who.names & both:
            raise RefusedError(
                f"{who.principal} does not give the key {end.key_fp} back alone",
                rule=rule.id,
                hint="a person who is neither its owner nor ended it rejects that",
            )
    return rule


def _waiver(desk: Desk, id_: str) -> Waiver:
    known = {waiver.id: waiver for waiver in desk.projection.waivers}
    return known[desk.find(id_, known, "waiver")]


def _may_revoke(desk: Desk, waiver: Waiver) -> Rule:
    rule = desk.permit(Deed.REVOKE)
    if waiver.state not in REVOCABLE:
        raise RefusedError(
            f"the waiver {short(waiver.id)} is {waiver.state.value.replace('_', ' ')}",
            rule="in-force-only",
        )
    return rule


def _naming(desk: Desk, ask: Ask, comment: str, rule: Rule) -> dict[str, object]:
    model = {"model": ask.entry.data["model"]} if ask.is_rollback else {}
    return {
        "request": ask.entry.hash,
        "comment": clean_text(comment).strip(),
        **model,
        **desk.grounds(rule),
    }


def _preview(
    desk: Desk,
    said: _Said,
    rule: str,
    *,
    blockers: tuple[str, ...] = (),
    missing: tuple[str, ...] = (),
    warnings: tuple[str, ...] = (),
    is_sent: bool = False,
) -> DecisionPreview:
    context = desk.ctx.settings.context
    about = Asked() if said.about is None else asked(desk.ctx, said.about, is_sent=is_sent)
    return DecisionPreview(
        title=f"{said.verb}: {said.sentence}",
        consequence=_CONSEQUENCES[said.verb],
        target=said.sentence,
        context=context.name,
        is_production=context.production,
        calls=about.calls,
        rule=rule,
        needs=missing,
        blockers=(*blockers, *closed(desk)),
        warnings=(*about.warnings, *warnings),
        findings=about.findings,
        finding_count=about.finding_count,
        exposure=about.exposure,
        facts=(
            *(place_of(said.about, desk.entries) if said.about else ()),
            *about.facts,
            ("your key counts", said.duties),
            ("comment", clean_text(said.comment).strip()),
        ),
        are_calls_known=about.are_calls_known,
    )


_CONSEQUENCES = {
    "Approve": "Your key is added; with the last one it needs the decision takes effect at once.",
    "Reject": "The request ends; whoever asked has to ask anew.",
    "Revoke": "Its findings count again at once.",
    "Undo": "The decision ends as if it had not been taken; both stay in the ledger.",
    "Note": "It is signed and stays in the ledger; it acknowledges an alarm.",
}
