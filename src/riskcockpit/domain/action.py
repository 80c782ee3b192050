"""Actions: what a decision changes upstream, and the receipt of what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ActionKind(StrEnum):
    """What is changed upstream."""

    MODEL_ROLLBACK = "model.rollback"
    """Move the champion alias to an older version."""
    MODEL_PROMOTE = "model.promote"
    """Move the champion alias to a newer version, or set it where there is none."""
    ALERT_SILENCE = "alert.silence"
    """Silence the alerts of a waived finding, until the waiver ends."""
    ALERT_UNSILENCE = "alert.unsilence"
    """End a silence of ours before its time."""
    ALERT_DISMISS = "alert.dismiss"
    """Close an alert upstream for as long as a waiver covers its finding."""
    ALERT_REOPEN = "alert.reopen"
    """Open it again when the waiver ended."""
    DEPLOYMENT_APPROVE = "deployment.approve"
    """Let a deployment that waits for an approval go on."""
    DEPLOYMENT_REJECT = "deployment.reject"
    """Stop a deployment that waits for an approval."""
    DEPLOYMENT_ROLLBACK = "deployment.rollback"
    """Deploy an earlier commit again."""


MODEL_KINDS = frozenset({ActionKind.MODEL_ROLLBACK, ActionKind.MODEL_PROMOTE})
"""What the entry about a model's champion may decide."""
ALERT_KINDS = frozenset({ActionKind.ALERT_DISMISS, ActionKind.ALERT_REOPEN})
"""Closing alerts, and opening them again."""
WAIVER_KINDS = ALERT_KINDS | {ActionKind.ALERT_SILENCE, ActionKind.ALERT_UNSILENCE}
"""What follows from a waiver's entry."""


DEPLOYMENT_KINDS = frozenset(
    {
        ActionKind.DEPLOYMENT_APPROVE,
        ActionKind.DEPLOYMENT_REJECT,
        ActionKind.DEPLOYMENT_ROLLBACK,
    }
)
"""What the entry about a deployment may decide."""
OFFERED_KINDS = DEPLOYMENT_KINDS | {ActionKind.MODEL_PROMOTE}
"""What sources offer to be decided."""


class Outcome(StrEnum):
    """What came of an action (design/decisions.md)."""

    DONE = "done"
    PENDING_UPSTREAM = "pending_upstream"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class ActionState(StrEnum):
    """How far an action has come, by what the ledger knows of it."""

    REQUESTED = "requested"
    """Waits for another key."""
    PENDING = "pending"
    """Decided, not sent."""
    SENT = "sent"
    """Sent; nothing was read back yet."""
    DONE = "done"
    PENDING_UPSTREAM = "pending_upstream"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    """A key was refused."""
    UNDONE = "undone"
    """Taken back before it was sent."""
    IN_DOUBT = "in_doubt"
    """Something about its decision does not verify: it is not sent."""


OPEN_STATES = frozenset(
    {
        ActionState.REQUESTED,
        ActionState.PENDING,
        ActionState.SENT,
        ActionState.PENDING_UPSTREAM,
        ActionState.UNKNOWN,
    }
)
"""States of an action that waits or is on its way."""


@dataclass(frozen=True, slots=True)
class Action:
    """A change to be made upstream, wholly described by the ledger entry that decided it."""

    id: str
    """The hash of the deciding ledger entry: the idempotency key."""
    kind: ActionKind
    source: str
    """Name of the configured source whose connector applies it."""
    target: str
    """What is changed, as `fraud-scoring@champion`."""
    params: Mapping[str, str] = field(default_factory=dict)
    """What it takes, as `{"from": "7", "to": "6"}`; `from` is the precondition."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be decided about a deployment now."""

    action: Action
    """What would be done; without an id, for nobody decided it yet."""
    version: str
    """What it lets through, stops or deploys again, as people call it: a run, a commit, a number
    of a history."""
    what: str
    """The same in a few words, as `run 812 "Release 4.2" by mara`; clean text."""
    since: datetime | None = None
    """When it began to wait, or was deployed first; aware UTC."""
    authors: tuple[str, ...] = ()
    """Who started it, and who made the change, as upstream names them: they do not approve it.
    Clean text, each once."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would do, before anybody decides."""

    calls: tuple[str, ...]
    """The exact upstream calls in the order they will be made, without credentials."""
    precondition: str
    """The sentence that must hold at the moment of sending."""
    inverse: str
    """How it is undone; empty when it cannot be."""
    blockers: tuple[str, ...] = ()
    """Why it cannot be done now; empty when it can."""
    is_known: bool = True
    """Whether the source has answered; else nobody knows which calls there would be."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done upstream and read back."""

    action_id: str
    outcome: Outcome
    at: datetime
    message: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    """What was read back, as `{"champion": "6"}`."""
