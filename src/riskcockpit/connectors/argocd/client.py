"""The calls of Argo CD's REST API that the connector makes, typed. Knows nothing of findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from riskcockpit.connectors.argocd.wire import Application, ApplicationList, UserInfo, Version
from riskcockpit.connectors.http import HttpClient

API = "/api/v1"
_APPLICATIONS = f"{API}/applications"


class ArgoClient:
    """Argo CD over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def applications(self, projects: Sequence[str], selector: str) -> tuple[Application, ...]:
        """Return the applications of some projects, or of all that the account may see."""
        query = [("projects", project) for project in projects]
        query += [("selector", selector)] if selector else []
        path = f"{_APPLICATIONS}?{urlencode(query, quote_via=quote)}" if query else _APPLICATIONS
        return self.http.get_json(path, ApplicationList).items or ()

    def application(self, name: str, where: Mapping[str, str]) -> Application:
        """Return one application; `where` names its namespace and project."""
        return self.http.get_json(f"{_APPLICATIONS}/{quote(name)}", Application, where)

    def patch(self, name: str, where: Mapping[str, str], patch: Mapping[str, Any]) -> None:
        """Change an application by a merge patch, once."""
        self.http.write("PATCH", patch_path(name), patch_body(name, where, patch))

    def rollback(self, name: str, body: Mapping[str, Any]) -> None:
        """Ask for a rollback, once; it is carried out later."""
        self.http.write("POST", rollback_path(name), body)

    def user(self) -> UserInfo:
        """Return who the token belongs to."""
        return self.http.get_json(f"{API}/session/userinfo", UserInfo)

    def server_version(self) -> str:
        """Return the version of the server."""
        return self.http.get_json("/api/version", Version).Version

    def close(self) -> None:
        """Give back the connections."""
        self.http.close()


def rollback_path(name: str) -> str:
    """Return where a rollback is asked for."""
    return f"{_APPLICATIONS}/{quote(name)}/rollback"


def patch_path(name: str) -> str:
    """Return where an application is changed."""
    return f"{_APPLICATIONS}/{quote(name)}"


def patch_body(name: str, where: Mapping[str, str], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return the body of a merge patch: Argo CD takes the patch itself as a text."""
    text = msgspec.json.encode(patch).decode()
    return {"name": name, **where, "patch": text, "patchType": "merge"}
