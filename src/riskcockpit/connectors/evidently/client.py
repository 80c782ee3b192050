"""The calls of Evidently's UI server that the connector makes."""

from __future__ import annotations

from urllib.parse import quote

from riskcockpit.connectors.evidently.wire import (
    ProjectForm,
    ReportForm,
    SnapshotInfo,
    VersionForm,
)
from riskcockpit.connectors.http import HttpClient


class EvidentlyClient:
    """A UI server over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def projects(self) -> tuple[ProjectForm, ...]:
        """Return all projects."""
        return self.http.get_json("/api/projects", tuple[ProjectForm, ...])

    def snapshots(self, project: str) -> tuple[SnapshotInfo, ...]:
        """Return the snapshots of a project, without their content."""
        return self.http.get_json(f"{_at(project)}/snapshots", tuple[SnapshotInfo, ...])

    def report(self, project: str, snapshot: str) -> ReportForm:
        """Return the metrics and tests of a snapshot."""
        path = f"{_at(project)}/{quote(snapshot, safe='')}/download"
        return self.http.get_json(path, ReportForm, {"report_format": "json"})

    def server_version(self) -> str:
        """Return the version of the server."""
        return self.http.get_json("/api/version", VersionForm).version


def _at(project: str) -> str:
    return f"/api/projects/{quote(project, safe='')}"
