"""Read models of findings: rows, details, explanations, facets, pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from riskcockpit.domain.finding import FindingClass, Location, State
from riskcockpit.domain.money import Money
from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding in a list."""

    id: str
    title: str
    severity: Severity
    state: State
    pillar: Pillar
    finding_class: FindingClass
    asset: str
    owner: str
    tool: str
    rule: str
    path: str
    line: int | None
    package: str
    """`name version`, or empty."""
    vulnerability: str
    first_seen: datetime
    last_seen: datetime
    due_at: datetime | None
    waived_until: datetime | None
    exposure: Money
    is_kev: bool
    is_unconfirmed_absent: bool
    resource: str = ""
    """Cloud or cluster resource, address of an application, or data set; empty in code."""

    @property
    def location(self) -> str:
        """Where it is, in one string: `path:line`, package, resource, or empty."""
        if self.path and self.line is not None:
            return f"{self.path}:{self.line}"
        return self.path or self.package or self.resource


@dataclass(frozen=True, slots=True)
class FindingEventView:
    """One event in a finding's history."""

    at: datetime
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class WaiverView:
    """A waiver as it stands."""

    id: str
    state: str
    reason: str
    justification: str
    requester: str
    approver: str
    requested_at: datetime
    expires_at: datetime
    finding_count: int
    query: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What scores, catalogues and owner rules say of a finding, and of what moments they are."""

    percentile: float | None = None
    """Share of vulnerabilities that EPSS finds no likelier, 0 to 1; None without its file."""
    scores_as_of: datetime | None = None
    kev_added: datetime | None = None
    """When the catalogue listed it as exploited; None when it does not."""
    kev_due: datetime | None = None
    is_ransomware: bool = False
    catalogue_as_of: datetime | None = None
    owners: tuple[str, ...] = ()
    """All owners of its path."""


@dataclass(frozen=True, slots=True)
class PastDeadline:
    """A deadline that is over because the finding came back, or got another one after it."""

    due_at: datetime
    severity: Severity
    """Of the finding then."""
    ended_at: datetime
    """When it was fixed, or got another deadline."""

    @property
    def is_missed(self) -> bool:
        """Whether it was over before the finding was fixed."""
        return self.ended_at > self.due_at


@dataclass(frozen=True, slots=True)
class FindingDetail:
    """All that is known of one finding."""

    row: FindingRow
    description: str
    help_url: str
    severity_raw: str
    severity_source: str
    vulnerability_ids: tuple[str, ...]
    fixed_version: str
    cwes: tuple[int, ...]
    cvss: float | None
    epss: float | None
    locations: tuple[Location, ...]
    metric: str
    segment: str
    resource: str
    detected_at: datetime
    onset_at: datetime | None
    fixed_at: datetime | None
    reopened_count: int
    history: tuple[FindingEventView, ...]
    waivers: tuple[WaiverView, ...]
    correlated: tuple[FindingRow, ...]
    """The same fault as other tools see it."""
    controls: tuple[str, ...]
    """Ids of controls that name this finding's id, asset or rule in an alarm."""
    raw: str
    """The record as the tool wrote it, redacted, pretty JSON; empty when not kept."""
    known: Known = Known()
    past_deadlines: tuple[PastDeadline, ...] = ()
    """Oldest first."""


@dataclass(frozen=True, slots=True)
class WhyView:
    """Why a finding is what it is: its keys, its matches, its gate decisions."""

    id: str
    keys: tuple[tuple[str, str], ...]
    """(kind, key) in the order they were learnt."""
    events: tuple[FindingEventView, ...]
    sentences: tuple[str, ...]
    """The explanation in words, one step a line."""


@dataclass(frozen=True, slots=True)
class FindingSet:
    """The ordered result of a query over one generation; pages are cut from it."""

    id: str
    """Names the key list inside the reader that made it."""
    generation: int
    query: str
    total: int


@dataclass(frozen=True, slots=True)
class FindingPage:
    """A run of rows of a `FindingSet`."""

    set_id: str
    start: int
    rows: tuple[FindingRow, ...]


@dataclass(frozen=True, slots=True)
class FacetView:
    """How the rows of a set spread over the values of one field."""

    field: str
    counts: tuple[tuple[str, int], ...]
    """(value, rows), the most frequent first."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A query with a name; `@name` stands for it in other queries."""

    name: str
    query: str
    origin: str
    """`settings`, or the file it is kept in."""
