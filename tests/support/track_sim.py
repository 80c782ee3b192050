"""A Dependency-Track on loopback: stateful, paged, and able to fail on command."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from support.simulated import Call, SimReply, Simulator, as_json

START = datetime(2026, 2, 27, tzinfo=UTC)
_STATES = {"NOT_SET", "EXPLOITABLE", "IN_TRIAGE", "FALSE_POSITIVE", "NOT_AFFECTED", "RESOLVED"}
_JUSTIFICATIONS = {
    "NOT_SET", "CODE_NOT_PRESENT", "CODE_NOT_REACHABLE", "REQUIRES_CONFIGURATION",
    "REQUIRES_DEPENDENCY", "REQUIRES_ENVIRONMENT", "PROTECTED_BY_COMPILER", "PROTECTED_AT_RUNTIME",
    "PROTECTED_AT_PERIMETER", "PROTECTED_BY_MITIGATING_CONTROL",
}  # fmt: skip
_RESPONSES = {
    "NOT_SET", "CAN_NOT_FIX", "WILL_NOT_FIX", "UPDATE", "ROLLBACK", "WORKAROUND_AVAILABLE",
}  # fmt: skip


def uuid_of(text: str) -> str:
    """Return the uuid that something called `text` has here."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, text))


@dataclass
class Project:
    """One version of a project."""

    name: str
    version: str
    is_latest: bool = False
    is_active: bool = True
    is_forbidden: bool = False
    imported: datetime | None = START
    analysed: datetime | None = START + timedelta(minutes=1)
    findings: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def uuid(self) -> str:
        """Its uuid."""
        return uuid_of(f"{self.name}@{self.version}")

    def shown(self) -> dict[str, Any]:
        """Return it as the API lists it; what is not set is left out."""
        times = {"lastBomImport": self.imported, "lastVulnerabilityAnalysis": self.analysed}
        return {
            "uuid": self.uuid, "name": self.name, "version": self.version, "active": True,
            "isLatest": self.is_latest, "classifier": "APPLICATION",
            **{key: int(at.timestamp() * 1000) for key, at in times.items() if at is not None},
        }  # fmt: skip


class TrackSim(Simulator):
    """One simulated Dependency-Track. Besides the usual faults it knows short: a list that lacks
    its last row."""

    def __init__(self, *, base: str = "https://upstream.example") -> None:
        super().__init__(base=base)
        self.projects: dict[str, Project] = {}
        self.analyses: dict[tuple[str, ...], dict[str, Any]] = {}
        self.is_paging_findings = False
        """Newer servers page findings too."""

    def project(self, name: str, version: str = "1.0", **more: Any) -> Project:
        """Return a project, made when it is not there."""
        made = Project(name, version, **more)
        return self.projects.setdefault(made.uuid, made)

    def found(self, project: Project, number: int, **vulnerability: Any) -> dict[str, Any]:
        """Find a vulnerability in a component of a project."""
        made = {
            "component": {
                "uuid": uuid_of(f"{project.uuid} lib{number}"), "name": f"lib{number}",
                "version": "1.4.0", "purl": f"pkg:npm/lib{number}@1.4.0", "project": project.uuid,
            },
            "vulnerability": {
                "uuid": uuid_of(f"CVE {number}"), "source": "NVD",
                "vulnId": f"CVE-2026-{number:05d}", "severity": "MEDIUM", "severityRank": 2,
                "description": "Files outside can be read.", "cweId": 22, "cweName": "Traversal",
                "aliases": [{"cveId": f"CVE-2026-{number:05d}", "ghsaId": "GHSA-aaaa-bbbb-cccc"}],
                **vulnerability,
            },
            "attribution": {"analyzerIdentity": "INTERNAL_ANALYZER", "attributedOn": 1},
        }  # fmt: skip
        project.findings[number] = made
        return made

    def matrix(self, project: Project, number: int) -> tuple[str, str, str]:
        """Return the uuids of a finding."""
        found = project.findings[number]
        return project.uuid, found["component"]["uuid"], found["vulnerability"]["uuid"]

    def judge(self, project: Project, number: int, **analysis: Any) -> None:
        """Judge a finding as somebody there."""
        place = self.matrix(project, number)
        self.analyses[place] = {**_unset(), **self.analyses.get(place, {}), **analysis}

    def error(self, status: int, message: str, headers: Any = None) -> SimReply:
        """Refuse in plain words."""
        return SimReply(status, message.encode(), dict(headers or {}))

    def spoil(self, kind: str, reply: SimReply, call: Call) -> None:
        """Leave out the last row besides."""
        super().spoil(kind, reply, call)
        if kind == "short":
            reply.body = json.dumps(json.loads(reply.body)[:-1]).encode()

    def handle(self, call: Call) -> SimReply:
        """Answer by the state."""
        if call.path == "/api/version":
            return as_json({"application": "Dependency-Track", "version": "4.13.2"})
        if "x-api-key" not in call.headers and call.headers.get("authorization"):
            return self.error(401, "")
        if call.path == "/api/v1/project":
            rows = [one.shown() for one in self.projects.values() if one.is_active]
            return self._listed(call, sorted(rows, key=lambda row: row["name"]), is_paged=True)
        if call.path.startswith("/api/v1/finding/project/"):
            return self._findings(call)
        if call.path == "/api/v1/analysis":
            return self._analysis(call)
        return self.error(404, "")

    def _listed(self, call: Call, rows: list[Any], *, is_paged: bool) -> SimReply:
        size, number = int(call.query["pageSize"]), int(call.query["pageNumber"])
        page = rows[(number - 1) * size : number * size] if is_paged else rows
        return as_json(page, headers={"x-total-count": str(len(rows))})

    def _findings(self, call: Call) -> SimReply:
        project = self.projects.get(call.path.rpartition("/")[2])
        if project is None:
            return self.error(404, "The project could not be found.")
        if project.is_forbidden:
            return self.error(403, "Access to the specified project is forbidden")
        rows = []
        for number, finding in project.findings.items():
            known = self.analyses.get(self.matrix(project, number))
            analysis: dict[str, Any] = {"isSuppressed": bool(known and known["isSuppressed"])}
            if known:
                analysis["state"] = known["analysisState"]
            if call.query.get("suppressed") == "true" or not analysis["isSuppressed"]:
                rows.append({**finding, "analysis": analysis})
        return self._listed(call, rows, is_paged=self.is_paging_findings)

    def _analysis(self, call: Call) -> SimReply:
        given = call.body if call.method == "PUT" else call.query
        place = (given["project"], given["component"], given["vulnerability"])
        project = self.projects.get(place[0])
        if project is None:
            return self.error(404, "The project could not be found.")
        if not any(self.matrix(project, number) == place for number in project.findings):
            return self.error(404, "The component could not be found.")
        if call.method == "PUT":
            is_known = (
                given["analysisState"] in _STATES
                and given["analysisJustification"] in _JUSTIFICATIONS
                and given["analysisResponse"] in _RESPONSES
            )
            if not is_known:
                return self.error(400, "")
            kept = {key: given[key] for key in _unset() if key in given}
            self.analyses[place] = {**_unset(), **kept}
            self.writes.append((call.method, call.path, call.body))
        if place not in self.analyses:
            return self.error(404, "No analysis exists.")
        return as_json({**self.analyses[place], "analysisComments": []})


def _unset() -> dict[str, Any]:
    return {
        "analysisState": "NOT_SET", "analysisJustification": "NOT_SET",
        "analysisResponse": "NOT_SET", "analysisDetails": None, "isSuppressed": False,
    }  # fmt: skip
