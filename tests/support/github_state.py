"""What the simulated GitHub knows: repositories with alerts, runs and deployments. No HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from support import github_objects as objects

KINDS = ("code-scanning", "dependabot", "secret-scanning")
_MAKE = {
    "code-scanning": objects.code_alert,
    "dependabot": objects.dependabot_alert,
    "secret-scanning": objects.secret_alert,
}
START = datetime(2026, 2, 27, tzinfo=UTC)


@dataclass
class Repo:
    """One repository."""

    name: str
    alerts: dict[str, dict[int, dict[str, Any]]] = field(
        default_factory=lambda: {kind: {} for kind in KINDS}
    )
    off: dict[str, int] = field(default_factory=dict)
    """Kind, or `actions` → the status it is refused with."""
    is_delegated: bool = False
    requests: dict[tuple[str, int], str] = field(default_factory=dict)
    """(kind, number) → how the request to dismiss an alert stands."""
    runs: dict[int, dict[str, Any]] = field(default_factory=dict)
    pending: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    approvals: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    deployments: dict[int, dict[str, Any]] = field(default_factory=dict)
    statuses: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    artifacts: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    zips: dict[int, bytes] = field(default_factory=dict)
    protection: dict[str, Any] | None = None
    """Of the default branch; None: it is not protected."""
    rules: list[dict[str, Any]] = field(default_factory=list)
    environments: list[dict[str, Any]] = field(default_factory=list)


class World:
    """All repositories of one organisation, and a clock that each change moves by a minute."""

    def __init__(self, organization: str = "bank") -> None:
        self.organization = organization
        self.repos: dict[str, Repo] = {}
        self.org_off: dict[str, int] = {}
        """Kind → the status the organisation's list is refused with."""
        self.at = START
        self.version = 0
        self.writes: list[tuple[str, str, Any]] = []
        """Every change that took effect: method, path, body."""
        self._cached: dict[tuple[str, str, str, str], tuple[int, list[Any]]] = {}

    def now(self) -> str:
        """Return the simulator's time as GitHub writes it."""
        return self.at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def tick(self, minutes: int = 1) -> str:
        """Let time pass and return it."""
        self.at += timedelta(minutes=minutes)
        self.version += 1
        return self.now()

    def repo(self, name: str) -> Repo:
        """Return a repository, made when it is not there."""
        self.version += 1
        return self.repos.setdefault(name, Repo(name))

    def alert(self, repository: str, kind: str, number: int, **changes: Any) -> dict[str, Any]:
        """Open an alert a minute later."""
        at = self.tick()
        made = _MAKE[kind](repository, number, at)
        made.update(changes)
        self.repo(repository).alerts[kind][number] = made
        return made

    def set_state(self, repository: str, kind: str, number: int, state: str, **more: Any) -> None:
        """Change the state of an alert upstream, a minute later."""
        at = self.tick()
        changes = {"state": state, "updated_at": at, **more}
        if state == "fixed":
            changes["fixed_at"] = at
        self.repos[repository].alerts[kind][number].update(changes)

    def run(self, repository: str, number: int, **changes: Any) -> dict[str, Any]:
        """Run a workflow a minute later."""
        made = objects.workflow_run(repository, number, self.tick(), **changes)
        self.repo(repository).runs[number] = made
        return made

    def deploy(
        self,
        repository: str,
        number: int,
        sha: str,
        environment: str,
        *states: str,
        run: int | None = None,
    ) -> dict[str, Any]:
        """Deploy a commit, with statuses, the oldest first; by a run of a workflow when it says."""
        repo = self.repo(repository)
        made = objects.deployment(repository, number, self.tick(), sha, environment)
        repo.deployments[number] = made
        repo.statuses[number] = []
        for state in states:
            self.status(repository, number, state, run)
        return made

    def status(
        self, repository: str, number: int, state: str, run: int | None = None
    ) -> dict[str, Any]:
        """Say how a deployment stands."""
        listed = self.repos[repository].statuses[number]
        made = objects.deployment_status(
            repository, number, number * 100 + len(listed), self.tick(), state
        )
        if run is not None:
            made["log_url"] = f"{objects.WEB}/{repository}/actions/runs/{run}/job/{run}1"
        listed.insert(0, made)
        return made

    def artifact(self, repository: str, run: int, number: int, name: str, content: bytes) -> None:
        """Leave an artefact behind a run."""
        repo = self.repo(repository)
        repo.zips[number] = content
        repo.artifacts.setdefault(run, []).append(
            {"id": number, "name": name, "size_in_bytes": len(content), "expired": False}
        )

    def listed(
        self, owner: str, kind: str, sort: str, direction: str
    ) -> list[tuple[tuple[str, str, int], bytes]]:
        """Return (place, JSON) of the alerts of a repository or of all, in order."""
        key = (owner, kind, sort, direction)
        version, rows = self._cached.get(key, (-1, []))
        if version != self.version:
            rows = sorted(self._rows(owner, kind, sort), reverse=direction == "desc")
            self._cached[key] = (self.version, rows)
        return rows

    def _rows(
        self, owner: str, kind: str, sort: str
    ) -> Iterable[tuple[tuple[str, str, int], bytes]]:
        is_org = owner == self.organization
        for repo in self.repos.values() if is_org else (self.repos[owner],):
            if is_org and kind in repo.off:
                continue
            extra = {"repository": objects.repository(repo.name)} if is_org else {}
            for number, alert in repo.alerts[kind].items():
                shown = {k: v for k, v in alert.items() if k != "secret"}
                place = (str(alert[f"{sort}_at"]), repo.name, number)
                yield place, json.dumps({**shown, **extra}).encode()
