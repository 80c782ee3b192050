"""The calls of Dependency-Track's API that the connector makes, typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from riskcockpit.connectors.dependency_track.wire import About, Analysis, Project
from riskcockpit.connectors.http import HttpClient, Params
from riskcockpit.connectors.reply import StatusError
from riskcockpit.errors import ProtocolError

PAGE = 100
"""Rows asked for in one page. Where lists are not paged all come at once."""
MAX_PAGES = 10_000
ANALYSIS = "/api/v1/analysis"
_PROJECTS = "/api/v1/project"
_NOT_FOUND = 404
_NO_ANALYSIS = "no analysis"

T = TypeVar("T")


class TrackClient:
    """Dependency-Track's API over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def projects(self) -> Iterator[tuple[list[Project], int]]:
        """Yield the active projects that we may see, by name."""
        query = {"excludeInactive": "true", "sortName": "name", "sortOrder": "asc"}
        return self._pages(_PROJECTS, query, Project)

    def findings(self, project: str) -> Iterator[tuple[list[msgspec.Raw], int]]:
        """Yield the findings of a project, suppressed ones too."""
        path = f"/api/v1/finding/project/{project}"
        return self._pages(path, {"suppressed": "true"}, msgspec.Raw)

    def analysis(self, project: str, component: str, vulnerability: str) -> Analysis:
        """Return how a finding is judged; one that nobody judged is not set."""
        query = {"project": project, "component": component, "vulnerability": vulnerability}
        try:
            return self.http.get_json(ANALYSIS, Analysis, query)
        except StatusError as error:
            if error.status == _NOT_FOUND and _NO_ANALYSIS in error.reply.quote.lower():
                return Analysis()
            raise

    def judge(self, body: Mapping[str, Any]) -> None:
        """Record how a finding is judged."""
        self.http.write("PUT", ANALYSIS, dict(body))

    def about(self) -> About:
        """Return which server answers; it tells everybody."""
        return self.http.get_json("/api/version", About)

    def close(self) -> None:
        """Give back the connections."""
        self.http.close()

    def _pages(self, path: str, params: Params, type_: type[T]) -> Iterator[tuple[list[T], int]]:
        """Yield pages, each with how many rows the server counts, until all were given."""
        seen = 0
        for number in range(1, MAX_PAGES + 1):
            query = {**params, "pageNumber": number, "pageSize": PAGE}
            page = next(self.http.pages(path, list[type_], query, most=1))  # type: ignore[valid-type] # a type at run time
            rows: list[T] = page.data
            seen += len(rows)
            told = page.reply.headers.get("x-total-count", "")
            total = int(told[:12]) if told.isascii() and told.isdigit() else seen
            yield rows, total
            if not rows or seen >= total:
                return
        raise ProtocolError(f"{self.http.endpoint.url(path)} never comes to its last page")
