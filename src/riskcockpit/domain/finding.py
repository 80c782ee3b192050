"""Findings: what a tool saw (`Observation`), and what we know about it over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from riskcockpit.domain.pillar import Pillar
from riskcockpit.domain.severity import Severity


class FindingClass(StrEnum):
    """What kind of thing is at fault; decides the shape of the identity key."""

    CODE = "code"
    """A place in source code or infrastructure as code."""
    DEPENDENCY = "dependency"
    """A known vulnerability in a library or an image package."""
    SECRET = "secret"  # noqa: S105 - a class of finding
    """A credential in a place it must not be."""
    DAST = "dast"
    """A fault seen from outside a running application."""
    CLOUD = "cloud"
    """A misconfigured cloud or cluster resource."""
    MODEL = "model"
    """A model or data monitor beyond its threshold."""
    DATA = "data"
    """A data check that failed."""


class State(StrEnum):
    """The lifecycle state of a finding (facts/findings.md section 7)."""

    OPEN = "open"
    TRIAGE = "triage"
    PENDING_WAIVER = "pending_waiver"
    WAIVED = "waived"
    FALSE_POSITIVE = "false_positive"
    SUPPRESSED_AT_SOURCE = "suppressed_at_source"
    FIXED = "fixed"

    @property
    def is_open(self) -> bool:
        """Whether the finding still asks for work: open, in triage, or waiting for a decision."""
        return self in (State.OPEN, State.TRIAGE, State.PENDING_WAIVER)


class EventKind(StrEnum):
    """What can happen to a finding. Events are append-only."""

    CREATED = "created"
    SEEN = "seen"
    MOVED = "moved"
    RENAMED = "renamed"
    RULE_RENAMED = "rule_renamed"
    BUMPED = "bumped"
    REOPENED = "reopened"
    ABSENT = "absent"
    FIXED = "fixed"
    SEVERITY_CHANGED = "severity_changed"
    SUPPRESSED = "suppressed"
    STATE_CHANGED = "state_changed"
    """With a scan it left triage, or what had suppressed it no longer did."""
    WAIVED = "waived"
    WAIVER_EXPIRED = "waiver_expired"
    WAIVER_REVIEW = "waiver_review"
    SPLIT = "split"
    MERGED = "merged"
    HELD = "held"
    UNDONE = "undone"
    VEX = "vex"
    """A VEX statement that speaks of it came, changed or was withdrawn."""
    ENRICHED = "enriched"
    """What is known of it from elsewhere began or ceased to be so."""


@dataclass(slots=True, unsafe_hash=True)
class Location:
    """A place in a file. Paths are repository-relative with forward slashes; case is kept.

    Nobody changes one; it is not frozen because that triples the cost of making it.
    """

    path: str
    line: int | None = None
    """One-based; None when the report gives no line."""
    column: int | None = None
    """One-based; None when the report gives no column."""
    end_line: int | None = None
    snippet: str = ""
    """The code at the place, cleaned, at most 2,000 characters; empty when the report has none."""


@dataclass(frozen=True, slots=True)
class Package:
    """A vulnerable package, in the terms of the package URL specification (purl)."""

    type: str
    """purl type, as `pypi`, `npm`, `deb`, `apk`, `golang`; `generic` when unknown."""
    name: str
    namespace: str = ""
    version: str = ""
    fixed_version: str = ""
    """The first version without the fault; empty when there is none yet."""
    layer: str = ""
    """`os` or `lang` for image packages, else empty."""


@dataclass(frozen=True, slots=True)
class ModelSignal:
    """What a model or data monitor is about."""

    model: str
    monitor: str
    """Id of the monitor or rule that judged."""
    metric: str
    segment: str = ""
    """Feature, group or segment; empty for the whole population."""


@dataclass(slots=True, unsafe_hash=True)
class Observation:
    """One record of a report that states a fault: cleaned, redacted, before identity.

    Severity, prose, line and tool version are here but never take part in identity. Nobody changes
    one; it is not frozen because that triples the cost of making it, a hundred thousand at a time.
    """

    finding_class: FindingClass
    tool: str
    rule: str
    title: str
    severity: Severity
    record: str
    """Where in the report it stands, as `runs[0].results[12]`."""
    description: str = ""
    severity_raw: str = ""
    severity_source: str = ""
    """Which field decided the severity, as `rule.properties.security-severity`."""
    needs_triage: bool = False
    """The tool asks for a human look (SARIF kinds `review` and `open`)."""
    is_suppressed: bool = False
    """Suppressed in the source itself, accepted there."""
    former_rule: str = ""
    """What older versions of the tool call the rule, where they tell fewer rules apart."""
    locations: tuple[Location, ...] = ()
    """The first is the primary one."""
    fingerprints: tuple[tuple[str, str], ...] = ()
    """(name, value) as the tool claims them, in the order of preference; untested claims."""
    vulnerability_ids: tuple[str, ...] = ()
    """All ids of the vulnerability, any order; canonical choice is identity's business."""
    package: Package | None = None
    signal: ModelSignal | None = None
    resource: str = ""
    """Cloud or cluster resource uid, or the URL of a DAST finding."""
    secret_digest: str = ""
    """Keyed hash of a found secret; the secret itself never gets here."""
    asset: str = ""
    """Overrides the scan's asset when one report covers several."""
    cwes: tuple[int, ...] = ()
    cvss: float | None = None
    epss: float | None = None
    is_kev: bool = False
    """Listed in CISA's Known Exploited Vulnerabilities catalogue, as the report says."""
    help_url: str = ""
    pillar: Pillar | None = None
    """Set when the report knows better than the default of the finding's class."""
    onset_at: datetime | None = None
    """When the fault began, for monitors; aware UTC."""
    first_seen: datetime | None = None
    """When it was first seen, as a report of riskcockpit's own says it; aware UTC."""
    claimed_id: str = ""
    """The finding's id, when a report of riskcockpit's own says it; 32 hex digits."""
    raw: bytes = b""
    """The record as JSON after redaction; kept compressed by content hash."""


@dataclass(frozen=True, slots=True)
class ControlEvidence:
    """A record that states no fault: a check that passed, or did not apply."""

    tool: str
    rule: str
    status: str
    """`pass`, `not_applicable` or `informational`."""
    resource: str = ""
    record: str = ""


class VexStatus(StrEnum):
    """What a VEX statement says of a product and a vulnerability (OpenVEX 0.2, CSAF 2.0)."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


@dataclass(frozen=True, slots=True)
class VexStatement:
    """What somebody says of one vulnerability in one product: a word about findings, not one.

    It is about findings of the vulnerability in any of `packages`; without packages, in the
    product itself. With neither it is about nothing: an id alone never silences a finding.
    """

    vulnerability_ids: tuple[str, ...]
    """All ids of the vulnerability, any order."""
    status: VexStatus
    record: str
    """Where in the document it stands, as `statements[2].products[0]`."""
    packages: tuple[Package, ...] = ()
    """One without a version stands for all versions, or for those in `ranges`."""
    ranges: tuple[str, ...] = ()
    """Ranges in the notation of `vers:`; they bind packages without a version of their own."""
    product: str = ""
    """The asset that the packages are in, as an image's name without its tag; empty for any."""
    justification: str = ""
    """Why a product is not affected, as `vulnerable_code_not_present`."""
    statement: str = ""
    """The impact or action statement, cleaned and redacted."""
    author: str = ""
    """The organisation that speaks."""
    said_at: datetime | None = None
    """When it was said, aware UTC; None when the document does not say."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A record, or a part of a report, that could not be read."""

    where: str
    """Place in the report."""
    why: str
    """The reason, in one line, without any of the bad content beyond a short quote."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One run of one tool over one scope: what it saw, and how complete it was.

    Every record of the input is in exactly one of: observations (of which some are suppressed),
    evidence, statements, absent, problems.
    """

    tool: str
    observations: Sequence[Observation] = ()
    evidence: tuple[ControlEvidence, ...] = ()
    problems: tuple[Problem, ...] = ()
    absent: int = 0
    """Records the report itself marks as gone (SARIF `baselineState: absent`)."""
    gone: tuple[Observation, ...] = ()
    """What those of them that can be read were about: their findings end at once, however little
    else the report proves."""
    tool_version: str = ""
    category: str = ""
    """What tells apart several scans of one tool over one asset (SARIF `automationDetails.id`)."""
    asset: str = ""
    """The asset the report names itself (an image name); empty when it names none."""
    branch: str = ""
    scanned_at: datetime | None = None
    """When the scan ran, aware UTC; None when the report does not say."""
    is_successful: bool | None = None
    """What the report says of the run; None is unknown, not true."""
    tool_errors: tuple[str, ...] = ()
    is_partial: bool = False
    """The report itself shows that not all was scanned (`results: null`)."""
    rules: frozenset[str] | None = None
    """Rules that were enabled; None when the report does not list them."""
    assets: frozenset[str] | None = None
    """Assets that were looked at, for scans of hosts; None when the scan covers its scope."""
    distrusted: tuple[str, ...] = field(default=())
    """Fingerprint names the reader refused, each with its reason; shown by `findings why`."""
    statements: tuple[VexStatement, ...] = ()
    """What the document says of findings of other scans."""
    is_vex: bool = False
    """The document is no scan: there is nothing in it but statements, or nothing at all."""
