"""The part of Trivy's JSON that is read, as typed structs."""

from __future__ import annotations

import msgspec
from msgspec import Raw


class Struct(msgspec.Struct, gc=False, rename="pascal"):
    """Parent of all: names in Pascal case, unknown fields skipped."""


class Identifier(Struct):
    """`PkgIdentifier`."""

    purl: str | None = msgspec.field(name="PURL", default=None)


class Score(Struct):
    """One source's CVSS scores."""

    v2_score: float | None = msgspec.field(name="V2Score", default=None)
    v3_score: float | None = msgspec.field(name="V3Score", default=None)
    v40_score: float | None = msgspec.field(name="V40Score", default=None)


class Vulnerability(Struct):
    """One vulnerability of one package."""

    vulnerability_id: str = msgspec.field(name="VulnerabilityID", default="")
    pkg_name: str = ""
    pkg_path: str | None = None
    pkg_identifier: Identifier | None = None
    installed_version: str | None = None
    fixed_version: str | None = None
    status: str | None = None
    severity: str | None = None
    severity_source: str | None = None
    title: str | None = None
    description: str | None = None
    primary_url: str | None = msgspec.field(name="PrimaryURL", default=None)
    cwe_ids: list[str] | None = msgspec.field(name="CweIDs", default=None)
    cvss: dict[str, Score] | None = msgspec.field(name="CVSS", default=None)


class CodeLine(Struct):
    """One line of quoted code."""

    content: str | None = None
    is_cause: bool | None = None


class Code(Struct):
    """Quoted code."""

    lines: list[CodeLine] | None = None


class Cause(Struct):
    """`CauseMetadata`."""

    resource: str | None = None
    start_line: int | None = None
    end_line: int | None = None
    code: Code | None = None


class Misconfiguration(Struct):
    """One check of one configuration file."""

    id: str | None = msgspec.field(name="ID", default=None)
    avd_id: str | None = msgspec.field(name="AVDID", default=None)
    title: str | None = None
    description: str | None = None
    message: str | None = None
    resolution: str | None = None
    severity: str | None = None
    primary_url: str | None = msgspec.field(name="PrimaryURL", default=None)
    status: str | None = None
    cause_metadata: Cause | None = None


class Secret(Struct):
    """One found credential."""

    rule_id: str = msgspec.field(name="RuleID")
    category: str | None = None
    severity: str | None = None
    title: str | None = None
    start_line: int | None = None
    end_line: int | None = None


class License(Struct):
    """One licence of one package or file."""

    name: str
    severity: str | None = None
    category: str | None = None
    pkg_name: str | None = None
    file_path: str | None = None
    link: str | None = None


class Modified(Struct):
    """A finding the report itself suppresses (`--show-suppressed`)."""

    type: str
    status: str | None = None
    statement: str | None = None
    finding: Raw = Raw()


class Target(Struct):
    """One result: what was found in one target. The records are still raw."""

    target: str | None = None
    class_: str | None = msgspec.field(name="Class", default=None)
    type: str | None = None
    vulnerabilities: list[Raw] | None = None
    misconfigurations: list[Raw] | None = None
    secrets: list[Raw] | None = None
    licenses: list[Raw] | None = None
    experimental_modified_findings: list[Raw] | None = None


class Resource(Struct):
    """One workload or cluster resource of a Kubernetes report."""

    namespace: str | None = None
    kind: str | None = None
    name: str | None = None
    results: list[Raw] | None = None
    error: str | None = None
    """Why it could not be scanned."""


class Trivy(Struct):
    """Which Trivy wrote the report."""

    version: str | None = None


class System(Struct):
    """The operating system of an image."""

    family: str | None = None
    name: str | None = None
    eosl: bool | None = msgspec.field(name="EOSL", default=None)


class Metadata(Struct):
    """`Metadata` of the report; people in it are not read."""

    os: System | None = msgspec.field(name="OS", default=None)
    branch: str | None = None


class Control(Struct):
    """One control of a benchmark (`--compliance`): its failures, or how many there are."""

    id: str | None = msgspec.field(name="ID", default=None)
    name: str | None = None
    description: str | None = None
    severity: str | None = None
    total_fail: int | None = None
    """Of a summary; None of a control that a person must check."""
    results: list[Raw] | None = None
    """Of a report of all: targets with what failed in them."""


class Document(Struct):
    """A report: of an artefact (`Results`), of a cluster (`Resources` and its older names), or of
    a benchmark (`SummaryControls`, or controls as `Results`), which alone has an `ID`."""

    id: str | None = msgspec.field(name="ID", default=None)
    title: str | None = None
    summary_controls: list[Raw] | None = None
    schema_version: int | None = None
    artifact_name: str | None = None
    artifact_type: str | None = None
    cluster_name: str | None = None
    created_at: str | None = None
    trivy: Trivy | None = None
    metadata: Metadata | None = None
    results: list[Raw] | None = None
    resources: list[Raw] | None = None
    vulnerabilities: list[Raw] | None = None
    misconfigurations: list[Raw] | None = None
    findings: list[Raw] | None = None
