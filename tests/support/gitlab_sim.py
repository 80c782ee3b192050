"""A GitLab on loopback: stateful, paged, rate-limited, and able to fail on command."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlencode

from support.gitlab_graphql import SCHEMA, BadQueryError, Field, Query, selected
from support.gitlab_state import Project, World
from support.simulated import Call, SimReply, Simulator, as_json, numbered_page

_GRAPHQL_FAULTS = {
    "expired-cursor": "The given cursor is invalid",
    "graphql-timeout": "Request timed out. Please try a less complex query or a smaller set.",
    "graphql-denied": "The resource that you are attempting to access does not exist",
}
_REASONS = {"ACCEPTABLE_RISK", "FALSE_POSITIVE", "MITIGATING_CONTROL", "USED_IN_TESTS",
            "NOT_APPLICABLE"}  # fmt: skip


class GitlabSim(Simulator):
    """One simulated GitLab. Besides the usual faults it knows expired-cursor, graphql-timeout and
    graphql-denied, which come with status 200, and silent: a change that is answered as if made."""

    def __init__(
        self, world: World | None = None, *, base: str = "https://upstream.example"
    ) -> None:
        super().__init__(base=base)
        self.world = world or World()
        self.remaining = 2000
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        """Its own time, for what it says of its limits."""
        self.most_rows = 100
        """A query for more is too complex."""
        self.blob_base = ""
        """Where artefacts lie, another origin; empty: on this one."""
        self._is_silent = False

    def instead(self, kind: str) -> SimReply | None:
        """Know GraphQL's refusals besides."""
        self._is_silent = kind == "silent"
        if kind in _GRAPHQL_FAULTS:
            return as_json({"data": None, "errors": [{"message": _GRAPHQL_FAULTS[kind]}]})
        return super().instead(kind)

    def limit(self, call: Call) -> SimReply | None:
        """Refuse when the requests of this minute are used up."""
        self.remaining -= 1
        if self.remaining >= 0:
            return None
        return SimReply(429, b"Retry later\n", {**self._limits(), "retry-after": "30"})

    def spoil(self, kind: str, reply: SimReply, call: Call) -> None:
        """Say in each answer what is left of this minute."""
        super().spoil(kind, reply, call)
        reply.headers = {**self._limits(), **reply.headers}

    def _limits(self) -> dict[str, str]:
        left = max(self.remaining, 0)
        reset = int(self.now().timestamp()) + 30
        return {"ratelimit-limit": "2000", "ratelimit-remaining": str(left),
                "ratelimit-reset": str(reset)}  # fmt: skip

    def handle(self, call: Call) -> SimReply:
        """Answer by the state of the world."""
        if call.path == "/api/graphql":
            return self._graphql(call)
        path = unquote(call.path).removeprefix("/api/v4")
        if path == "/user":
            return as_json(self._user(call))
        if path == "/metadata":
            return as_json({"version": "18.6.0-ee", "revision": "0a1b", "enterprise": True})
        for name, project in self.world.projects.items():
            if path == f"/projects/{name}" or path.startswith(f"/projects/{name}/"):
                if project.is_hidden:
                    break
                return self._rest(call, project, path.removeprefix(f"/projects/{name}"))
        return self.error(404, "404 Project Not Found")

    # REST ------------------------------------------------------------------------------------

    def _rest(self, call: Call, project: Project, rest: str) -> SimReply:
        if not rest:
            shown = {"id": project.id, "path_with_namespace": project.path,
                     "default_branch": project.default_branch}  # fmt: skip
            return as_json(shown)
        for pattern, handle in _ROUTES:
            if match := re.fullmatch(pattern, rest):
                return handle(self, call, project, match)
        return self.error(404, "404 Not Found")

    def page(self, call: Call, rows: list[Any]) -> SimReply:
        """Answer with a page of a list, and the link to the next."""
        page, following = numbered_page(rows, call.query, 20)
        headers = {"x-next-page": str(following or "")}
        if following:
            query = urlencode({**call.query, "page": str(following)})
            headers["link"] = f'<{self.base}{call.path}?{query}>; rel="next"'
        return as_json(page, headers=headers)

    def pipelines(self, call: Call, project: Project, _match: re.Match[str]) -> SimReply:
        """List pipelines of a ref."""
        rows = [one for one in project.pipelines.values()
                if call.query.get("ref") in (None, one["ref"])]  # fmt: skip
        return self.page(call, _changed(call, rows))

    def jobs(self, call: Call, project: Project, match: re.Match[str]) -> SimReply:
        """List the jobs of a pipeline."""
        return self.page(call, project.jobs.get(int(match[1]), []))

    def artifacts(self, call: Call, project: Project, match: re.Match[str]) -> SimReply:
        """Give out what a job left behind, or lead to where it lies."""
        type_ = call.query.get("file_type", "archive") if self.world.gives_reports else "archive"
        content = project.files.get((int(match[1]), type_))
        if content is None:
            return self.error(404, "404 Not Found")
        if self.blob_base:
            return SimReply(302, headers={"location": f"{self.blob_base}/blob?signature=x"})
        return SimReply(200, content)

    def deployments(self, call: Call, project: Project, _match: re.Match[str]) -> SimReply:
        """List deployments, without their approvals."""
        rows = [{k: v for k, v in one.items() if k != "approvals"}
                for one in project.deployments.values()
                if call.query.get("status") in (None, one["status"])]  # fmt: skip
        return self.page(call, _changed(call, rows))

    def protected_branches(self, call: Call, project: Project, _match: re.Match[str]) -> SimReply:
        """List the protected branches."""
        return self.page(call, project.branches)

    def protected_environments(
        self, call: Call, project: Project, _match: re.Match[str]
    ) -> SimReply:
        """List the protected environments, where this GitLab knows any."""
        if project.environments is None:
            return self.error(404, "404 Not Found")
        return self.page(call, project.environments)

    def deployment(self, call: Call, project: Project, match: re.Match[str]) -> SimReply:
        """Show a deployment, or take an approval of it."""
        found = project.deployments.get(int(match[1]))
        if found is None:
            return self.error(404, "404 Not Found")
        if not match[2]:
            return as_json(found)
        user = self._user(call)
        if found["status"] != "blocked":
            return self.error(400, "This deployment is not waiting for approvals.")
        if any(one["user"]["id"] == user["id"] for one in found["approvals"]):
            return self.error(400, "You have already approved this deployment.")
        if not self._is_silent:
            said = {**call.body, "user": user, "created_at": self.world.tick()}
            found["approvals"].append(said)
            found["pending_approval_count"] -= 1
            if call.body["status"] == "rejected":
                found["status"] = "failed"
            elif found["pending_approval_count"] == 0:
                found["status"] = "created"
            self.writes.append((call.method, unquote(call.path), call.body))
        return as_json({"user": user, **call.body}, 201)

    @staticmethod
    def _user(call: Call) -> dict[str, Any]:
        token = call.headers.get("authorization", "").encode()
        number = int(hashlib.sha256(token).hexdigest()[:6], 16)
        return {"id": number, "username": "octo"}

    # GraphQL ---------------------------------------------------------------------------------

    def _graphql(self, call: Call) -> SimReply:
        try:
            query = Query(call.body["query"], call.body.get("variables") or {})
            shown = {}
            for each in query.fields:
                value = self._root(each, call)
                shown[each.alias] = selected(value, each.inner, SCHEMA[each.name], each.name)
        except BadQueryError as fault:
            return as_json({"errors": [{"message": str(fault)}]})
        return as_json({"data": shown})

    def _root(self, each: Field, call: Call) -> Any:
        if each.name in ("project", "group"):
            return self._owner(each)
        if each.name == "vulnerability":
            return self.world.vulnerability(each.arguments["id"])
        if each.name not in SCHEMA:
            raise BadQueryError(f"Field '{each.name}' doesn't exist on type 'Query'")
        return self._mutation(each, call)

    def _owner(self, each: Field) -> Any:
        path = each.arguments["fullPath"]
        inside = [
            one
            for name, one in self.world.projects.items()
            if not one.is_hidden
            and (name == path if each.name == "project" else name.startswith(f"{path}/"))
        ]
        if not inside:
            return None
        listed = next(inner for inner in each.inner if inner.name == "vulnerabilities")
        return {"fullPath": path, "vulnerabilities": self._listed(inside, listed.arguments)}

    def _listed(self, projects: list[Project], given: dict[str, Any]) -> dict[str, Any]:
        first = int(given["first"])
        if first > self.most_rows:
            said = f"Query has complexity of {first * 3}, which exceeds max complexity of 250"
            raise BadQueryError(said)
        rows = [
            row
            for project in projects
            if not project.is_silent
            for row in project.vulnerabilities.values()
            if row["state"] in given["state"]
        ]
        rows.sort(key=lambda row: (row["detectedAt"], row["id"]))
        if after := given.get("after"):
            place = tuple(base64.b64decode(after).decode().split("|"))
            rows = [row for row in rows if (row["detectedAt"], row["id"]) > place]
        page = rows[: min(first, 100)]
        last = "|".join((page[-1]["detectedAt"], page[-1]["id"])) if page else ""
        info = {"hasNextPage": len(rows) > len(page),
                "endCursor": base64.b64encode(last.encode()).decode()}  # fmt: skip
        return {"pageInfo": info, "nodes": page}

    def _mutation(self, each: Field, call: Call) -> dict[str, Any]:
        given = each.arguments["input"]
        found = self.world.vulnerability(given["id"])
        if found is None:
            raise BadQueryError(_GRAPHQL_FAULTS["graphql-denied"])
        changes: dict[str, Any] = {"stateComment": given.get("comment"), "dismissalReason": None}
        if each.name == "vulnerabilityDismiss":
            if given.get("dismissalReason") not in _REASONS:
                raise BadQueryError("Variable $reason was provided invalid value")
            changes |= {"state": "DISMISSED", "dismissalReason": given["dismissalReason"]}
        else:
            changes["state"] = "CONFIRMED" if each.name.endswith("Confirm") else "DETECTED"
        if found["state"] == changes["state"]:
            return {"errors": ["State cannot transition to itself"], "vulnerability": None}
        if not self._is_silent:
            self.world.tick()
            found.update(changes)
            self.writes.append((each.name, given["id"], call.body["variables"]))
        return {"errors": [], "vulnerability": found}


def _changed(call: Call, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that changed after the given moment, in the order that is asked for."""
    after = call.query.get("updated_after", "")
    found = [row for row in rows if row["updated_at"] >= after]
    order = call.query.get("order_by", "id")
    return sorted(found, key=lambda row: row[order], reverse=call.query.get("sort") == "desc")


_ROUTES: tuple[tuple[str, Callable[..., SimReply]], ...] = (
    (r"/pipelines", GitlabSim.pipelines),
    (r"/pipelines/(\d+)/jobs", GitlabSim.jobs),
    (r"/jobs/(\d+)/artifacts", GitlabSim.artifacts),
    (r"/deployments", GitlabSim.deployments),
    (r"/protected_branches", GitlabSim.protected_branches),
    (r"/protected_environments", GitlabSim.protected_environments),
    (r"/deployments/(\d+)(/approval)?", GitlabSim.deployment),
)
