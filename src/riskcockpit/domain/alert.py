"""Alerts: what somebody should be told of, what became of it, and the message that tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from riskcockpit.domain.severity import Severity


class AlertKind(StrEnum):
    """What an alert is about. Those that the decision queue knows too have its words."""

    MODEL_ALARM = "model_alarm"
    DATA_ALARM = "data_alarm"
    CHAMPION_MISSING = "champion_missing"
    ROLLBACK_REQUEST = "rollback_request"
    WAIVER_REQUEST = "waiver_request"
    WAIVER_EXPIRING = "waiver_expiring"
    SLA = "sla"
    ACTION_FAILED = "action_failed"
    IMPORT_HELD = "import_held"
    GLASS_REVIEW = "glass_review"
    INCIDENT = "incident"
    """An incident opened, nobody acknowledged it in time, or its review is due."""
    CONTROL = "control"
    """A control alarms, fails to run, or its file is invalid."""
    KPI = "kpi"
    """A KPI misses its target beyond the warning band."""
    SOURCE = "source"
    """A source failed, or was not pulled for too long."""


class Fate(StrEnum):
    """What became of a fact in one cycle: each has exactly one. All but `sent` are suppressions."""

    SENT = "sent"
    """It leads a message."""
    GROUPED = "grouped"
    """It is told inside the message of another."""
    DUPLICATE = "duplicate"
    """It was told before, is no worse, and is not due again."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody signed for it since it began, and it is no worse."""
    QUIET_HOURS = "quiet_hours"
    """It waits until they end."""
    BUDGET = "budget"
    """Its owner had enough messages today."""
    WAIVED = "waived"
    """A waiver covers it."""
    NO_ROUTE = "no_route"
    """No rule says who is to be told."""


class Why(StrEnum):
    """Why a message tells of a fact."""

    NEW = "new"
    WORSE = "worse"
    STILL = "still"
    """It is there as long as the rules let it be without another word."""
    ESCALATED = "escalated"
    """Nobody signed for it; the next recipient is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that is so now and that somebody should know of."""

    key: str
    """The same thing has the same key in every sync, as `model:fraud-scoring`."""
    kind: AlertKind
    severity: Severity
    title: str
    detail: str
    since: datetime
    """When it began, as far as upstream says; aware UTC."""
    owner: str = ""
    """The team that answers for it; empty when nobody is named."""
    pillar: str = ""
    asset: str = ""
    model: str = ""
    parts: tuple[str, ...] = ()
    """What it consists of, as far as that is worth telling: what joins is told at once."""
    rule: str = ""
    """The control or KPI it comes from."""
    subject: str = ""
    """What a note about it is about: a finding id or a model; empty when it has neither."""
    at_risk: Decimal | None = None
    """In the currency of the settings."""
    is_waived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One fact as a message tells it."""

    key: str
    why: Why
    severity: Severity
    title: str
    detail: str
    since: datetime
    owner: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message as a channel sends it. All text is foreign: a channel escapes it for its target."""

    id: str
    """The same in every attempt: a receiver can tell a repetition by it."""
    created_at: datetime
    severity: Severity
    """Of the worst line."""
    owner: str
    context: str
    """Which world it is about, as `production`."""
    lines: tuple[Line, ...]
    """The worst first; empty in a digest."""
    text: str = ""
    """The whole of a digest; empty otherwise."""

    @property
    def headline(self) -> str:
        """Return one line that says what it is about."""
        if not self.lines:
            return f"[{self.context}] riskcockpit digest"
        first = self.lines[0]
        more = f" and {len(self.lines) - 1} more" if len(self.lines) > 1 else ""
        word = "" if first.why is Why.NEW else f", {first.why.value}"
        return f"[{self.context}] {first.severity.word}{word}: {first.title}{more}"
