"""An Argo CD on loopback: stateful, with operations that take their time, and faults on command.

A request for one application lets its controller take one step: an operation that waits begins,
one that runs ends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from support.simulated import Call, SimReply, Simulator, as_json

START = datetime(2026, 2, 27, tzinfo=UTC)
_CODES = {400: 9, 401: 16, 403: 7, 404: 5}
_REFUSED = "rollback cannot be initiated when auto-sync is enabled"


class ArgoSim(Simulator):
    """One simulated Argo CD. Besides the usual faults it knows `forbidden`."""

    def __init__(self) -> None:
        super().__init__()
        self.apps: dict[str, dict[str, Any]] = {}
        """[NAMESPACE/]NAME → the application as the API shows it."""
        self.at = START
        self.outcomes: list[tuple[str, str]] = []
        """Phase and message of the next operations; Succeeded when empty."""
        self.keeps_automated = False
        """Something switches automated sync on again at once, as an ApplicationSet does."""
        self.steps = True
        """Whether the controller works."""

    def tick(self) -> str:
        """Let a minute pass and return the time as Argo CD writes it."""
        self.at += timedelta(minutes=1)
        return self.at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def app(
        self, name: str, *revisions: str, namespace: str = "argocd", **sync: Any
    ) -> dict[str, Any]:
        """Make an application that deployed each of the revisions; `sync` is its policy."""
        made = {
            "metadata": {"name": name, "namespace": namespace, "uid": f"uid-{name}"},
            "spec": {
                "project": "bank",
                "source": {"repoURL": "https://git.example/deploy", "path": name},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
                **({"syncPolicy": {"automated": sync}} if sync else {}),
            },
            "status": {
                "sync": {"status": "Synced"},
                "health": {"status": "Healthy", "lastTransitionTime": self.tick()},
                "summary": {"images": [f"registry.example/{name}:{len(revisions)}"]},
                "resources": [{"kind": "Deployment", "name": name}],
                "reconciledAt": self.tick(),
            },
        }  # fmt: skip
        self.apps[name if namespace == "argocd" else f"{namespace}/{name}"] = made
        for revision in revisions:
            self.sync(made, revision)
        return made

    def sync(self, app: dict[str, Any], revision: str, phase: str = "Succeeded") -> None:
        """Deploy a revision, at once."""
        app["status"]["operationState"] = self._begun({"sync": {"revision": revision}})
        self._end(app, phase, "")

    def handle(self, call: Call) -> SimReply:
        """Answer by the state of the applications."""
        if "authorization" not in call.headers:
            return self.error(401, "no session information")
        if call.path == "/api/version":
            return as_json({"Version": "v3.1.0+sim"})
        if call.path == "/api/v1/session/userinfo":
            return as_json({"loggedIn": True, "username": "cockpit", "iss": "argocd"})
        if call.path == "/api/v1/applications":
            return as_json({"metadata": {}, "items": self._listed(call) or None})
        match = re.fullmatch(r"/api/v1/applications/([a-z0-9-]+)(/rollback)?", call.path)
        given = call.body or call.query
        namespace = given.get("appNamespace", "argocd")
        key = match[1] if match and namespace == "argocd" else f"{namespace}/{match and match[1]}"
        app = self.apps.get(key)
        if match is None or app is None:
            return self.error(403, "permission denied")
        if call.method == "GET":
            shown = as_json(app)
            if self.steps:
                self._step(app)
            return shown
        return self._rollback(call, app) if match[2] else self._patch(call, app)

    def error(
        self, status: int, message: str, headers: Mapping[str, str] | None = None
    ) -> SimReply:
        """Refuse as its gateway does."""
        code = _CODES.get(status, 2)
        return as_json({"error": message, "code": code, "message": message}, status, headers)

    def _listed(self, call: Call) -> list[dict[str, Any]]:
        wanted = call.query.get("projects")
        return [app for app in self.apps.values() if wanted in (None, app["spec"]["project"])]

    def _rollback(self, call: Call, app: dict[str, Any]) -> SimReply:
        policy = app["spec"].get("syncPolicy") or {}
        automated = policy.get("automated")
        if automated is not None and automated.get("enabled") is not False:
            return self.error(400, _REFUSED)
        known = {entry["id"]: entry for entry in app["status"].get("history", ())}
        entry = known.get(call.body["id"])
        if entry is None:
            message = f"application {call.body['name']} does not have deployment with id"
            return self.error(400, f"{message} {call.body['id']}")
        if app.get("operation"):
            return self.error(400, "another operation is already in progress")
        sync = {"revision": entry["revision"], "source": entry["source"]}
        app["operation"] = {"sync": {**sync, "dryRun": call.body["dryRun"]}}
        app["status"]["operationState"] = None
        self.writes.append((call.method, call.path, call.body))
        return as_json(app)

    def _patch(self, call: Call, app: dict[str, Any]) -> SimReply:
        assert call.body["patchType"] == "merge"
        patch = json.loads(call.body["patch"])
        self.writes.append((call.method, call.path, patch))
        if not self.keeps_automated:
            automated = patch["spec"]["syncPolicy"]["automated"]
            app["spec"]["syncPolicy"] = {} if automated is None else {"automated": automated}
        return as_json(app)

    def _step(self, app: dict[str, Any]) -> None:
        state = app["status"].get("operationState")
        if app.get("operation") and state is None:
            app["status"]["operationState"] = self._begun(app["operation"])
        elif state is not None and state["phase"] == "Running":
            self._end(app, *(self.outcomes.pop(0) if self.outcomes else ("Succeeded", "")))

    def _begun(self, operation: dict[str, Any]) -> dict[str, Any]:
        return {"phase": "Running", "operation": operation, "startedAt": self.tick()}

    def _end(self, app: dict[str, Any], phase: str, message: str) -> None:
        state = app["status"]["operationState"]
        state |= {"phase": phase, "message": message, "finishedAt": self.tick()}
        app.pop("operation", None)
        sync = state["operation"]["sync"]
        if phase != "Succeeded" or sync.get("dryRun"):
            return
        history = app["status"].setdefault("history", [])
        history.append({
            "id": history[-1]["id"] + 1 if history else 0,
            "revision": sync["revision"],
            "source": sync.get("source", app["spec"]["source"]),
            "deployStartedAt": state["startedAt"],
            "deployedAt": state["finishedAt"],
            "initiatedBy": {"username": "deployer"},
        })  # fmt: skip
        del history[:-10]
