"""What a person can want to decide in the cockpit: said to the gateway, which plans and does it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # records cost 10 ms a module; the first frame needs none
    from datetime import datetime

    from riskcockpit.domain.decision import WaiverReason


@dataclass(frozen=True, slots=True)
class Waive:
    """Stop asking for a fix of these findings until `expires_at`."""

    findings: tuple[str, ...]
    reason: WaiverReason
    justification: str
    expires_at: datetime
    details: Mapping[str, Any] = field(default_factory=dict)
    """More fields of its record, as what compensates; see `decisions.waiver_record`."""


@dataclass(frozen=True, slots=True)
class RollBack:
    """Move a model's champion back to an older version."""

    model: str
    to: int | None = None
    """None: the newest older version that is ready and approved."""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Approve:
    """Sign somebody's request."""

    request: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    """Refuse somebody's request."""

    request: str
    comment: str


@dataclass(frozen=True, slots=True)
class Renew:
    """Ask for a waiver in the place of another, until `expires_at`."""

    waiver: str
    expires_at: datetime
    justification: str = ""
    """Empty: that of the old one."""


@dataclass(frozen=True, slots=True)
class Revoke:
    """Take a waiver back."""

    waiver: str
    comment: str


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """Say that one looks after an incident."""

    incident: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class AcknowledgeAlert:
    """Say that one takes care of an alert."""

    alert: str
    text: str


@dataclass(frozen=True, slots=True)
class Release:
    """Close what a held scan did not see."""

    scan: str


@dataclass(frozen=True, slots=True)
class Undo:
    """Take back a decision of one's own."""

    decision: str
    """Hash of the ledger entry; empty: the last one of this person."""


@dataclass(frozen=True, slots=True)
class Note:
    """Write down something about a finding or a model."""

    subject: str
    text: str


Intent = (
    Waive
    | RollBack
    | Approve
    | Reject
    | Renew
    | Revoke
    | Acknowledge
    | AcknowledgeAlert
    | Release
    | Undo
    | Note
)
"""Everything a person can decide in the cockpit."""
