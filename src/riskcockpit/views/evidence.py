"""Read models of an evidence export: what was proven, of which controls, and by what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from riskcockpit.domain.control import ControlRow, Verdict
from riskcockpit.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class EvidencedControl:
    """One control with what it came to, row by row."""

    id: str
    title: str
    pillar: str
    severity: Severity
    rationale: str
    remediation: str
    frameworks: Mapping[str, tuple[str, ...]]
    verdict: Verdict
    message: str
    rows: tuple[ControlRow, ...]
    digest: str
    """SHA-256 of its two files, as hex."""
    hours: int
    """How long the verdict may be relied upon: the shortest age its inputs may have; 24 without."""
    at: datetime | None = None
    """The moment it was judged for, aware UTC; it may stand from an earlier publish."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One requirement of a framework, as far as a control refers to it."""

    framework: str
    framework_title: str
    reference: str
    link: str


@dataclass(frozen=True, slots=True)
class WaiverFact:
    """A waiver that an auditor has to weigh."""

    id: str
    state: str
    reason: str
    justification: str
    requester: str
    approver: str
    requested_at: datetime
    expires_at: datetime
    findings: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A signed evaluation of the controls within the period."""

    at: datetime
    generation: int
    actor: str
    policy_digest: str
    results_digest: str
    entry: str
    """Hash of the ledger entry."""


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """What an export holds."""

    organisation: str
    since: datetime
    until: datetime
    """The moment the controls were judged for. Aware UTC."""
    generation: int
    framework: str
    """Empty: all."""
    asset: str
    """Empty: all."""
    controls: tuple[EvidencedControl, ...]
    requirements: tuple[Requirement, ...]
    waivers: tuple[WaiverFact, ...]
    evaluations: tuple[Evaluation, ...]
    """Oldest first; the last one is that of this generation when it was signed."""
    policy_digest: str
    controls_digest: str
    kpis_digest: str
    results_digest: str


@dataclass(frozen=True, slots=True)
class EvidenceWritten:
    """What was written, and where."""

    directory: Path
    files: int
    bytes: int
    controls: int
    deployments: int
    """Statements about deployments."""
    entries: int
    manifest_digest: str
    signed_by: str
    """Empty: nobody could sign here."""
    entry: str
    """Hash of the ledger entry that names it; empty as above."""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """One control judged again, or one chain of a deployment followed again, from an export."""

    control_id: str
    """Id of the control, or `deployment ID`."""
    recorded: str
    """The verdict in the export."""
    found: str
    """The verdict now."""
    differences: int
    """Rows that are not the same."""

    @property
    def is_same(self) -> bool:
        """Whether verdict and all rows agree."""
        return self.recorded == self.found and not self.differences


@dataclass(frozen=True, slots=True)
class EvidenceRead:
    """What came of reading an export into an empty home."""

    directory: Path
    generation: int
    entries: int
    controls: tuple[Reproduction, ...]
    deployments: tuple[Reproduction, ...] = ()
    signed_by: str = ""
    """Who signed the list of files; empty: nobody."""
    is_signed: bool = False
    """Whether the ledger names the results."""

    @property
    def is_reproduced(self) -> bool:
        """Whether every control and every chain came to the same."""
        return all(one.is_same for one in (*self.controls, *self.deployments))
