"""The calls of the MLflow REST API that the connector makes, typed. Knows nothing of models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec

from riskcockpit.connectors.http import HttpClient, Params
from riskcockpit.connectors.mlflow.wire import (
    Artifact,
    ArtifactList,
    Fault,
    HistoryPage,
    Model,
    ModelPage,
    OwnPermissions,
    Point,
    Run,
    RunReply,
    Version,
    VersionPage,
    VersionReply,
)
from riskcockpit.connectors.reply import StatusError
from riskcockpit.errors import ProtocolError

API = "/api/2.0/mlflow"
OWN_PERMISSIONS = "/api/3.0/mlflow/users/current/permissions"
PAGE = 200
"""Rows asked for in one page: few requests, because each costs a password hash under auth."""
HISTORY_PAGE = 1000
MAX_PAGES = 1000

_VERSION = re.compile(r"\d+\.\d+[\w.+-]*")
_ABSENT = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"})
"""A missing alias is 400 INVALID_PARAMETER_VALUE, everything else missing is 404."""


_Page = TypeVar("_Page", ModelPage, VersionPage, HistoryPage)


class MlflowClient:
    """The MLflow REST API over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient, page_size: int = PAGE) -> None:
        self.http = http
        self._page_size = page_size

    def model_pages(self) -> Iterator[tuple[Model, ...]]:
        """Yield every registered model, page by page, by name."""
        for page in self._pages("registered-models/search", ModelPage, "name ASC"):
            yield page.registered_models

    def version_pages(self) -> Iterator[tuple[Version, ...]]:
        """Yield every version of every model, page by page; without their aliases."""
        for page in self._pages("model-versions/search", VersionPage, "name ASC"):
            yield page.model_versions

    def run(self, run_id: str) -> Run | None:
        """Return a run, or None when it was deleted."""
        try:
            return self.http.get_json(f"{API}/runs/get", RunReply, {"run_id": run_id}).run
        except StatusError as error:
            return self._none_when_absent(error)

    def history(self, run_id: str, metric: str) -> Iterator[tuple[Point, ...]]:
        """Yield every value that a run logged for a metric, page by page."""
        params: dict[str, str | int] = {
            "run_id": run_id, "metric_key": metric, "max_results": HISTORY_PAGE,
        }  # fmt: skip
        for page in self._followed("metrics/get-history", HistoryPage, params):
            yield page.metrics

    def artifacts(self, run_id: str) -> tuple[Artifact, ...]:
        """Return the top-level artefacts of a run."""
        return self.http.get_json(f"{API}/artifacts/list", ArtifactList, {"run_id": run_id}).files

    def version(self, model: str, version: int) -> Version | None:
        """Return one version, or None when there is no such model or version."""
        params: Params = {"name": model, "version": version}
        try:
            return self.http.get_json(
                f"{API}/model-versions/get", VersionReply, params
            ).model_version
        except StatusError as error:
            return self._none_when_absent(error)

    def aliased(self, model: str, alias: str) -> Version | None:
        """Return the version `alias` points to, or None when it points nowhere."""
        params = {"name": model, "alias": alias}
        try:
            found = self.http.get_json(f"{API}/registered-models/alias", VersionReply, params)
        except StatusError as error:
            return self._none_when_absent(error)
        return found.model_version

    def set_alias(self, model: str, alias: str, version: int) -> None:
        """Point `alias` to `version`; there is no compare-and-set."""
        body = {"name": model, "alias": alias, "version": str(version)}
        self.http.write("POST", f"{API}/registered-models/alias", body)

    def set_version_tag(self, model: str, version: int, key: str, value: str) -> None:
        """Set a tag on a version."""
        body = {"name": model, "version": str(version), "key": key, "value": value}
        self.http.write("POST", f"{API}/model-versions/set-tag", body)

    def delete_version_tag(self, model: str, version: int, key: str) -> None:
        """Take a tag off a version."""
        body = {"name": model, "version": str(version), "key": key}
        self.http.write("DELETE", f"{API}/model-versions/delete-tag", body)

    def own_permissions(self) -> OwnPermissions | None:
        """Return what our account may do, or None when the server has no auth app."""
        try:
            return self.http.get_json(OWN_PERMISSIONS, OwnPermissions)
        except (StatusError, ProtocolError):
            return None

    def server_version(self) -> str:
        """Return the version of the server; raises ProtocolError when it does not tell one."""
        version = self.http.get("/version").quote
        if not _VERSION.fullmatch(version):
            raise ProtocolError(
                f'{self.http.endpoint.url("/version")} answered no version: "{version}"',
                hint="check that the url of the source is that of the MLflow server",
            )
        return version

    def _pages(self, path: str, type_: type[_Page], order: str) -> Iterator[_Page]:
        params: dict[str, str | int] = {"max_results": self._page_size, "order_by": order}
        return self._followed(path, type_, params)

    def _followed(
        self, path: str, type_: type[_Page], params: dict[str, str | int]
    ) -> Iterator[_Page]:
        for _ in range(MAX_PAGES):
            page = self.http.get_json(f"{API}/{path}", type_, params)
            yield page
            if not page.next_page_token:
                return
            if page.next_page_token == params.get("page_token"):
                break
            params["page_token"] = page.next_page_token
        raise ProtocolError(f"{self.http.endpoint.url(API)}/{path} never comes to its last page")

    @staticmethod
    def _none_when_absent(error: StatusError) -> None:
        """Return None for an answer that means "there is no such thing", else raise it."""
        try:
            code = msgspec.json.decode(error.reply.body, type=Fault).error_code
        except (msgspec.DecodeError, UnicodeDecodeError):
            code = ""
        if code not in _ABSENT:
            raise error
