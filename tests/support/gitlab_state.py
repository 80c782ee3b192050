"""What the simulated GitLab knows: vulnerabilities, pipelines and deployments. No HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 2, 27, tzinfo=UTC)
GID = "gid://gitlab/Vulnerability/"


def identifier(type_: str, value: str, name: str = "") -> dict[str, Any]:
    """Return an identifier as the API has it."""
    return {"externalType": type_, "externalId": value, "name": name or value, "url": ""}


def code(number: int) -> dict[str, Any]:
    """Return what a SAST scanner found, as the API has it."""
    return {
        "title": f"SQL built from input {number}",
        "description": "The query is built from input.",
        "severity": "HIGH",
        "reportType": "SAST",
        "scanner": {"externalId": "semgrep", "name": "Semgrep"},
        "identifiers": [
            identifier("semgrep_id", f"python.rule-{number}"),
            identifier("cwe", "89", "CWE-89"),
        ],
        "location": {
            "__typename": "VulnerabilityLocationSast",
            "file": f"app/db{number}.py", "startLine": str(number), "endLine": str(number + 2),
        },
    }  # fmt: skip


def package(number: int) -> dict[str, Any]:
    """Return what a dependency scanner found, as the API has it."""
    return {
        "title": f"Path traversal in lib{number}",
        "description": "Files outside can be read.",
        "severity": "MEDIUM",
        "reportType": "DEPENDENCY_SCANNING",
        "solution": "Upgrade to version 2.0.1",
        "scanner": {"externalId": "gemnasium", "name": "Gemnasium"},
        "identifiers": [
            identifier("gemnasium", f"0a1b2c-{number}"),
            identifier("cve", f"CVE-2026-{number:05d}"),
        ],
        "location": {
            "__typename": "VulnerabilityLocationDependencyScanning",
            "file": "package-lock.json",
            "dependency": {"package": {"name": f"lib{number}"}, "version": "1.4.0"},
        },
    }


def secret(number: int) -> dict[str, Any]:
    """Return what a secret scanner found, as the API has it: without the secret."""
    return {
        "title": "AWS access token",
        "description": "A token was found in the code.",
        "severity": "CRITICAL",
        "reportType": "SECRET_DETECTION",
        "scanner": {"externalId": "gitleaks", "name": "Gitleaks"},
        "identifiers": [identifier("gitleaks_rule_id", "AWS", "Gitleaks rule ID AWS")],
        "location": {
            "__typename": "VulnerabilityLocationSecretDetection",
            "file": f"deploy/env{number}", "startLine": "3", "endLine": "3",
        },
    }  # fmt: skip


@dataclass
class Project:
    """One project."""

    path: str
    id: int
    default_branch: str | None = "main"
    is_hidden: bool = False
    """Nobody may see that it is there."""
    is_silent: bool = False
    """Its vulnerabilities are not for us, and GitLab does not say so."""
    vulnerabilities: dict[int, dict[str, Any]] = field(default_factory=dict)
    pipelines: dict[int, dict[str, Any]] = field(default_factory=dict)
    jobs: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    files: dict[tuple[int, str], bytes] = field(default_factory=dict)
    """(job, type of artefact) → content."""
    deployments: dict[int, dict[str, Any]] = field(default_factory=dict)
    branches: list[dict[str, Any]] = field(default_factory=list)
    """Those that are protected."""
    environments: list[dict[str, Any]] | None = None
    """Those that are protected; None: this GitLab knows no such thing."""


class World:
    """All projects of one GitLab, and a clock that each change moves by a minute."""

    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}
        self.at = START
        self.gives_reports = True
        """Whether it gives out reports by their type; older ones give the archive."""

    def tick(self, minutes: int = 1) -> str:
        """Let time pass and return it as GitLab writes it."""
        self.at += timedelta(minutes=minutes)
        return self.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def project(self, path: str) -> Project:
        """Return a project, made when it is not there."""
        return self.projects.setdefault(path, Project(path, len(self.projects) + 1))

    def found(self, path: str, number: int, what: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Detect a vulnerability a minute later."""
        made: dict[str, Any] = {
            "id": f"{GID}{number}", "state": "DETECTED", "detectedAt": self.tick(),
            "resolvedOnDefaultBranch": False, "dismissalReason": None, "stateComment": None,
            "falsePositive": False, "solution": None, "links": [], "cvss": [],
            "project": {"fullPath": path}, "primaryIdentifier": what["identifiers"][0],
            **what, **more,
        }  # fmt: skip
        self.project(path).vulnerabilities[number] = made
        return made

    def vulnerability(self, gid: str) -> dict[str, Any] | None:
        """Return a vulnerability by its global id."""
        number = int(gid.removeprefix(GID)) if gid.startswith(GID) else -1
        for project in self.projects.values():
            if number in project.vulnerabilities and not project.is_hidden:
                return project.vulnerabilities[number]
        return None

    def set_state(self, path: str, number: int, state: str, **more: Any) -> None:
        """Change the state of a vulnerability."""
        self.tick()
        self.projects[path].vulnerabilities[number].update(state=state, **more)

    def pipeline(self, path: str, number: int, status: str = "success", **more: Any) -> None:
        """Run a pipeline a minute later."""
        at = self.tick()
        self.project(path).pipelines[number] = {
            "id": number, "iid": number, "ref": "main", "sha": "a" * 40, "status": status,
            "source": "push", "created_at": at, "updated_at": at, **more,
        }  # fmt: skip

    def job(
        self, path: str, pipeline: int, number: int, name: str, files: dict[str, tuple[str, bytes]],
        **more: Any,
    ) -> None:  # fmt: skip
        """Let a job leave files behind: type of artefact → (name, content)."""
        project = self.project(path)
        listed = [
            {"file_type": type_, "filename": file, "size": len(content), "file_format": None}
            for type_, (file, content) in files.items()
        ]
        project.jobs.setdefault(pipeline, []).append(
            {"id": number, "name": name, "status": "success", "artifacts": listed, **more}
        )
        for type_, (_, content) in files.items():
            project.files[number, type_] = content

    def deploy(self, path: str, number: int, environment: str, status: str, **more: Any) -> None:
        """Deploy a minute later."""
        at = self.tick()
        self.project(path).deployments[number] = {
            "id": number, "iid": number, "ref": "main", "sha": "b" * 40, "status": status,
            "created_at": at, "updated_at": at, "environment": {"id": 1, "name": environment},
            "user": {"id": 3, "username": "deployer"},
            "deployable": {"id": number, "pipeline": {"id": 900 + number, "web_url": "https://x"}},
            "pending_approval_count": 1 if status == "blocked" else 0, "approvals": [], **more,
        }  # fmt: skip
