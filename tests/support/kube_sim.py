"""A Kubernetes API on loopback: deployments and their replica sets, paged, with a controller that
works when it is told to, and faults on command. Its objects have the shape of the real ones.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from support.simulated import Call, SimReply, Simulator, as_json

START = datetime(2026, 2, 27, tzinfo=UTC)
REVISION = "deployment.kubernetes.io/revision"
HISTORY = f"{REVISION}-history"
_REASONS = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict",
    410: "Expired", 415: "UnsupportedMediaType", 422: "Invalid", 429: "TooManyRequests",
}  # fmt: skip
_COPIED = ("kubernetes.io/change-cause",)

Object = dict[str, Any]


class KubeSim(Simulator):
    """One simulated cluster. Besides the usual faults it knows `expired-cursor`."""

    def __init__(self) -> None:
        super().__init__()
        self.deployments: dict[str, Object] = {}
        """NAMESPACE/NAME → the deployment as the API shows it."""
        self.sets: dict[str, Object] = {}
        self.at = START
        self.version = 100
        self.serves = True
        """Whether new pods come up."""
        self.is_late = False
        """Whether a rollout whose pods do not come up has run out of time."""
        self.controls = True
        """Whether the controller works."""
        self.forbidden: set[str] = set()
        """Namespaces that nobody may see."""
        self.denial = ""
        """What admission says to changes; empty: nothing."""

    def deploy(self, namespace: str, name: str, image: str, cause: str = "") -> Object:
        """Roll an image out, a minute later; makes the deployment when it is not there."""
        made = self.deployments.setdefault(f"{namespace}/{name}", self._fresh(namespace, name))
        made["spec"]["template"]["spec"]["containers"][0]["image"] = image
        if cause:
            made["metadata"]["annotations"][_COPIED[0]] = cause
        self._changed(made)
        self.reconcile(made)
        return made

    def reconcile(self, made: Object) -> None:
        """Let the controller see a deployment: one replica set a template, numbered anew."""
        if not self.controls:
            return
        self.at += timedelta(minutes=1)
        metadata, template = made["metadata"], made["spec"]["template"]
        name = f"{metadata['name']}-{_hash_of(template)}"
        key = f"{metadata['namespace']}/{name}"
        newest = max((_revision(one) for one in self._sets_of(made)), default=0)
        if key not in self.sets:
            self.sets[key] = self._set(made, name)
        mine = self.sets[key]["metadata"]["annotations"]
        if _revision(self.sets[key]) < newest or newest == 0:
            if REVISION in mine:
                mine[HISTORY] = ",".join(filter(None, [mine.get(HISTORY, ""), mine[REVISION]]))
            mine[REVISION] = str(newest + 1)
        mine |= {key: metadata["annotations"][key] for key in _COPIED
                 if key in metadata["annotations"]}  # fmt: skip
        metadata["annotations"][REVISION] = mine[REVISION]
        self._observe(made, name)

    def handle(self, call: Call) -> SimReply:
        """Answer by the state of the objects."""
        if "authorization" not in call.headers:
            return self.error(401, "Unauthorized")
        if call.path == "/version":
            return as_json({"major": "1", "minor": "32", "gitVersion": "v1.32.0+sim"})
        match = re.fullmatch(
            r"/apis/apps/v1(?:/namespaces/([a-z0-9-]+))?/(deployments|replicasets)(?:/(.+))?",
            call.path,
        )
        if match is None:
            return self.error(404, "the server could not find the requested resource")
        namespace, plural, name = match.groups()
        if namespace in self.forbidden:
            return self.error(403, f'{plural}.apps is forbidden in the namespace "{namespace}"')
        objects = self.deployments if plural == "deployments" else self.sets
        if name is None:
            return self._list(call, objects, namespace)
        found = objects.get(f"{namespace}/{name}")
        if found is None:
            return self.error(404, f'{plural}.apps "{name}" not found')
        return as_json(found) if call.method == "GET" else self._patch(call, found)

    def error(
        self, status: int, message: str, headers: Mapping[str, str] | None = None
    ) -> SimReply:
        """Refuse with a Status."""
        body = {
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": _REASONS.get(status, "InternalError"), "code": status,
        }  # fmt: skip
        return as_json(body, status, headers)

    def instead(self, kind: str) -> SimReply | None:
        """Know the continue token that is too old, besides."""
        if kind == "expired-cursor":
            return self.error(410, "The provided continue parameter is too old")
        return super().instead(kind)

    def _list(self, call: Call, objects: dict[str, Object], namespace: str | None) -> SimReply:
        wanted = [
            part.split("=") for part in call.query.get("labelSelector", "").split(",") if part
        ]
        rows = [
            one
            for key, one in sorted(objects.items())
            if (namespace is None or key.startswith(f"{namespace}/"))
            and all(one["metadata"]["labels"].get(key) == text for key, text in wanted)
        ]
        start = 0
        if call.query.get("continue"):
            try:
                start = int(json.loads(base64.b64decode(call.query["continue"]))["start"])
            except ValueError:
                return self.error(400, "invalid continue token")
        end = start + int(call.query.get("limit", 10_000))
        metadata = {"resourceVersion": str(self.version)}
        if end < len(rows):
            token = base64.b64encode(json.dumps({"start": end}).encode()).decode()
            metadata |= {"continue": token, "remainingItemCount": str(len(rows) - end)}
        return as_json({"kind": "List", "metadata": metadata, "items": rows[start:end]})

    def _patch(self, call: Call, found: Object) -> SimReply:
        if call.headers.get("content-type") != "application/json-patch+json":
            return self.error(415, "the body of the request was in an unknown format")
        if self.denial:
            return self.error(403, f"admission webhook denied the request: {self.denial}")
        changed = copy.deepcopy(found)
        for step in call.body:
            *members, last = step["path"].strip("/").split("/")
            place = changed
            for member in members:
                place = place[member]
            if step["op"] != "replace" or last not in place:
                return self.error(422, "the server rejected our request due to an error in it")
            place[last] = copy.deepcopy(step["value"])
        if changed["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
            return self.error(409, "the object has been modified; please apply your changes to it")
        is_dry = call.query.get("dryRun") == "All"
        if not is_dry:
            found.clear()
            found.update(changed)
            self._changed(found)
            self.writes.append((call.method, call.path, call.body))
            self.reconcile(found)
        return as_json(found if not is_dry else changed)

    def _changed(self, made: Object) -> None:
        self.version += 1
        made["metadata"]["resourceVersion"] = str(self.version)
        made["metadata"]["generation"] += 1

    def _fresh(self, namespace: str, name: str) -> Object:
        labels = {"app": name}
        container = {
            "name": name, "image": "", "resources": {}, "imagePullPolicy": "IfNotPresent",
            "env": [{"name": "MODE", "value": "strict"}],
        }  # fmt: skip
        return {
            "kind": "Deployment",
            "apiVersion": "apps/v1",
            "metadata": {
                "name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}",
                "generation": 0, "creationTimestamp": self._now(), "labels": labels,
                "annotations": {},
            },
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"creationTimestamp": None, "labels": labels},
                    "spec": {"containers": [container], "restartPolicy": "Always"},
                },
                "progressDeadlineSeconds": 600,
            },
            "status": {},
        }  # fmt: skip

    def _set(self, made: Object, name: str) -> Object:
        template = copy.deepcopy(made["spec"]["template"])
        labels = {**template["metadata"]["labels"], "pod-template-hash": name.rpartition("-")[2]}
        template["metadata"]["labels"] = labels
        metadata = made["metadata"]
        owner = {"kind": "Deployment", "name": metadata["name"], "uid": metadata["uid"]}
        return {
            "metadata": {
                "name": name, "namespace": metadata["namespace"], "uid": f"uid-{name}",
                "resourceVersion": str(self.version), "creationTimestamp": self._now(),
                "labels": labels, "ownerReferences": [{**owner, "controller": True}],
                "annotations": {
                    "deployment.kubernetes.io/desired-replicas": "2",
                    "deployment.kubernetes.io/max-replicas": "3",
                },
            },
            "spec": {
                "replicas": 2, "selector": {"matchLabels": labels}, "template": template,
            },
        }  # fmt: skip

    def _observe(self, made: Object, name: str) -> None:
        replicas = made["spec"]["replicas"]
        available = replicas if self.serves else 0
        reason = "NewReplicaSetAvailable" if self.serves else "ReplicaSetUpdated"
        reason = "ProgressDeadlineExceeded" if self.is_late and not self.serves else reason
        is_good = "True" if self.serves else "False"
        at = {"lastUpdateTime": self._now(), "lastTransitionTime": self._now()}
        made["status"] = {
            "observedGeneration": made["metadata"]["generation"],
            "replicas": replicas,
            "updatedReplicas": replicas,
            "availableReplicas": available,
            "conditions": [
                {"type": "Available", "status": is_good, "reason": "Minimum", **at},
                {
                    "type": "Progressing",
                    "status": "False" if self.is_late and not self.serves else "True",
                    "reason": reason,
                    "message": f'ReplicaSet "{name}"',
                    **at,
                },
            ],
        }

    def _sets_of(self, made: Object) -> list[Object]:
        uid = made["metadata"]["uid"]
        return [
            one for one in self.sets.values() if one["metadata"]["ownerReferences"][0]["uid"] == uid
        ]

    def _now(self) -> str:
        return self.at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _revision(one: Object) -> int:
    return int(one["metadata"]["annotations"].get(REVISION, "0"))


def _hash_of(template: Object) -> str:
    text = json.dumps({**template, "metadata": template["metadata"]["labels"]}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
