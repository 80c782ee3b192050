"""Names of workloads as they take part in identity: without what every rollout changes."""

from __future__ import annotations

import re

from riskcockpit.formats import wording

_POD_HASH = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{6,10}$")
"""Kubernetes' alphabet for generated names: no vowels, nothing that looks like one."""
_CHECKOUT = re.compile(r"^path=[^/]*/(?:api=)?")


def without_pod_hash(kind: str, name: str) -> str:
    """Return the name of a ReplicaSet without the hash of its pod template."""
    return _POD_HASH.sub("", name) if kind == "ReplicaSet" else name


def workload(namespace: str, kind: str, name: str) -> str:
    """Return `namespace/kind/name` of a workload, without what is empty."""
    parts = (namespace, kind, without_pod_hash(kind, name))
    return wording.name("/".join(part for part in parts if part))


def kubescape_id(resource: str) -> str:
    """Return Kubescape's id of a resource without its checkout and pod-template hash."""
    parts = _CHECKOUT.sub("", resource).split("/")
    if len(parts) > 1:
        parts[-1] = without_pod_hash(parts[-2], parts[-1])
    return wording.name("/".join(part for part in parts if part))
