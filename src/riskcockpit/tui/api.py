"""What the cockpit asks of the floors below, as one protocol; screens know nothing else.

`gateway.Gateway` answers it over the services; tests answer it with fixed data. Every method may
block and is called from thread workers only; properties are in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # records cost 10 ms a module; the first frame needs none
    from riskcockpit.domain.decision import WaiverReason
    from riskcockpit.views.findings import FindingDetail, FindingPage, FindingSet
    from riskcockpit.views.governance import (
        ActionRow,
        ControlView,
        DecisionPreview,
        DecisionResult,
        LedgerRow,
        VerifyReport,
    )
    from riskcockpit.views.models import ModelDetail, ModelRow
    from riskcockpit.views.posture import PostureView


MARK_LIMIT = 5_000
"""How many findings one bulk action may concern."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known before any data is read: who, where, and how they like it."""

    context: str
    is_production: bool
    principal: str
    host: str
    unlock_for: str = "15m"
    """How long decisions in production stay unlocked."""
    theme: str = "riskcockpit"
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Binding id → keys, from the settings."""


@dataclass(frozen=True, slots=True)
class Waive:
    """Stop asking for a fix of these findings until `expires_at`."""

    findings: tuple[str, ...]
    reason: WaiverReason
    justification: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RollBack:
    """Move a model's champion back to an older version."""

    model: str
    to: int | None = None
    """None: the newest older version that is ready and approved."""


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


Intent = Waive | RollBack | Approve | Reject | Release | Undo | Note
"""Everything a person can decide in the cockpit."""


class GatewayApi(Protocol):
    """The questions of the screens."""

    @property
    def about(self) -> About:
        """Who and where; needs no I/O."""
        ...

    @property
    def query_words(self) -> tuple[str, ...]:
        """Words the filter bar completes, as `severity>=high`; needs no I/O."""
        ...

    def now(self) -> datetime:
        """Return the present, aware UTC; needs no I/O."""
        ...

    def unlock(self) -> datetime:
        """Allow decisions in production for the time of the settings; return its end.

        Raises:
            ConfigError: it cannot be kept.
        """
        ...

    def lock(self) -> None:
        """Forbid decisions in production at once; raises as `unlock`."""
        ...

    def generation(self) -> int:
        """Return the number of the current cache generation; 0 without a cache."""
        ...

    def posture(self) -> PostureView:
        """Return everything on the overview."""
        ...

    def open_findings(self, query: str) -> FindingSet:
        """Build the ordered result of `query` over the current generation.

        Raises:
            QueryError: the query does not parse; carries the position.
        """
        ...

    def page(self, found: FindingSet, start: int, count: int) -> FindingPage:
        """Return rows `start` to `start + count` of `found`."""
        ...

    def position(self, found: FindingSet, finding: str) -> int | None:
        """Return the row of a finding in `found`; None when it is not in it."""
        ...

    def ids(self, query: str) -> tuple[str, ...]:
        """Return the ids of all findings that match, in order."""
        ...

    def finding(self, finding: str) -> FindingDetail:
        """Return all that is known of one finding.

        Raises:
            UnknownNameError: there is no such finding.
        """
        ...

    def models(self) -> tuple[ModelRow, ...]:
        """Return the production models."""
        ...

    def model(self, name: str) -> ModelDetail:
        """Return all that is known of one model."""
        ...

    def ledger(self, limit: int) -> tuple[LedgerRow, ...]:
        """Return the newest entries, newest first."""
        ...

    def verify(self) -> VerifyReport:
        """Check every signature, link and checkpoint of the ledger."""
        ...

    def actions(self) -> tuple[ActionRow, ...]:
        """Return the outbox and the receipts, newest first."""
        ...

    def controls(self) -> tuple[ControlView, ...]:
        """Return the controls with their latest verdicts."""
        ...

    def plan(self, intent: Intent) -> DecisionPreview:
        """Say what a decision would do; changes nothing."""
        ...

    def decide(self, intent: Intent) -> DecisionResult:
        """Take a decision: sign it, and do what it allows upstream.

        Raises:
            RefusedError: a rule says no; carries the rule.
        """
        ...

    def interrupt(self) -> None:
        """Stop every running question."""
        ...

    def close(self) -> None:
        """Let go of every generation."""
        ...
