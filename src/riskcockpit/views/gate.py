"""Read models of a gate: which rules a change keeps, and what breaks the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from riskcockpit.views.findings import FindingRow
from riskcockpit.views.reports import FileReport


@dataclass(frozen=True, slots=True)
class GateRuleView:
    """What came of one rule about findings."""

    id: str
    title: str
    query: str
    only: str
    """`added`: what the baseline does not have; `all`: whatever is there."""
    most: int
    """How many may match."""
    matched: int
    """Findings that count against it."""
    known: int
    """Findings that match too, and are in the baseline."""
    findings: tuple[FindingRow, ...]
    """The first of those that count, worst first; `matched` says how many there are."""
    hint: str = ""

    @property
    def is_passed(self) -> bool:
        """Whether no more match than may."""
        return self.matched <= self.most


@dataclass(frozen=True, slots=True)
class GateDemandView:
    """What came of one demand on the scans themselves."""

    id: str
    title: str
    failures: tuple[str, ...] = ()
    """One sentence for each scan or tool that does not meet it."""

    @property
    def is_passed(self) -> bool:
        """Whether all of them meet it."""
        return not self.failures


@dataclass(frozen=True, slots=True)
class GateView:
    """What a gate came to."""

    at: datetime
    """Aware UTC."""
    policy: str
    """The file the rules are from, or `query` when they were given as one."""
    judged: str
    """What was judged, in words: reports, or the cache."""
    baseline: str
    """What it was compared with, in words; empty when with nothing."""
    rules: tuple[GateRuleView, ...]
    demands: tuple[GateDemandView, ...]
    files: tuple[FileReport, ...]
    """Every report that was read or could not be; those of the baseline too."""
    notes: tuple[str, ...] = ()

    @property
    def broken(self) -> int:
        """How many rules and demands are not met."""
        rules = sum(not rule.is_passed for rule in self.rules)
        return rules + sum(not demand.is_passed for demand in self.demands)

    @property
    def is_passed(self) -> bool:
        """Whether every rule and every demand is met; unread files are told apart."""
        return not self.broken

    @property
    def unread(self) -> int:
        """How many files could not be read."""
        return sum(bool(file.error) for file in self.files)
