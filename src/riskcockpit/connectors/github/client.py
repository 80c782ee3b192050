"""The calls of GitHub's REST API that the connector makes, typed. Knows nothing of findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

from riskcockpit.connectors.github.wire import (
    AlertState,
    Approval,
    Artifact,
    ArtifactPage,
    BranchRule,
    Deployment,
    DeploymentStatus,
    DismissalRequest,
    EnvironmentPage,
    PendingDeployment,
    Protection,
    RateLimit,
    Repository,
    RunPage,
    User,
    WholeRepository,
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
_UNPROTECTED = "branch not protected"
_SECRETS = "/secret-scanning/"
_HIDDEN = ("hide_secret", "true")

T = TypeVar("T")


class GithubClient:
    """GitHub's REST API over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def pages(
        self, path: str, params: Params, type_: type[T], *, conditional: bool = False
    ) -> Iterator[T]:
        """Yield a list page by page, along its `Link` headers, on this origin only.

        A `conditional` list whose first page is as it was yields nothing at all.
        """
        query = {"per_page": PAGE, **params}
        with _limits():
            for page in self.http.pages(
                path, type_, query, always=_safe(path), most=MAX_PAGES, conditional=conditional
            ):
                yield page.data
                if page.number == MAX_PAGES and page.has_more:
                    url = self.http.endpoint.url(path)
                    raise ProtocolError(f"{url} never comes to its last page")

    def repositories(self, organization: str) -> Iterator[list[Repository]]:
        """Yield the repositories of an organisation."""
        return self.pages(f"/orgs/{quote(organization)}/repos", {}, list[Repository])

    def alert(self, path: str) -> AlertState:
        """Return how one alert stands."""
        return self._get(path, AlertState)

    def change(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Change an alert; whether it did is read from its state, not from the status."""
        with _limits():
            return self.http.write("PATCH", path, body)

    def create(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Make something: an approval, a deployment, a request."""
        with _limits():
            return self.http.write("POST", path, body)

    def dismissal_request(self, repository: str, kind: str, number: int) -> DismissalRequest | None:
        """Return the request to dismiss an alert, or None when nobody asked."""
        path = f"/repos/{repository}/dismissal-requests/{kind}/{number}"
        return self._absent(lambda: self._get(path, DismissalRequest))

    def run(self, repository: str, run: int) -> WorkflowRun | None:
        """Return one run, or None when it was deleted."""
        path = f"/repos/{repository}/actions/runs/{run}"
        return self._absent(lambda: self._get(path, WorkflowRun))

    def runs(self, repository: str, params: Params) -> Iterator[RunPage]:
        """Yield runs, the newest first."""
        return self.pages(f"/repos/{repository}/actions/runs", params, RunPage)

    def artifacts(self, repository: str, run: int) -> Iterator[Artifact]:
        """Yield the artefacts of a run."""
        path = f"/repos/{repository}/actions/runs/{run}/artifacts"
        for page in self.pages(path, {}, ArtifactPage):
            yield from page.artifacts

    def artifact(self, repository: str, artifact: int) -> bytes:
        """Return an artefact as the zip it is; the storage it lies in learns no credential."""
        path = f"/repos/{repository}/actions/artifacts/{artifact}/zip"
        with _limits():
            return self.http.get_blob(path).body

    def pending_deployments(self, repository: str, run: int) -> tuple[PendingDeployment, ...]:
        """Return what of a run waits for an approval."""
        path = f"/repos/{repository}/actions/runs/{run}/pending_deployments"
        return self._get(path, tuple[PendingDeployment, ...])

    def approvals(self, repository: str, run: int) -> tuple[Approval, ...]:
        """Return what people said to the deployments of a run."""
        path = f"/repos/{repository}/actions/runs/{run}/approvals"
        return self._get(path, tuple[Approval, ...])

    def said_to(self, repository: str, run: int) -> tuple[Approval, ...]:
        """Return the same; of a run that was deleted nothing is known any more."""
        return self._absent(lambda: self.approvals(repository, run)) or ()

    def deployments(self, repository: str, params: Params) -> Iterator[list[Deployment]]:
        """Yield deployments, the newest first."""
        return self.pages(f"/repos/{repository}/deployments", params, list[Deployment])

    def newest_statuses(self, repository: str, deployment: int) -> list[DeploymentStatus]:
        """Return up to a hundred statuses of a deployment, the newest first."""
        path = f"/repos/{repository}/deployments/{deployment}/statuses"
        return self._get(path, list[DeploymentStatus], {"per_page": PAGE})

    def repository(self, repository: str) -> WholeRepository:
        """Return a repository with its default branch."""
        return self._get(f"/repos/{repository}", WholeRepository)

    def protection(self, repository: str, branch: str) -> Protection | None:
        """Return how a branch is protected, or None when it is not.

        Raises:
            ForbiddenError, StatusError: it is not for us to know.
        """
        path = f"/repos/{repository}/branches/{quote(branch, safe='')}/protection"
        try:
            return self._get(path, Protection)
        except StatusError as error:
            if error.status == 404 and _UNPROTECTED in error.message.lower():  # noqa: PLR2004 - not found
                return None
            raise

    def rules(self, repository: str, branch: str) -> Iterator[list[BranchRule]]:
        """Yield the rules of rulesets that hold for a branch."""
        return self.pages(
            f"/repos/{repository}/rules/branches/{quote(branch, safe='')}", {}, list[BranchRule]
        )

    def environments(self, repository: str) -> Iterator[EnvironmentPage]:
        """Yield the environments of a repository with their rules."""
        return self.pages(f"/repos/{repository}/environments", {}, EnvironmentPage)

    def user(self) -> User:
        """Return who the token belongs to."""
        return self._get("/user", User)

    def rate(self) -> RateLimit:
        """Return what is left of this hour; the question itself is free."""
        return self._get("/rate_limit", RateLimit)

    def close(self) -> None:
        """Give back the connections."""
        self.http.close()

    def _get(self, path: str, type_: type[T], params: Params | None = None) -> T:
        with _limits():
            return self.http.get_json(path, type_, {**(params or {}), **_safe(path)})

    @staticmethod
    def _absent(call: Callable[[], T]) -> T | None:
        try:
            return call()
        except StatusError as error:
            if error.status != 404:  # noqa: PLR2004 - not found
                raise
            return None


def _safe(path: str) -> Params:
    """Return what every read of `path` is asked with: answers about secrets hide them."""
    return dict([_HIDDEN]) if _SECRETS in path else {}


@contextmanager
def _limits() -> Iterator[None]:
    """Make the secondary limit, which GitHub may tell in words alone, one to wait for."""
    try:
        yield
    except ForbiddenError as error:
        if not any(words in error.message.lower() for words in _SECONDARY):
            raise
        raise RateLimitedError(
            error.message,
            retry_after_seconds=SECONDARY_WAIT_SECONDS,
            hint=f"try again in {SECONDARY_WAIT_SECONDS:.0f} s",
        ) from error
