"""Decisions: what people and automation decide, in the words of the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EntryType(StrEnum):
    """Every type of ledger entry (design/decisions.md)."""

    GENESIS = "genesis"
    WAIVER_REQUESTED = "waiver.requested"
    WAIVER_GRANTED = "waiver.granted"
    WAIVER_REJECTED = "waiver.rejected"
    WAIVER_REVOKED = "waiver.revoked"
    WAIVER_EXPIRED = "waiver.expired"
    WAIVER_SUSPENDED = "waiver.suspended"
    APPROVAL_GRANTED = "approval.granted"
    APPROVAL_REJECTED = "approval.rejected"
    ROLLBACK_REQUESTED = "rollback.requested"
    ROLLBACK_APPROVED = "rollback.approved"
    ROLLBACK_EXECUTED = "rollback.executed"
    DEPLOYMENT_REQUESTED = "deployment.requested"
    ACTION_SENT = "action.sent"
    ACTION_CONFIRMED = "action.confirmed"
    ACTION_REFUSED = "action.refused"
    ACTION_UNKNOWN = "action.unknown"
    IDENTITY_MERGED = "identity.merged"
    IDENTITY_SPLIT = "identity.split"
    CLOSURE_RELEASED = "closure.released"
    NOTE = "note"
    UNDO = "undo"
    SYNC_COMPLETED = "sync.completed"
    CONTROLS_EVALUATED = "controls.evaluated"
    REPORT_ISSUED = "report.issued"
    POLICY_CHANGED = "policy.changed"
    KEY_ADDED = "key.added"
    KEY_REVOKED = "key.revoked"


class WaiverReason(StrEnum):
    """Why a finding is waived. The first five are OpenVEX justifications of `not_affected`."""

    COMPONENT_NOT_PRESENT = "component_not_present"
    VULNERABLE_CODE_NOT_PRESENT = "vulnerable_code_not_present"
    VULNERABLE_CODE_NOT_IN_EXECUTE_PATH = "vulnerable_code_not_in_execute_path"
    VULNERABLE_CODE_CANNOT_BE_CONTROLLED = "vulnerable_code_cannot_be_controlled_by_adversary"
    INLINE_MITIGATIONS_EXIST = "inline_mitigations_already_exist"
    FALSE_POSITIVE = "false_positive"
    RISK_ACCEPTED = "risk_accepted"
    COMPENSATING_CONTROL = "compensating_control"
    DEFERRED = "deferred"


class DecisionState(StrEnum):
    """What a decision came to."""

    GRANTED = "granted"
    REQUESTED = "requested"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it was taken, with the rule that allowed or refused it."""

    id: str
    """The hash of its ledger entry; empty when it was refused and nothing was written."""
    type: EntryType
    state: DecisionState
    actor: str
    at: datetime
    rule: str
    """Id of the rule in `roles.yaml` that applied."""
    needs: tuple[str, ...] = field(default=())
    """What is still missing, one sentence each, as `a second person with the role approver`."""
    summary: str = ""
