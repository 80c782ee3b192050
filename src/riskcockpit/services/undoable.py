"""Which of one's own decisions can be taken back, and how far each has come."""

from __future__ import annotations

from collections.abc import Container
from datetime import timedelta

from riskcockpit.decisions.automations import KEY as AUTOMATION
from riskcockpit.decisions.notes import NoteKind, kind_of
from riskcockpit.decisions.receipts import ProjectedAction
from riskcockpit.decisions.requests import follow
from riskcockpit.decisions.roles import Deed, Rule
from riskcockpit.decisions.wording import summary_of
from riskcockpit.domain.action import MODEL_KINDS, ActionState
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.ids import short
from riskcockpit.errors import RefusedError
from riskcockpit.ledger.chain import Entry
from riskcockpit.services.desk import Desk

_UNDOABLE = frozenset(
    {
        EntryType.WAIVER_REQUESTED, EntryType.WAIVER_GRANTED, EntryType.APPROVAL_GRANTED,
        EntryType.ROLLBACK_REQUESTED, EntryType.ROLLBACK_APPROVED,
        EntryType.DEPLOYMENT_REQUESTED, EntryType.IDENTITY_MERGED,
        EntryType.IDENTITY_SPLIT, EntryType.CLOSURE_RELEASED,
    }
)  # fmt: skip
RECENT = timedelta(days=1)
"""How old what is undone without being named may be."""
_MAY_STAND = frozenset({ActionState.DONE, ActionState.PENDING_UPSTREAM})
_FINAL = frozenset(
    {EntryType.WAIVER_REVOKED, EntryType.WAIVER_REJECTED, EntryType.APPROVAL_REJECTED}
)
_SAID = frozenset(
    {
        NoteKind.INCIDENT_ACKNOWLEDGED, NoteKind.INCIDENT_ASSIGNED, NoteKind.INCIDENT_CONTAINED,
        NoteKind.INCIDENT_RESOLVED, NoteKind.INCIDENT_REVIEWED,
    }
)  # fmt: skip
"""What people say of incidents: the clocks have it, and it stays."""


def undoable(desk: Desk, decision: str) -> Entry:
    """Return one's own last decision that stands, or the one named by its hash: one's own, or a
    rollback that automation decided.

    Raises:
        RefusedError: there is nothing of one's own that can be undone.
    """
    own = {
        entry.hash: entry
        for entry in desk.entries
        if (entry.type in _UNDOABLE | _FINAL or _is_said(entry))
        and entry.hash not in desk.book.void
        and (entry.actor == desk.principal or (decision and _is_automatic(entry)))
    }
    ended = follow(desk.entries, desk.book.void).ends.keys()
    standing = [hash_ for hash_, entry in own.items() if not _is_over(desk, entry, ended)]
    chosen = desk.find(decision, own, "decision of yours") if decision else ""
    if (chosen or not standing) and chosen not in standing:
        raise RefusedError(f"{desk.principal} has nothing to undo", rule="undo-own")
    entry = own[chosen or standing[-1]]
    if not chosen and desk.now - entry.ts > RECENT:
        raise RefusedError(
            f"the last decision of {desk.principal} that stands is from "
            f"{entry.ts:%Y-%m-%d}: {summary_of(entry)}",
            rule="undo-own",
            hint=f"name it, if it is meant: `riskcockpit undo {short(entry.hash)}`",
        )
    if _is_said(entry):
        before = [hash_ for hash_ in standing if own[hash_].type in _UNDOABLE]
        raise RefusedError(
            f"what was said of an incident stays: {summary_of(entry)}",
            rule="undo-final",
            hint="say otherwise by `riskcockpit incident`"
            + (
                f"; the decision before it is undone by name: {short(before[-1])}" if before else ""
            ),
        )
    if entry.type in _FINAL:
        raise RefusedError(
            f"what was ended stays so: {summary_of(entry)}",
            rule="undo-final",
            hint="decide anew: a new waiver or rollback has its own keys",
        )
    return entry


def _is_said(entry: Entry) -> bool:
    """Whether a person said how far an incident is; rules say of others that their alarms ended."""
    return kind_of(entry) in _SAID and entry.data.get("ended") is not True


def _is_automatic(entry: Entry) -> bool:
    """Whether automation decided it: whoever may roll back may name it, and put it back."""
    return entry.type is EntryType.ROLLBACK_REQUESTED and AUTOMATION in entry.data


def _is_over(desk: Desk, entry: Entry, ended: Container[str]) -> bool:
    """Whether a decision was ended, or its action came to nothing."""
    each = _action_of(desk, entry)
    over = (ActionState.REFUSED, ActionState.REJECTED, ActionState.UNDONE)
    return entry.hash in ended or (each is not None and each.state in over)


def _action_of(desk: Desk, entry: Entry) -> ProjectedAction | None:
    named = entry.data.get("request") if entry.type is EntryType.ROLLBACK_APPROVED else entry.hash
    return desk.projection.action(str(named))


def done_rollback(desk: Desk, entry: Entry) -> ProjectedAction | None:
    """Return the action behind `entry` when it was done upstream.

    Raises:
        RefusedError: it was sent and nobody knows yet, or it never happened.
    """
    each = _action_of(desk, entry)
    if each is None or each.state in (ActionState.REQUESTED, ActionState.PENDING):
        return None
    if each.action.kind not in MODEL_KINDS and each.state in _MAY_STAND:
        raise RefusedError(
            f"what was said to {each.action.target} stays said",
            rule="undo-final",
            hint="`riskcockpit deployments list` tells what can be done about it now",
        )
    if each.state is ActionState.DONE:
        return each
    raise RefusedError(
        f"the action {short(each.action.id)} is {each.state.value.replace('_', ' ')}",
        rule="undo-done-or-unsent",
        hint=f"find out first: `riskcockpit actions retry {short(each.action.id)}`",
    )


def own_rule(desk: Desk, entry: Entry) -> Rule:
    """Return the rule a decision of one's own was made under; undoing rests on the same."""
    rule = desk.roles.rule(str(entry.data.get("rule", "")))
    return rule or desk.permit(Deed.NOTE)
