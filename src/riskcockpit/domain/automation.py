"""What automation did or would do about a model, as it stands in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What a rule says of one series of readings now."""

    QUIET = "quiet"
    """Nothing follows."""
    STALE = "stale"
    """There is no fresh reading: a finding, never an action."""
    ALARM = "alarm"
    """Beyond the limit, and the rule or the class of the reading allows no action."""
    HELD = "held"
    """It would act, and a guard says no."""
    PROPOSE = "propose"
    ENFORCE = "enforce"

    @property
    def is_beyond(self) -> bool:
        """Whether the readings are beyond their limit."""
        return self not in (Verdict.QUIET, Verdict.STALE)

    @property
    def acts(self) -> bool:
        """Whether something is to be done."""
        return self in (Verdict.PROPOSE, Verdict.ENFORCE)


@dataclass(frozen=True, slots=True)
class Check:
    """One condition or guard: what it found, what it wants, whether it holds."""

    name: str
    holds: bool
    value: str
    wants: str


class ProposalState(StrEnum):
    """What became of a proposal."""

    OPEN = "open"
    """Waits for a person."""
    TAKEN = "taken"
    """A person asked for the rollback."""
    REJECTED = "rejected"
    LAPSED = "lapsed"
    """The model moved otherwise, or nobody answered for a day."""


@dataclass(frozen=True, slots=True)
class Asked:
    """That automation proposed or carried out a rollback before."""

    model: str
    version: int
    """The version that was to lose its place."""
    rule: str
    at: datetime
    is_enforced: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rollback that automation would do, prepared for a person."""

    id: str
    """Hash of its entry."""
    model: str
    from_version: int
    to_version: int
    rule: str
    because: str
    proposed_by: str
    at: datetime
    state: ProposalState


@dataclass(frozen=True, slots=True)
class Trial:
    """A version that took over by an automatic or proposed rollback, and has to prove itself."""

    rollback: str
    """Id of the action."""
    model: str
    version: int
    """The version that took over."""
    rule: str
    metric: str
    segment: str
    since: datetime
    told: str
    """How it went so far: empty, `missed` its time, or `seen` to recover."""
    is_over: bool
    """It was seen to recover, or the model moved again."""


@dataclass(frozen=True, slots=True)
class AutomationRecord:
    """What the ledger says of automation."""

    asked: tuple[Asked, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    trials: tuple[Trial, ...] = ()
    stopped: str = ""
    """Who stopped automation and why; empty while it is not stopped."""
