"""Requests in the ledger: what became of each, and whether somebody may answer it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from riskcockpit.decisions.duties import Check, permit_key
from riskcockpit.decisions.policy import PolicyBook
from riskcockpit.decisions.project import Projection, Waiver
from riskcockpit.decisions.requests import Standing
from riskcockpit.decisions.roles import Rule, Signature
from riskcockpit.decisions.waivers import RENEW_RULE, RENEWABLE, WaiverState
from riskcockpit.decisions.wording import ASKS, summary_of
from riskcockpit.domain.action import MODEL_KINDS, ActionState
from riskcockpit.domain.ids import short
from riskcockpit.errors import RefusedError
from riskcockpit.ledger.chain import Entry

POLICY = "policy"
WAIVER = "waiver"
ANEW = "it was made on top of what was rejected, or against another version: ask for it anew"


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody's request, or what became of it."""

    entry: Entry
    standing: Standing
    kind: str
    """`waiver`, `policy`, or the kind of the action."""
    state: str
    is_waiting: bool
    is_rollback: bool = False
    is_overtaken: bool = False
    """Whether it can be rejected alone: what it changes is no longer what is in force."""
    ended: str = ""
    """Why what it renews is over, so that it can be rejected alone; empty for all else."""

    @property
    def sentence(self) -> str:
        """The request in words."""
        what = summary_of(self.entry).removeprefix(ASKS)
        return f"{what} ({short(self.entry.hash)}, by {self.entry.actor})"

    def permit_key(
        self, approver: Signature, authors: Iterable[str] = ()
    ) -> tuple[Rule, tuple[Check, ...]]:
        """Return the rule by which `approver` may add a key, and what was checked of them.

        `authors` made what it is about, beside those it names itself.

        Raises:
            RefusedError: it does not wait, or they may not.
        """
        rule = self._waits()
        if self.is_overtaken:
            raise RefusedError(
                f"the request {short(self.entry.hash)} is overtaken", rule="waiting-only", hint=ANEW
            )
        if self.ended:
            hint = "reject it; `riskcockpit waive` asks anew"
            raise RefusedError(self.ended, rule=RENEW_RULE, hint=hint)
        made_by = (*self.standing.authors, *authors)
        return rule, permit_key(rule, approver, self.standing.signed, made_by)

    def permit_rejection(self, who: Signature) -> Rule:
        """Return the rule by which `who` may reject it, or withdraw their own.

        Raises:
            RefusedError: it does not wait, they may not, or it is done and would be reviewed by
                who did it.
        """
        rule = self._waits()
        if who.principal == self.entry.actor and self.standing.is_to_review and self.kind != WAIVER:
            raise RefusedError(
                f"{who.principal} decided it alone and it is done: another person reviews it",
                rule=rule.id,
                hint=f"`riskcockpit undo {short(self.entry.hash)}` takes it back",
            )
        if who.principal != self.entry.actor and not who.roles & rule.approve:
            raise RefusedError(
                f"{who.principal} may not reject: only the requester, or who could approve",
                rule=rule.id,
                hint=rule.why or None,
            )
        return rule

    def _waits(self) -> Rule:
        if not self.is_waiting or self.standing.rule is None:
            raise RefusedError(
                f"the request {short(self.entry.hash)} is {self.state.replace('_', ' ')}",
                rule="waiting-only",
                hint=self.standing.doubt or None,
            )
        return self.standing.rule


def asks_of(entries: Sequence[Entry], projection: Projection, book: PolicyBook) -> Iterator[Ask]:
    """Yield every request of the ledger: waivers, actions, changes of the policy."""
    known = {entry.hash: entry for entry in entries}
    for waiver in projection.waivers:
        waits = waiver.state is WaiverState.REQUESTED or waiver.standing.is_to_review
        yield Ask(
            known[waiver.id], waiver.standing, WAIVER, _state(waiver), waits,
            ended=_over(projection, waiver) if waits else "",
        )  # fmt: skip
    for each in projection.actions:
        if each.action.id not in known:  # it follows from a waiver, which is what is signed
            continue
        waits = each.state is ActionState.REQUESTED or each.standing.is_to_review
        kind = each.action.kind
        yield Ask(
            known[each.action.id], each.standing, kind.value, each.state.value, waits,
            is_rollback=kind in MODEL_KINDS,
        )  # fmt: skip
    for change in book.waiting:
        standing = Standing(change.rule, change.signed)
        yield Ask(change.entry, standing, POLICY, WaiverState.REQUESTED.value, is_waiting=True)
    lifting = {change for each in book.ended.values() for change in each.changes}
    for change in book.overtaken:  # the end of a key can be lifted all the same
        standing = Standing(change.rule, change.signed, doubt=ANEW)
        is_end = change.entry.hash in lifting
        yield Ask(change.entry, standing, POLICY, "overtaken", is_end, is_overtaken=True)
    for end in book.ended.values():
        if not end.changes:  # somebody's own tool asked for no file that says the end
            standing = Standing(book.rule_for(end.entry.actor), doubt=ANEW)
            yield Ask(end.entry, standing, POLICY, "overtaken", is_waiting=True, is_overtaken=True)


def _over(projection: Projection, waiver: Waiver) -> str:
    """Say why the waiver that another renews has no place to be taken; empty when it has."""
    old = projection.waiver(waiver.renews) if waiver.renews else None
    if old is None or old.state in RENEWABLE or old.renewed_by == waiver.id:
        return ""
    return f"the waiver {short(old.id)}, which it renews, is over: {old.why or old.state.value}"


def _state(waiver: Waiver) -> str:
    """Return what became of a request: one that was approved and rejected is rejected."""
    is_contested = waiver.standing.is_contested
    return WaiverState.REJECTED.value if is_contested else waiver.state.value
