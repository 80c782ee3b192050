"""Read models of governance: ledger, actions, controls, previews and results of decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from riskcockpit.domain.control import ControlRow
from riskcockpit.domain.decision import Decision
from riskcockpit.domain.money import Money
from riskcockpit.views.findings import FindingRow


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One entry of the ledger."""

    hash: str
    chain: str
    seq: int
    ts: datetime
    actor: str
    type: str
    subject: str
    summary: str
    data: str
    """The payload as canonical JSON."""


@dataclass(frozen=True, slots=True)
class LedgerEntryView:
    """One entry of the ledger in full."""

    row: LedgerRow
    prev: str
    key_fp: str
    seen: tuple[tuple[str, str], ...]
    """(other chain, hash of its last entry as the writer knew it)."""
    witnesses: tuple[str, ...]
    """Entries of other chains that saw this one as the head, as `CHAIN:SEQ`."""
    problems: tuple[str, ...]
    """Why it does not verify; empty when it does."""
    notices: tuple[str, ...]
    """What is odd about it or makes it void, though the ledger verifies."""
    signature: str


@dataclass(frozen=True, slots=True)
class LedgerProblem:
    """Why an entry, a checkpoint or a chain does not verify."""

    chain: str
    entry: int | None
    """Zero-based `seq`; None when the fault is not in one entry."""
    why: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The outcome of `ledger verify`."""

    chains: int
    entries: int
    checkpoints: int
    problems: tuple[LedgerProblem, ...]
    heads: tuple[tuple[str, str], ...]
    """(chain, hash of its last entry)."""
    notices: tuple[LedgerProblem, ...] = ()
    """What is odd and voids nothing: clocks that differ, data that is not what its type holds."""

    @property
    def is_ok(self) -> bool:
        """Whether everything verified."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One action of the outbox."""

    id: str
    kind: str
    source: str
    target: str
    state: str
    message: str
    decided_by: str
    decided_at: datetime
    updated_at: datetime
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ControlView:
    """One control with its latest verdict."""

    id: str
    title: str
    pillar: str
    severity: str
    frameworks: Mapping[str, tuple[str, ...]]
    verdict: str
    message: str
    passed: int
    failed: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class DecisionPreview:
    """What a decision would do, drawn in the dialog before anybody says yes."""

    title: str
    """As `Waive 14 findings`."""
    consequence: str
    """One sentence."""
    target: str
    context: str
    is_production: bool
    calls: tuple[str, ...]
    """The exact upstream calls; empty when nothing changes upstream, or nobody knows."""
    rule: str
    needs: tuple[str, ...]
    """Who else must sign; empty when this person may decide alone."""
    blockers: tuple[str, ...]
    """Why it cannot be done now; empty when it can."""
    warnings: tuple[str, ...] = ()
    findings: tuple[FindingRow, ...] = ()
    """A sample of the findings concerned, at most 20."""
    finding_count: int = 0
    exposure: Money | None = None
    facts: tuple[tuple[str, str], ...] = ()
    """More labelled facts, as `("from version", "7")`."""
    are_calls_known: bool = True
    """Whether every source that would be called has said with what."""


@dataclass(frozen=True, slots=True)
class DecisionResult:
    """What came of a decision."""

    decision: Decision
    actions: tuple[ActionRow, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class ControlDetail:
    """One control with its reasons, its SQL and the rows behind its verdict."""

    summary: ControlView
    rationale: str
    remediation: str
    sql: str
    rows: tuple[ControlRow, ...]
    pack: str = ""
    is_trusted: bool = True
    """Whether its pack ships with us or is signed; if not it runs in a process of its own."""
    inputs: Mapping[str, timedelta | None] = field(default_factory=dict)
    """Table → how old its newest row may be."""
    params: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    why_set: Mapping[str, str] = field(default_factory=dict)
    """Parameters that the home sets otherwise → why, and who decided it."""


@dataclass(frozen=True, slots=True)
class CaseOutcome:
    """What came of one test case of a control."""

    control_id: str
    case: str
    is_ok: bool
    message: str = ""
    """What differed; empty when ok."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Rows of a read-only query on the cache."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_truncated: bool
