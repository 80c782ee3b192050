"""A simulated MLflow tracking server: the calls riskcockpit makes, with MLflow's own manners.

It answers as MLflow 3.17 does: empty lists are left out, versions are strings, the page token is
absent on the last page, a missing alias is a 400, unknown paths are 404 with HTML. What it does not
do: authentication, experiments, webhooks, writes other than aliases and tags.
`docs/demo.md` lists the calls.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from riskcockpit.demo.loopback import Reply, Request
from riskcockpit.demo.mlflow_questions import (
    ApiError,
    invalid,
    missing,
    name_filter,
    ordered,
    page,
    required,
)
from riskcockpit.demo.mlflow_wire import (
    artifact_uri,
    metric_document,
    model_document,
    run_document,
    version_document,
)
from riskcockpit.domain.model import ModelVersion, RegisteredModel

PREFIX = "/api/2.0/mlflow/"
PRODUCT_VERSION = "3.17.2"
_LIMITS = {"registered-models/search": (100, 1000), "model-versions/search": (200, 200_000)}
_HISTORY_LIMIT = (25_000, 25_000)
_ALIAS = re.compile(r"[A-Za-z0-9_-]+\Z")
_RESERVED = re.compile(r"v\d+\Z", re.IGNORECASE)
_NOT_FOUND = (
    "<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n"
    "<p>The requested URL was not found on the server. If you entered the URL manually please "
    "check your spelling and try again.</p>\n"
)
_VERSION_ORDERS: Mapping[str, Callable[[tuple[RegisteredModel, ModelVersion]], Any]] = {
    "name": lambda pair: pair[0].name,
    "version_number": lambda pair: pair[1].version,
    "creation_timestamp": lambda pair: pair[1].created_at,
}
AliasListener = Callable[[str, str, int | None], None]
"""Called with model, alias and its new version, or None when the alias is gone."""


class MlflowSimulator:
    """The registry of the demo's models. Safe to use from several threads."""

    def __init__(
        self, models: Iterable[RegisteredModel], *, on_alias: AliasListener | None = None
    ) -> None:
        self._lock = threading.Lock()
        self._models = {model.name: model for model in models}
        self._on_alias = on_alias
        self._routes: Mapping[tuple[str, str], Callable[[Request], dict[str, Any]]] = {
            ("GET", "registered-models/search"): self._search_models,
            ("GET", "registered-models/get"): self._get_model,
            ("GET", "registered-models/alias"): self._get_alias,
            ("POST", "registered-models/alias"): self._set_alias,
            ("DELETE", "registered-models/alias"): self._delete_alias,
            ("POST", "registered-models/set-tag"): self._set_model_tag,
            ("GET", "model-versions/search"): self._search_versions,
            ("GET", "model-versions/get"): self._get_version,
            ("POST", "model-versions/set-tag"): self._set_version_tag,
            ("DELETE", "model-versions/delete-tag"): self._delete_version_tag,
            ("GET", "runs/get"): self._get_run,
            ("GET", "metrics/get-history"): self._metric_history,
            ("GET", "artifacts/list"): self._list_artifacts,
        }

    def model(self, name: str) -> RegisteredModel:
        """Return the present state of a model.

        Raises:
            KeyError: there is no such model.
        """
        with self._lock:
            return self._models[name]

    def answer(self, request: Request) -> Reply:
        """Answer one request as the server would."""
        if request.path == "/health":
            return Reply.text("OK")
        if request.path == "/version":
            return Reply.text(PRODUCT_VERSION, kind="text/html")
        path = request.path.removeprefix(PREFIX)
        if path == request.path or not any(path == known for _, known in self._routes):
            return Reply.text(_NOT_FOUND, 404, "text/html")
        route = self._routes.get((request.method, path))
        if route is None:
            return Reply.text("<!doctype html>\n<title>405 Method Not Allowed</title>\n", 405,
                              "text/html")  # fmt: skip
        try:
            return Reply.json(route(request))
        except ApiError as error:
            return Reply.json(error.document, error.status)

    # -- registered models

    def _search_models(self, request: Request) -> dict[str, Any]:
        matches = name_filter(request.query.get("filter", ""))
        with self._lock:
            models = [model for name, model in sorted(self._models.items()) if matches(name)]
        keys = {"name": lambda model: model.name}
        models = ordered(models, keys, request.query.get("order_by", ""))
        return page(request.query, "registered_models", [model_document(model) for model in models],
                     _LIMITS["registered-models/search"])  # fmt: skip

    def _get_model(self, request: Request) -> dict[str, Any]:
        return {"registered_model": model_document(self._found(required(request.query, "name")))}

    def _set_model_tag(self, request: Request) -> dict[str, Any]:
        body = request.document()
        name, key = required(body, "name"), required(body, "key")
        with self._lock:
            model = self._present(name)
            tags = {**model.tags, key: str(body.get("value", ""))}
            self._models[name] = replace(model, tags=tags)
        return {}

    # -- aliases

    def _get_alias(self, request: Request) -> dict[str, Any]:
        model = self._found(required(request.query, "name"))
        alias = required(request.query, "alias")
        number = model.aliases.get(alias)
        if number is None:
            raise invalid(f"Registered model alias {alias} not found.")
        return {
            "model_version": version_document(model, _version_of(model, str(number)), aliases=True)
        }

    def _set_alias(self, request: Request) -> dict[str, Any]:
        body = request.document()
        name, alias = required(body, "name"), required(body, "alias")
        number = required(body, "version")
        if alias.lower() == "latest" or _RESERVED.match(alias):
            raise invalid(f"Version alias name '{alias}' is reserved.")
        if not _ALIAS.match(alias):
            raise invalid(
                f"Invalid alias name: '{alias}'. Names may only contain alphanumerics, "
                "underscores (_), and dashes (-)."
            )
        with self._lock:
            model = self._present(name)
            version = _version_of(model, number).version
            self._models[name] = replace(model, aliases={**model.aliases, alias: version})
        self._tell(name, alias, version)
        return {}

    def _delete_alias(self, request: Request) -> dict[str, Any]:
        body = request.document()
        name, alias = required(body, "name"), required(body, "alias")
        with self._lock:
            model = self._present(name)
            kept = {key: value for key, value in model.aliases.items() if key != alias}
            self._models[name] = replace(model, aliases=kept)
        if len(kept) < len(model.aliases):
            self._tell(name, alias, None)
        return {}

    # -- versions

    def _search_versions(self, request: Request) -> dict[str, Any]:
        matches = name_filter(request.query.get("filter", ""))
        with self._lock:
            models = [model for name, model in sorted(self._models.items()) if matches(name)]
        found = [(model, version) for model in models for version in model.versions]
        found = ordered(found, _VERSION_ORDERS, request.query.get("order_by", ""))
        return page(request.query, "model_versions", [version_document(*pair) for pair in found],
                     _LIMITS["model-versions/search"])  # fmt: skip

    def _get_version(self, request: Request) -> dict[str, Any]:
        model = self._found(required(request.query, "name"))
        version = _version_of(model, required(request.query, "version"))
        return {"model_version": version_document(model, version, aliases=True)}

    def _set_version_tag(self, request: Request) -> dict[str, Any]:
        body = request.document()
        key, value = required(body, "key"), str(body.get("value", ""))
        self._retag(body, lambda tags: {**tags, key: value})
        return {}

    def _delete_version_tag(self, request: Request) -> dict[str, Any]:
        body = request.document()
        key = required(body, "key")
        self._retag(body, lambda tags: {name: tags[name] for name in tags if name != key})
        return {}

    def _retag(
        self, body: Mapping[str, Any], change: Callable[[Mapping[str, str]], dict[str, str]]
    ) -> None:
        name, number = required(body, "name"), required(body, "version")
        with self._lock:
            model = self._present(name)
            version = _version_of(model, number)
            changed = replace(version, tags=change(version.tags))
            versions = tuple(changed if v is version else v for v in model.versions)
            self._models[name] = replace(model, versions=versions)

    # -- runs

    def _get_run(self, request: Request) -> dict[str, Any]:
        return {"run": run_document(self._run_version(request))}

    def _metric_history(self, request: Request) -> dict[str, Any]:
        version = self._run_version(request)
        key = required(request.query, "metric_key")
        points = (
            [metric_document(version, key, version.metrics[key])] if key in version.metrics else []
        )
        return page(request.query, "metrics", points, _HISTORY_LIMIT)

    def _list_artifacts(self, request: Request) -> dict[str, Any]:
        version = self._run_version(request)
        answer: dict[str, Any] = {"root_uri": artifact_uri(version)}
        if version.artifacts:
            answer["files"] = [{"path": path, "is_dir": True} for path in version.artifacts]
        return answer

    def _run_version(self, request: Request) -> ModelVersion:
        run_id = required(request.query, "run_id")
        with self._lock:
            for model in self._models.values():
                for version in model.versions:
                    if version.run_id == run_id:
                        return version
        raise missing(f"Run with id={run_id} not found")

    # -- state

    def _found(self, name: str) -> RegisteredModel:
        with self._lock:
            return self._present(name)

    def _present(self, name: str) -> RegisteredModel:
        try:
            return self._models[name]
        except KeyError:
            raise missing(f"Registered Model with name={name} not found") from None

    def _tell(self, name: str, alias: str, version: int | None) -> None:
        if self._on_alias is not None:
            self._on_alias(name, alias, version)


def _version_of(model: RegisteredModel, number: str) -> ModelVersion:
    for version in model.versions:
        if str(version.version) == number:
            return version
    raise missing(f"Model Version (name={model.name}, version={number}) not found")
