"""Actions as the ledger knows them: what was decided, sent, and read back. Pure.

The outbox is not kept anywhere: it is the actions that were decided and have no receipt.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import dropwhile
from typing import Any

import msgspec

from riskcockpit.decisions.requests import Followers, Policies, Standing, stand
from riskcockpit.decisions.roles import Signature
from riskcockpit.domain.action import (
    DEPLOYMENT_KINDS,
    MODEL_KINDS,
    Action,
    ActionKind,
    ActionState,
)
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.model import CHAMPION, LONGEST_VERSION
from riskcockpit.domain.severity import Severity
from riskcockpit.ledger.chain import Entry

ACTING = frozenset({EntryType.ROLLBACK_REQUESTED, EntryType.DEPLOYMENT_REQUESTED})
"""Entries that decide, or ask for, an action upstream."""
_RECEIPTS = frozenset(
    {
        EntryType.ACTION_SENT,
        EntryType.ACTION_CONFIRMED,
        EntryType.ACTION_REFUSED,
        EntryType.ACTION_UNKNOWN,
    }
)


@dataclass(frozen=True, slots=True)
class ProjectedAction:
    """An action with its present state."""

    action: Action
    state: ActionState
    message: str
    decided_by: str
    decided_at: datetime
    """When its last key was added; when it was asked for while keys are missing."""
    updated_at: datetime
    sent_at: datetime | None
    """When it was sent first."""
    standing: Standing
    evidence: Mapping[str, str]
    """What was read back last."""

    @property
    def model(self) -> str:
        """The model whose alias it moves, or what is deployed."""
        return self.action.target.rpartition("@")[0]


class _Order(msgspec.Struct, frozen=True):
    kind: ActionKind
    source: str
    target: str
    params: dict[str, str]


class _Move(_Order, frozen=True):
    model: str


def action_of(ask: Entry) -> Action:
    """Return the action that an entry decides.

    Raises:
        ValueError: the entry does not describe one.
    """
    if ask.type is EntryType.DEPLOYMENT_REQUESTED:
        return _about_deployment(ask)
    read = msgspec.convert(dict(ask.data), _Move)
    if read.target != f"{read.model}@{CHAMPION}":
        raise ValueError("it names one model and moves another")
    if read.kind not in MODEL_KINDS:
        raise ValueError("it moves no model")
    if any(len(read.params.get(key, "")) > LONGEST_VERSION for key in ("from", "to")):
        raise ValueError("what it names is no version")
    return Action(ask.hash, read.kind, read.source, read.target, read.params)


def _about_deployment(ask: Entry) -> Action:
    read = msgspec.convert(dict(ask.data), _Order)
    if read.kind not in DEPLOYMENT_KINDS:
        raise ValueError("it is about no deployment")
    return Action(ask.hash, read.kind, read.source, read.target, read.params)


def collect_actions(
    entries: Iterable[Entry], followers: Followers, policies: Policies, doubt: str
) -> list[ProjectedAction]:
    """Return every action that was ever asked for, in the order of the asking.

    Receipts count from the first sending that knew of all its keys and of no end: nobody says of
    what waits for a second person that it was done. What one person decided and sent is settled by
    who could have reviewed it alone.
    """
    entries = tuple(entries)
    counting_hashes = {entry.hash for entry in entries}
    receipts = receipts_of(entries)
    found = []
    for ask in entries:
        if ask.type not in ACTING:
            continue
        try:
            action = action_of(ask)
        except ValueError:
            continue  # nothing that could be sent
        standing = stand(ask, Severity.INFO, followers, policies, doubt)
        unsent = _before_sending(ask, standing)

        def is_idle(receipt: Entry, ask: Entry = ask) -> bool:
            return not _is_sending(receipt, ask, followers, policies)

        counting = tuple(dropwhile(is_idle, receipts.get(ask.hash, ())))
        end = standing.ended
        if counting and end is not None and standing.review is not None:
            is_settled = end.hash in counting_hashes and _is_reviewer(
                followers.signature(end, policies), standing
            )
            standing = standing if is_settled else replace(standing, ended=None)
        found.append(projected_action(ask, action, standing, unsent, counting))
    return found


def _is_reviewer(who: Signature, standing: Standing) -> bool:
    """Whether somebody could have added the key that was missing when the glass was broken."""
    may = standing.rule is not None and bool(who.roles & standing.rule.approve)
    return may and all(who.is_by_another_than(other) for other in standing.signed[:1])


def _is_sending(receipt: Entry, ask: Entry, followers: Followers, policies: Policies) -> bool:
    """Whether a receipt begins what was decided and had not ended, by what it knows."""
    end = followers.ends.get(ask.hash)
    if receipt.type is not EntryType.ACTION_SENT:
        return False
    if end is not None and followers.order.knows(receipt.hash, end.hash):
        return False
    known = stand(ask, Severity.INFO, followers, policies, "", known_to=receipt)
    return known.decided_at is not None


def receipts_of(entries: Iterable[Entry]) -> Mapping[str, Sequence[Entry]]:
    """Return what was sent and read back, by the id of the action, in time order."""
    receipts: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.type in _RECEIPTS:
            receipts[str(entry.data.get("action", ""))].append(entry)
    return receipts


def projected_action(
    ask: Entry,
    action: Action,
    standing: Standing,
    unsent: tuple[ActionState, str, datetime],
    receipts: Sequence[Entry],
) -> ProjectedAction:
    """Return an action as its receipts leave it; without any it is `unsent`."""
    sent = [entry for entry in receipts if entry.type is EntryType.ACTION_SENT]
    state, message, at = unsent
    evidence: Mapping[str, str] = {}
    if sent:
        last = receipts[-1]
        state, message, at = _after_sending(last), str(last.data.get("message", "")), last.ts
        evidence = _texts(last.data.get("evidence"))
    return ProjectedAction(
        action=action,
        state=state,
        message=message,
        decided_by=standing.signed[-1].principal if standing.signed else ask.actor,
        decided_at=standing.decided_at or ask.ts,
        updated_at=at,
        sent_at=sent[0].ts if sent else None,
        standing=standing,
        evidence=evidence,
    )


def _before_sending(ask: Entry, standing: Standing) -> tuple[ActionState, str, datetime]:
    if (end := standing.ended) is not None:
        is_undone = end.type is EntryType.UNDO
        state = ActionState.UNDONE if is_undone else ActionState.REJECTED
        comment = str(end.data.get("comment", ""))
        why = f": {comment}" if comment else ""
        return state, f"{standing.end_word} by {end.actor}{why}", end.ts
    if standing.doubt:
        return ActionState.IN_DOUBT, standing.doubt, ask.ts
    if not standing.signed:
        return ActionState.IN_DOUBT, f"{ask.actor} may not ask for it", ask.ts
    if standing.decided_at is None:
        return ActionState.REQUESTED, "waits for another key", ask.ts
    return ActionState.PENDING, "decided, not sent yet", standing.decided_at


def _after_sending(last: Entry) -> ActionState:
    if last.type is EntryType.ACTION_SENT:
        return ActionState.SENT
    if last.type is EntryType.ACTION_CONFIRMED:
        waits = last.data.get("outcome") == ActionState.PENDING_UPSTREAM.value
        return ActionState.PENDING_UPSTREAM if waits else ActionState.DONE
    is_refused = last.type is EntryType.ACTION_REFUSED
    return ActionState.REFUSED if is_refused else ActionState.UNKNOWN


def _texts(value: Any) -> dict[str, str]:
    return {str(k): str(v) for k, v in value.items()} if isinstance(value, dict) else {}
