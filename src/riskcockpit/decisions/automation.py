"""What the ledger says of automation: what it asked for, what waits, whether it is stopped. Pure.

Counting is generous where it holds automation back: whatever says that it was asked for counts,
whoever signed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from riskcockpit.decisions.automations import KEY as AUTOMATION
from riskcockpit.decisions.notes import NoteKind, kind_of
from riskcockpit.decisions.receipts import ProjectedAction
from riskcockpit.decisions.requests import Followers
from riskcockpit.domain.action import MODEL_KINDS, ActionState
from riskcockpit.domain.automation import (
    Asked,
    AutomationRecord,
    Proposal,
    ProposalState,
    Trial,
)
from riskcockpit.domain.clock import rfc3339
from riskcockpit.domain.decision import EntryType
from riskcockpit.domain.model import is_version
from riskcockpit.ledger.chain import Entry

PROPOSAL = "proposal"
"""Where a person's request names the proposal it takes up."""
CAUSE = "cause"
"""Where a rollback names the rule and the reading behind it."""
LIFE = timedelta(hours=24)
"""How long a proposal waits."""


class Cause(msgspec.Struct, frozen=True):
    """Which rule spoke, and of which readings."""

    rule: str
    metric: str
    segment: str = ""


class _Proposed(msgspec.Struct, frozen=True):
    model: str
    params: dict[str, str]
    cause: Cause
    reasons: list[str]


def automation_record(
    entries: Sequence[Entry],
    counting: Sequence[tuple[NoteKind, Entry]],
    followers: Followers,
    actions: Sequence[ProjectedAction],
    now: datetime,
) -> AutomationRecord:
    """Say what `entries` (in time order) mean for automation; `counting` are the records in them
    that count.
    """
    moves = [each for each in actions if each.action.kind in MODEL_KINDS]
    proposals = tuple(_proposals(counting, entries, followers, moves, now))
    return AutomationRecord(
        asked=tuple(_asked(entries)),
        proposals=proposals,
        trials=tuple(_trials(entries, counting, moves)),
        stopped=_stopped(counting),
    )


def _asked(entries: Sequence[Entry]) -> Iterator[Asked]:
    for entry in entries:
        is_enforced = entry.type is EntryType.ROLLBACK_REQUESTED and AUTOMATION in entry.data
        if not is_enforced and kind_of(entry) is not NoteKind.ROLLBACK_PROPOSED:
            continue
        params = entry.data.get("params")
        version = str(params.get("from", "")) if isinstance(params, Mapping) else ""
        cause = _cause(entry.data)
        yield Asked(
            model=str(entry.data.get("model", "")),
            version=int(version) if is_version(version) else 0,
            rule=cause.rule if cause else "",
            at=entry.ts,
            is_enforced=is_enforced,
        )


def _cause(data: Mapping[str, Any]) -> Cause | None:
    try:
        return msgspec.convert(data.get(CAUSE), Cause)
    except msgspec.ValidationError:
        return None


def _proposals(
    counting: Sequence[tuple[NoteKind, Entry]],
    entries: Sequence[Entry],
    followers: Followers,
    moves: Sequence[ProjectedAction],
    now: datetime,
) -> Iterator[Proposal]:
    moves = [each for each in moves if each.standing.signed]
    asked = {each.action.id for each in moves}
    taken = {
        str(entry.data[PROPOSAL])
        for entry in entries
        if entry.hash in asked and PROPOSAL in entry.data
    }
    for kind, entry in counting:
        if kind is not NoteKind.ROLLBACK_PROPOSED:
            continue
        try:
            read = msgspec.convert(dict(entry.data), _Proposed)
            versions = read.params["from"], read.params["to"]
        except (msgspec.ValidationError, KeyError):
            continue  # nothing that could be taken up
        if not all(map(is_version, versions)):
            continue
        before, after = map(int, versions)
        moved = any(each.model == read.model and each.updated_at > entry.ts for each in moves)
        state = ProposalState.OPEN
        if entry.hash in followers.ends:
            state = ProposalState.REJECTED
        elif entry.hash in taken:
            state = ProposalState.TAKEN
        elif moved or now >= entry.ts + LIFE:
            state = ProposalState.LAPSED
        yield Proposal(
            id=entry.hash,
            model=read.model,
            from_version=before,
            to_version=after,
            rule=read.cause.rule,
            because="; ".join(read.reasons),
            proposed_by=entry.actor,
            at=entry.ts,
            state=state,
        )


def _trials(
    entries: Sequence[Entry],
    counting: Sequence[tuple[NoteKind, Entry]],
    moves: Sequence[ProjectedAction],
) -> Iterator[Trial]:
    told = {
        str(entry.data.get("action", "")): kind.value.rpartition(".")[2]
        for kind, entry in counting
        if kind in (NoteKind.RECOVERY_SEEN, NoteKind.RECOVERY_MISSED)
    }
    causes = {entry.hash: cause for entry in entries if (cause := _cause(entry.data))}
    newest = {each.model: each.updated_at for each in moves if each.state is ActionState.DONE}
    for each in moves:
        cause, after = causes.get(each.action.id), each.action.params.get("to", "")
        if each.state is not ActionState.DONE or cause is None or not after.isdecimal():
            continue
        said = told.get(each.action.id, "")
        yield Trial(
            rollback=each.action.id,
            model=each.model,
            version=int(after),
            rule=cause.rule,
            metric=cause.metric,
            segment=cause.segment,
            since=each.updated_at,
            told=said,
            is_over=said == "seen" or newest[each.model] > each.updated_at,
        )


def _stopped(counting: Sequence[tuple[NoteKind, Entry]]) -> str:
    last: Entry | None = None
    for kind, entry in counting:
        if kind is NoteKind.AUTOMATION_STOPPED:
            last = entry
        elif kind is NoteKind.AUTOMATION_RESUMED:
            last = None
    if last is None:
        return ""
    return f"stopped by {last.actor} at {rfc3339(last.ts)}: {last.data.get('reason', '')}"
