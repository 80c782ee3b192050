"""The calls of the Kubernetes API that the connector makes, typed. Knows nothing of findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from riskcockpit.connectors.http import HttpClient, Params
from riskcockpit.connectors.kubernetes.wire import (
    Deployment,
    DeploymentList,
    ListMetadata,
    ReplicaSet,
    ReplicaSetList,
    Selector,
    Version,
    WholeDeployment,
)
from riskcockpit.connectors.reply import Reply, StatusError
from riskcockpit.errors import ProtocolError

API = "/apis/apps/v1"
PAGE = 500
"""Objects asked for in one page."""
MOST_PAGES = 2_000
MANAGER = "riskcockpit"
"""Who the cluster notes as having changed a field."""
_JSON_PATCH = {"Content-Type": "application/json-patch+json"}
_GONE = 410
_T_co = TypeVar("_T_co", covariant=True)
T = TypeVar("T")


class _List(Protocol[_T_co]):
    """A page of any objects."""

    @property
    def metadata(self) -> ListMetadata: ...

    @property
    def items(self) -> Sequence[_T_co] | None: ...


class KubernetesClient:
    """One cluster over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self.http = http
        self.pages = 0
        """Pages of lists that were read."""

    def deployments(self, namespace: str, selector: str) -> list[Deployment]:
        """Return the deployments of a namespace; empty: of all."""
        return self._all(_list_path(namespace, "deployments"), selector, DeploymentList)

    def replica_sets(self, namespace: str, selector: str) -> list[ReplicaSet]:
        """Return the replica sets of a namespace, or of all, that a selector matches."""
        return self._all(_list_path(namespace, "replicasets"), selector, ReplicaSetList)

    def deployment(self, namespace: str, name: str) -> WholeDeployment:
        """Return one deployment."""
        return self.http.get_json(deployment_path(namespace, name), WholeDeployment)

    def patch(
        self, namespace: str, name: str, patch: Sequence[dict[str, Any]], *, is_dry: bool
    ) -> Reply:
        """Change a deployment by a JSON patch, once; dry, everything but the change is done."""
        return self.http.write(
            "PATCH",
            deployment_path(namespace, name),
            patch,
            params=patch_params(is_dry=is_dry),
            headers=_JSON_PATCH,
        )

    def may_list(self, namespace: str) -> None:
        """Ask for one deployment of a namespace, to know whether we may."""
        self.http.get_json(_list_path(namespace, "deployments"), DeploymentList, {"limit": 1})

    def server_version(self) -> str:
        """Return the version of the cluster."""
        return self.http.get_json("/version", Version).git_version

    def close(self) -> None:
        """Give back the connections."""
        self.http.close()

    def _all(self, path: str, selector: str, type_: type[_List[T]]) -> list[T]:
        """Return all objects of a list; it is begun anew once when its pages ran out of time."""
        try:
            return self._pages(path, selector, type_)
        except StatusError as error:
            if error.status != _GONE:
                raise
        return self._pages(path, selector, type_)

    def _pages(self, path: str, selector: str, type_: type[_List[T]]) -> list[T]:
        found: list[T] = []
        go_on = ""
        for _ in range(MOST_PAGES):
            params: dict[str, str | int] = {"limit": PAGE}
            params |= {"labelSelector": selector} if selector else {}
            params |= {"continue": go_on} if go_on else {}
            page = self.http.get_json(path, type_, params)
            self.pages += 1
            found += page.items or ()
            if not page.metadata.go_on:
                return found
            go_on = page.metadata.go_on
        raise ProtocolError(f"{self.http.endpoint.url(path)} never comes to its last page")


def deployment_path(namespace: str, name: str) -> str:
    """Return where a deployment lies."""
    return f"{API}/namespaces/{quote(namespace)}/deployments/{quote(name)}"


def _list_path(namespace: str, plural: str) -> str:
    where = f"/namespaces/{quote(namespace)}" if namespace else ""
    return f"{API}{where}/{plural}"


def patch_params(*, is_dry: bool) -> Params:
    """Return what a change is asked with."""
    return {**({"dryRun": "All"} if is_dry else {}), "fieldManager": MANAGER}


def written_selector(selector: Selector) -> str:
    """Return a selector as a list is asked with it."""
    parts = [f"{key}={value}" for key, value in sorted((selector.match_labels or {}).items())]
    for one in selector.match_expressions or ():
        values = f"({','.join(one.values or ())})"
        parts.append({
            "In": f"{one.key} in {values}",
            "NotIn": f"{one.key} notin {values}",
            "Exists": one.key,
            "DoesNotExist": f"!{one.key}",
        }.get(one.operator, one.key))  # fmt: skip
    return ",".join(parts)
