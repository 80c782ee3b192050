"""A stateful MLflow for `http.replayed`: one model, its aliases and tags, and faults on demand."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from riskcockpit.connectors.reply import Asked, Reply

API = "/api/2.0/mlflow/"


def reply(value: Any, status: int = 200) -> Reply:
    """Return JSON."""
    return Reply(status, json.dumps(value).encode())


def fault(code: str, status: int) -> Reply:
    """Return an error as MLflow writes it."""
    return reply({"error_code": code, "message": f"no: {code}"}, status)


@dataclass
class FakeMlflow:
    """Answers as MLflow does; `before` may look at a request first and answer in its place."""

    name: str = "fraud"
    champion: int | None = 7
    versions: dict[int, dict[str, str]] = field(
        default_factory=lambda: {
            5: {"validation_status": "approved", "riskcockpit.rolled_back": "x"},
            6: {"validation_status": "approved"},
            7: {"validation_status": "approved"},
            8: {"validation_status": "approved"},
            9: {},
        }
    )
    status: str = "READY"
    challenger: int | None = None
    permissions: Reply = field(default_factory=lambda: Reply(404, b"<!doctype html>"))
    before: Callable[[FakeMlflow, Asked], Reply | None] = lambda _fake, _asked: None
    writes: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        """Answer one request."""
        early = self.before(self, asked)
        if early is not None:
            return early
        if asked.path.startswith("/api/3.0/"):
            return self.permissions
        call = asked.path.removeprefix(API)
        return self._read(call, asked) if asked.method == "GET" else self._write(call, asked)

    def _read(self, call: str, asked: Asked) -> Reply:
        if call == "registered-models/alias":
            if self.champion is None or asked.params["alias"] != "champion":
                return fault("INVALID_PARAMETER_VALUE", 400)
            return self._version(self.champion)
        if call == "registered-models/search":
            named = {"champion": self.champion, "challenger": self.challenger}
            aliases = [{"alias": k, "version": str(v)} for k, v in named.items() if v]
            return reply({"registered_models": [{"name": self.name, "aliases": aliases}]})
        if call == "model-versions/search":
            return reply({"model_versions": [self._as_told(one) for one in self.versions]})
        if call == "model-versions/get":
            return self._version(int(asked.params["version"]))
        return fault("RESOURCE_DOES_NOT_EXIST", 404)

    def _version(self, number: int) -> Reply:
        if number not in self.versions:
            return fault("RESOURCE_DOES_NOT_EXIST", 404)
        return reply({"model_version": self._as_told(number)})

    def _as_told(self, number: int) -> dict[str, Any]:
        tags = [{"key": key, "value": value} for key, value in self.versions[number].items()]
        return {
            "name": self.name, "version": str(number), "status": self.status, "tags": tags,
            "creation_timestamp": 1_770_000_000_000 + number,
        }  # fmt: skip

    def _write(self, call: str, asked: Asked) -> Reply:
        body = json.loads(asked.body)
        self.writes.append((asked.method, call, body))
        if call == "registered-models/alias":
            self.champion = int(body["version"])
        elif call == "model-versions/set-tag":
            self.versions[int(body["version"])][body["key"]] = body["value"]
        elif call == "model-versions/delete-tag":
            del self.versions[int(body["version"])][body["key"]]
        return reply({})
