"""The calls of GitLab's APIs that the connector makes, typed. Knows nothing of findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import quote

from riskcockpit.connectors.acting import DeniedError
from riskcockpit.connectors.gitlab import queries
from riskcockpit.connectors.gitlab.queries import OwnerKind
from riskcockpit.connectors.gitlab.wire import (
    Answer,
    Deployment,
    Job,
    Metadata,
    OneVulnerability,
    Owner,
    Owners,
    Payload,
    Pipeline,
    Project,
    ProtectedBranch,
    ProtectedEnvironment,
    User,
    Vulnerability,
)
from riskcockpit.connectors.http import HttpClient, Params
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ProtocolError, SourceError

GRAPHQL = "/api/graphql"
REST = "/api/v4"
PAGE = 100
"""Rows asked for in one page: the most GitLab gives."""
MAX_PAGES = 10_000
_TOO_MUCH = ("complexity", "timed out", "timeout")
_CURSOR = "cursor"

T = TypeVar("T")


class GraphqlError(SourceError):
    """GraphQL answered with errors in place of data."""


class TooComplexError(GraphqlError):
    """The query is too much for one answer; a smaller page may do."""


class CursorError(GraphqlError):
    """The place in a list is not known any more; it has to be read from the start."""


class GitlabClient:
    """GitLab's APIs over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http

    def vulnerabilities(self, kind: OwnerKind, path: str, first: int, after: str | None) -> Owner:
        """Return a page of the vulnerabilities of a project or a group.

        Raises:
            GraphqlError: it is not there, or not for us.
        """
        variables = {"path": path, "first": first, "after": after}
        found = self._query(queries.vulnerabilities_of(kind), variables, Owners)
        owner = found.project if kind == "project" else found.group
        if owner is None or owner.vulnerabilities is None:
            raise GraphqlError(
                f"{self.http.endpoint.url(GRAPHQL)} shows no vulnerabilities of the {kind} {path}"
            )
        return owner

    def vulnerability(self, gid: str) -> Vulnerability:
        """Return how one vulnerability stands.

        Raises:
            GraphqlError: it is not there, or not for us.
        """
        found = self._query(queries.ONE, {"id": gid}, OneVulnerability)
        if found.vulnerability is None:
            raise GraphqlError(f"{self.http.endpoint.url(GRAPHQL)} shows no {gid}")
        return found.vulnerability

    def mutate(self, mutation: str, variables: Mapping[str, Any]) -> None:
        """Change something, once.

        Raises:
            DeniedError: GitLab refused in words. Else as `HttpClient.write`.
        """
        body = {"query": mutation, "variables": dict(variables)}
        answer = self.http.write("POST", GRAPHQL, body).decode(Answer[dict[str, Payload | None]])
        payloads = [payload for payload in (answer.data or {}).values() if payload is not None]
        said = [fault.message for fault in answer.errors]
        said += [text for payload in payloads for text in payload.errors]
        if said:
            raise DeniedError(f"GitLab refused: {clean_line('; '.join(said))[:300]}")
        if not payloads:
            raise ProtocolError(f"{self.http.endpoint.url(GRAPHQL)} answered no payload")

    def project(self, path: str) -> Project:
        """Return a project by its path."""
        return self.http.get_json(self.place(path), Project)

    def pipelines(self, path: str, params: Params) -> Iterator[tuple[Pipeline, ...]]:
        """Yield pipelines."""
        return self._pages(self.place(path, "/pipelines"), tuple[Pipeline, ...], params)

    def jobs(self, path: str, pipeline: int) -> Iterator[tuple[Job, ...]]:
        """Yield the jobs of a pipeline."""
        return self._pages(self.place(path, f"/pipelines/{pipeline}/jobs"), tuple[Job, ...], {})

    def artifacts(self, path: str, job: int, file_type: str = "") -> bytes:
        """Return what a job left behind: its archive as the zip it is, or one report.

        Storage of another host learns no credential. A server that does not know reports by type
        answers with the archive.
        """
        params = {"file_type": file_type} if file_type else {}
        return self.http.get_blob(self.place(path, f"/jobs/{job}/artifacts"), params).body

    def deployments(self, path: str, params: Params) -> Iterator[tuple[Deployment, ...]]:
        """Yield deployments; those of a list do not say who approved them."""
        return self._pages(self.place(path, "/deployments"), tuple[Deployment, ...], params)

    def deployment(self, path: str, number: int) -> Deployment:
        """Return one deployment, with its approvals."""
        return self.http.get_json(self.place(path, f"/deployments/{number}"), Deployment)

    def protected_branches(self, path: str) -> Iterator[tuple[ProtectedBranch, ...]]:
        """Yield the branches that are protected."""
        where = self.place(path, "/protected_branches")
        return self._pages(where, tuple[ProtectedBranch, ...], {})

    def protected_environments(self, path: str) -> Iterator[tuple[ProtectedEnvironment, ...]]:
        """Yield the environments that are protected; GitLab without a licence knows none."""
        where = self.place(path, "/protected_environments")
        return self._pages(where, tuple[ProtectedEnvironment, ...], {})

    def approve(self, path: str, number: int, body: Mapping[str, str]) -> None:
        """Answer a deployment that waits."""
        self.http.write("POST", self.place(path, f"/deployments/{number}/approval"), dict(body))

    def user(self) -> User:
        """Return who the token belongs to."""
        return self.http.get_json(f"{REST}/user", User)

    def metadata(self) -> Metadata:
        """Return which GitLab answers."""
        return self.http.get_json(f"{REST}/metadata", Metadata)

    def close(self) -> None:
        """Give back the connections."""
        self.http.close()

    @staticmethod
    def place(path: str, rest: str = "") -> str:
        """Return the place of a project in the REST API, or of what is below it."""
        return f"{REST}/projects/{quote(path, safe='')}{rest}"

    def _pages(self, path: str, type_: type[T], params: Params) -> Iterator[T]:
        for page in self.http.pages(path, type_, {"per_page": PAGE, **params}, most=MAX_PAGES):
            yield page.data
            if page.number == MAX_PAGES and page.has_more:
                raise ProtocolError(f"{self.http.endpoint.url(path)} never comes to its last page")

    def _query(self, query: str, variables: Mapping[str, Any], type_: type[T]) -> T:
        body = {"query": query, "variables": dict(variables)}
        answer: Answer[T] = self.http.query_json(GRAPHQL, Answer[type_], body=body)  # type: ignore[valid-type] # a type at run time
        if answer.errors:
            raise self._fault("; ".join(fault.message for fault in answer.errors))
        if answer.data is None:
            raise ProtocolError(
                f"{self.http.endpoint.url(GRAPHQL)} answered neither data nor errors",
                hint="check that the url of the source is that of GitLab itself",
            )
        return answer.data

    def _fault(self, said: str) -> GraphqlError:
        message = f"{self.http.endpoint.url(GRAPHQL)}: {clean_line(said)[:300]}"
        lower = said.lower()
        if any(word in lower for word in _TOO_MUCH):
            return TooComplexError(message, hint="GitLab limits what one query may cost")
        return CursorError(message) if _CURSOR in lower else GraphqlError(message)
