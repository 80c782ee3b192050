"""Dependency-Track's words into ours, and ours into its. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from riskcockpit.connectors.dependency_track.wire import Analysis, Finding, Project
from riskcockpit.domain.batch import Document
from riskcockpit.domain.decision import WaiverReason

Matrix = tuple[str, str, str]
"""The uuids of a finding's project, component and vulnerability."""
NOT_SET = "NOT_SET"
STATES = frozenset(
    {NOT_SET, "EXPLOITABLE", "IN_TRIAGE", "FALSE_POSITIVE", "NOT_AFFECTED", "RESOLVED"}
)
_SETTLING = timedelta(hours=1)
"""How long an analysis may take, on servers that do not say when it ran."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a waiver judges a finding there."""

    state: str
    justification: str = NOT_SET
    response: str = NOT_SET


VERDICTS: Mapping[WaiverReason, Verdict] = {
    WaiverReason.COMPONENT_NOT_PRESENT: Verdict("NOT_AFFECTED", "CODE_NOT_PRESENT"),
    WaiverReason.VULNERABLE_CODE_NOT_PRESENT: Verdict("NOT_AFFECTED", "CODE_NOT_PRESENT"),
    WaiverReason.VULNERABLE_CODE_NOT_IN_EXECUTE_PATH: Verdict("NOT_AFFECTED", "CODE_NOT_REACHABLE"),
    WaiverReason.VULNERABLE_CODE_CANNOT_BE_CONTROLLED: Verdict(
        "NOT_AFFECTED", "REQUIRES_ENVIRONMENT"
    ),
    WaiverReason.INLINE_MITIGATIONS_EXIST: Verdict(
        "NOT_AFFECTED", "PROTECTED_BY_MITIGATING_CONTROL"
    ),
    WaiverReason.FALSE_POSITIVE: Verdict("FALSE_POSITIVE"),
    WaiverReason.RISK_ACCEPTED: Verdict("EXPLOITABLE", response="WILL_NOT_FIX"),
    WaiverReason.COMPENSATING_CONTROL: Verdict("EXPLOITABLE", response="WORKAROUND_AVAILABLE"),
    WaiverReason.DEFERRED: Verdict("EXPLOITABLE", response="UPDATE"),
}
"""Why we waive → how it is judged, in the words it has from CycloneDX."""


@dataclass(frozen=True, slots=True)
class Row:
    """One finding of a list."""

    matrix: Matrix
    finding: Finding
    raw: bytes


def is_uuid(text: str) -> bool:
    """Whether `text` is a uuid, and nothing that changes a path."""
    return bool(_UUID.fullmatch(text))


def is_settled(project: Project, now: datetime) -> bool:
    """Whether what is not listed of a project is gone, and not only waiting to be looked for.

    After a bill of materials came, the server looks for its vulnerabilities in the background.
    """
    if project.last_bom_import is None:
        return False
    if project.last_vulnerability_analysis is not None:
        return project.last_vulnerability_analysis >= project.last_bom_import
    return now.timestamp() * 1000 - project.last_bom_import >= _SETTLING.total_seconds() * 1000


def wants_analysis(finding: Finding) -> bool:
    """Whether somebody judged the finding, so that there is more to read of it."""
    return finding.analysis.is_suppressed or (finding.analysis.state or NOT_SET) != NOT_SET


def findings_document(
    name: str,
    rows: Sequence[Row],
    analyses: Mapping[Matrix, Analysis],
    web: str,
    *,
    is_complete: bool,
) -> Document:
    """Return all findings of a project, of all its versions, as the server exports them."""
    document = {
        "version": "1.2",
        "meta": {"application": "Dependency-Track"},
        "project": {"name": name},
        "findings": [_shown(row, analyses.get(row.matrix)) for row in rows],
    }
    return Document(
        name=f"{web}/projects/{name}",
        content=msgspec.json.encode(document),
        asset=name,
        is_complete=is_complete,
    )


def _shown(row: Row, analysis: Analysis | None) -> Any:
    """Return a finding with what people wrote about it, and with the project it belongs to."""
    found = msgspec.json.decode(row.raw)
    found["component"] = found["component"] | {"project": row.matrix[0]}
    if analysis is None:
        return msgspec.Raw(msgspec.json.encode(found))
    found["analysis"] = {
        "state": analysis.analysis_state or NOT_SET,
        "isSuppressed": analysis.is_suppressed,
        "justification": analysis.analysis_justification or NOT_SET,
        "response": analysis.analysis_response or NOT_SET,
        "details": analysis.analysis_details or "",
    }
    return found
