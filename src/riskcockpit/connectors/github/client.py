"""The calls of GitHub's REST API that the connector makes, typed. Knows nothing of findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from riskcockpit.connectors.github.links import next_link, with_parameter
from riskcockpit.connectors.github.wire import (
    AlertState,
    Approval,
    Artifact,
    ArtifactPage,
    Deployment,
    DeploymentStatus,
    DismissalRequest,
    PendingDeployment,
    RateLimit,
    Repository,
    RunPage,
    User,
    WorkflowRun,
)
from riskcockpit.connectors.http import HttpClient, Params
from riskcockpit.connectors.reply import Reply, StatusError
from riskcockpit.errors import ForbiddenError, ProtocolError, RateLimitedError

PAGE = 100
"""Rows asked for in one page: the most GitHub gives."""
MAX_PAGES = 50_000
SECONDARY_WAIT_SECONDS = 60.0
"""What GitHub asks for after its secondary limit when it names no time."""
_SECONDARY = ("secondary rate limit", "abuse detection")
_SECRETS = "/secret-scanning/"
_HIDDEN = ("hide_secret", "true")

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page of a list."""

    items: T
    etag: str = ""
    is_unchanged: bool = False
    """It still is what the ETag names; there are no items then."""


class GithubClient:
    """GitHub's REST API over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def pages(self, path: str, params: Params, type_: type[T], etag: str = "") -> Iterator[Page[T]]:
        """Yield a list page by page, along its `Link` headers, on this origin only.

        With `etag` the first page may be the only one, unchanged.
        """
        query = {"per_page": PAGE, **_safe(path, params)}
        reply = _asked(lambda: self.http.get_unless(path, query, etag))
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            if reply.status == 304:  # noqa: PLR2004 - not modified
                yield Page(type_(), etag, is_unchanged=True)
                return
            yield Page(reply.decode(type_), reply.headers.get("etag", ""))
            link = next_link(reply.headers.get("link", ""))
            if not link:
                return
            if link in seen:
                break
            seen.add(link)
            reply = self._follow(link)
        raise ProtocolError(f"{self.http.endpoint.url(path)} never comes to its last page")

    def repositories(self, organization: str) -> Iterator[Page[list[Repository]]]:
        """Yield the repositories of an organisation."""
        return self.pages(f"/orgs/{quote(organization)}/repos", {}, list[Repository])

    def alert(self, path: str) -> AlertState:
        """Return how one alert stands."""
        return self._get(path, AlertState)

    def change(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Change an alert; whether it did is read from its state, not from the status."""
        return _asked(lambda: self.http.write("PATCH", path, body))

    def create(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Make something: an approval, a deployment, a request."""
        return _asked(lambda: self.http.write("POST", path, body))

    def dismissal_request(self, repository: str, kind: str, number: int) -> DismissalRequest | None:
        """Return the request to dismiss an alert, or None when nobody asked."""
        path = f"/repos/{repository}/dismissal-requests/{kind}/{number}"
        return self._absent(lambda: self._get(path, DismissalRequest))

    def run(self, repository: str, run: int) -> WorkflowRun | None:
        """Return one run, or None when it was deleted."""
        path = f"/repos/{repository}/actions/runs/{run}"
        return self._absent(lambda: self._get(path, WorkflowRun))

    def runs(self, repository: str, params: Params) -> Iterator[Page[RunPage]]:
        """Yield runs, the newest first."""
        return self._objects(f"/repos/{repository}/actions/runs", params, RunPage)

    def artifacts(self, repository: str, run: int) -> Iterator[Artifact]:
        """Yield the artefacts of a run."""
        path = f"/repos/{repository}/actions/runs/{run}/artifacts"
        for page in self._objects(path, {}, ArtifactPage):
            yield from page.items.artifacts

    def artifact(self, repository: str, artifact: int) -> bytes:
        """Return an artefact as the zip it is; the storage it lies in learns no credential."""
        path = f"/repos/{repository}/actions/artifacts/{artifact}/zip"
        return _asked(lambda: self.http.download(path)).body

    def pending_deployments(self, repository: str, run: int) -> tuple[PendingDeployment, ...]:
        """Return what of a run waits for an approval."""
        path = f"/repos/{repository}/actions/runs/{run}/pending_deployments"
        return self._get(path, tuple[PendingDeployment, ...])

    def approvals(self, repository: str, run: int) -> tuple[Approval, ...]:
        """Return what people said to the deployments of a run."""
        path = f"/repos/{repository}/actions/runs/{run}/approvals"
        return self._get(path, tuple[Approval, ...])

    def deployments(self, repository: str, params: Params) -> Iterator[Page[list[Deployment]]]:
        """Yield deployments, the newest first."""
        return self.pages(f"/repos/{repository}/deployments", params, list[Deployment])

    def newest_statuses(self, repository: str, deployment: int) -> list[DeploymentStatus]:
        """Return up to a hundred statuses of a deployment, the newest first."""
        path = f"/repos/{repository}/deployments/{deployment}/statuses"
        return self._get(path, list[DeploymentStatus], {"per_page": PAGE})

    def user(self) -> User:
        """Return who the token belongs to."""
        return self._get("/user", User)

    def rate(self) -> RateLimit:
        """Return what is left of this hour; the question itself is free."""
        return self._get("/rate_limit", RateLimit)

    def close(self) -> None:
        """Give back the connections."""
        self.http.close()

    def _objects(self, path: str, params: Params, type_: type[T]) -> Iterator[Page[T]]:
        reply = _asked(lambda: self.http.get(path, {"per_page": PAGE, **params}))
        for _ in range(MAX_PAGES):
            yield Page(reply.decode(type_))
            link = next_link(reply.headers.get("link", ""))
            if not link:
                return
            reply = self._follow(link)
        raise ProtocolError(f"{self.http.endpoint.url(path)} never comes to its last page")

    def _follow(self, link: str) -> Reply:
        target = with_parameter(link, *_HIDDEN) if _SECRETS in link else link
        return _asked(lambda: self.http.get_link(target))

    def _get(self, path: str, type_: type[T], params: Params | None = None) -> T:
        return _asked(lambda: self.http.get(path, _safe(path, params or {}))).decode(type_)

    @staticmethod
    def _absent(call: Callable[[], T]) -> T | None:
        try:
            return call()
        except StatusError as error:
            if error.status != 404:  # noqa: PLR2004 - not found
                raise
            return None


def _safe(path: str, params: Params) -> dict[str, str | int]:
    """Return the parameters of a read; secrets are hidden in every answer about them."""
    return {**params, **(dict([_HIDDEN]) if _SECRETS in path else {})}


def _asked(call: Callable[[], R]) -> R:
    """Make a call; the secondary limit, which GitHub answers as 403, is one to wait for."""
    try:
        return call()
    except ForbiddenError as error:
        if not any(words in error.message.lower() for words in _SECONDARY):
            raise
        raise RateLimitedError(
            error.message,
            retry_after_seconds=SECONDARY_WAIT_SECONDS,
            hint=f"try again in {SECONDARY_WAIT_SECONDS:.0f} s",
        ) from error
