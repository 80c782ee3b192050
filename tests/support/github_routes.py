"""What the simulated GitHub answers to each call."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from support import github_objects
from support.github_replies import error
from support.github_state import Repo, World
from support.simulated import SimReply, as_json, numbered_page

_MOST_RUNS = 1000
_CLOSED = {"code-scanning": "dismissed", "dependabot": "dismissed", "secret-scanning": "resolved"}


@dataclass(frozen=True)
class Call:
    """One request as the routes see it."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    base: str
    """Where links lead to."""
    world: World
    blob_base: str = ""

    def link(self, **changes: str) -> dict[str, str]:
        """Return the header that leads to another page; as GitHub's, it need not keep all."""
        kept = {name: text for name, text in {**self.query, **changes}.items()
                if name != "hide_secret"}  # fmt: skip
        first, target = f"{self.base}{self.path}?page=1", f"{self.base}{self.path}"
        return {"link": f'<{first}>; rel="first", <{target}?{urlencode(kept)}>; rel="next"'}

    def wrote(self) -> None:
        """Note that a change took effect."""
        self.world.writes.append((self.method, self.path, self.body))


def route(call: Call) -> SimReply:
    """Answer a call."""
    for pattern, handle in _ROUTES:
        if match := re.fullmatch(pattern, call.path):
            repo = call.world.repos.get(match["repo"])
            return handle(call, match, repo) if repo else error(404, "Not Found")
    match = re.fullmatch(r"/orgs/([^/]+)/([a-z-]+)(/alerts)?", call.path)
    if match and match[1] == call.world.organization:
        if match[3]:
            return _alert_list(call, match[2], match[1], call.world.org_off)
        if match[2] == "repos":
            names = sorted(call.world.repos)
            return numbered(call, [github_objects.repository(name) for name in names])
    if call.path == "/user":
        return as_json(github_objects.whole_user(call.world.now()))
    if call.path == "/rate_limit":
        rate = {"limit": 5000, "used": 0, "remaining": 5000, "reset": 1}
        return as_json({"resources": {"core": rate, "search": rate}, "rate": rate})
    return error(404, "Not Found")


def numbered(call: Call, rows: list[Any], key: str = "", total: int = 0) -> SimReply:
    """Answer with a page by its number."""
    page, headers = _page(call, rows)
    reply = as_json({"total_count": total, key: page} if key else page)
    reply.headers |= headers
    return reply


def _page(call: Call, rows: list[Any]) -> tuple[list[Any], dict[str, str]]:
    page, following = numbered_page(rows, call.query, 30)
    return page, call.link(page=str(following)) if following else {}


def _after(call: Call, rows: list[Any], *, is_down: bool) -> tuple[list[Any], dict[str, str]]:
    """Return the page behind a cursor, which names the place of the last row before it.

    Raises:
        ValueError: it is no cursor.
    """
    size, low = int(call.query.get("per_page", 30)), 0
    if call.query.get("after"):
        place = tuple(json.loads(base64.urlsafe_b64decode(call.query["after"])))
        high = len(rows)
        while low < high:
            middle = (low + high) // 2
            here = tuple(rows[middle][0])
            if here == place or (here > place) is is_down:
                low = middle + 1
            else:
                high = middle
    page = rows[low : low + size]
    if low + size >= len(rows):
        return page, {}
    after = base64.urlsafe_b64encode(json.dumps(page[-1][0]).encode()).decode()
    return page, call.link(after=after)


def _alert_list(call: Call, kind: str, owner: str, off: dict[str, int]) -> SimReply:
    if call.method != "GET" or kind not in _CLOSED:
        return error(404, "Not Found")
    if kind in off:
        return error(off[kind], f"{kind} is not enabled")
    sort, direction = call.query.get("sort", "created"), call.query.get("direction", "desc")
    rows = call.world.listed(owner, kind, sort, direction)
    try:
        if kind == "dependabot" or "after" in call.query:
            page, headers = _after(call, rows, is_down=direction == "desc")
        else:
            page, headers = _page(call, rows)
    except ValueError:
        return error(400, "invalid cursor")
    reply = SimReply(200, b"[" + b",".join(row for _, row in page) + b"]", headers)
    if kind == "secret-scanning" and call.query.get("hide_secret") != "true":
        secret = github_objects.secret()
        shown = [{**alert, "secret": secret} for alert in json.loads(reply.body)]
        reply.body = json.dumps(shown).encode()
    return reply


def _alerts(call: Call, match: re.Match[str], repo: Repo) -> SimReply:
    return _alert_list(call, match["kind"], repo.name, repo.off)


def _alert(call: Call, match: re.Match[str], repo: Repo) -> SimReply:
    kind, number = match["kind"], int(match["number"])
    alert = repo.alerts.get(kind, {}).get(number)
    if alert is None or kind in repo.off:
        return error(repo.off.get(kind, 404), "Not Found")
    if call.method == "PATCH":
        refused = _patch(call, repo, kind, number)
        if refused is not None:
            return refused
        call.wrote()
    is_hidden = kind == "secret-scanning" and call.query.get("hide_secret") == "true"
    return as_json({k: v for k, v in alert.items() if not (is_hidden and k == "secret")})


def _patch(call: Call, repo: Repo, kind: str, number: int) -> SimReply | None:
    """Change an alert, or say why not; where dismissals are delegated, 200 and still open."""
    alert, body = repo.alerts[kind][number], call.body
    member = "resolution" if kind == "secret-scanning" else "dismissed_reason"
    is_closing = body["state"] == _CLOSED[kind]
    if is_closing and not body.get(member):
        return error(422, "a reason is required")
    if alert["state"] == body["state"]:
        return error(409, "It is in this state already") if kind == "dependabot" else None
    if is_closing and repo.is_delegated:
        return _delegated(body, repo, kind, number)
    changes: dict[str, Any] = {member: None, member.replace("reason", "comment"): None}
    if kind == "secret-scanning":
        changes = {"resolution": None}  # its comment cannot be taken away any more
    changes |= {key: value for key, value in body.items() if key != "create_request"}
    call.world.set_state(repo.name, kind, number, **changes)
    return None


def _delegated(body: Any, repo: Repo, kind: str, number: int) -> SimReply | None:
    if kind == "secret-scanning":
        return error(403, "Delegated alert dismissal is enabled")
    if not body.get("create_request"):
        return error(400, "Dismissals of this repository need a request")
    repo.requests[kind, number] = "pending"
    return None


def _request(call: Call, match: re.Match[str], repo: Repo) -> SimReply:
    key = (match["kind"], int(match["number"]))
    if call.method == "POST":
        repo.requests[key] = "pending"
        call.wrote()
        return as_json({"id": 1}, 201)
    return as_json({"status": repo.requests[key]}) if key in repo.requests else error(404, "None")


def _runs(call: Call, _match: re.Match[str], repo: Repo) -> SimReply:
    if "actions" in repo.off:
        return error(repo.off["actions"], "Resource not accessible")
    first, _, last = call.query.get("created", "..9999").partition("..")
    runs = [run for run in repo.runs.values() if first <= run["created_at"] <= last]
    runs.sort(key=lambda run: (run["created_at"], run["id"]), reverse=True)
    return numbered(call, runs[:_MOST_RUNS], "workflow_runs", len(runs))


def _run(call: Call, match: re.Match[str], repo: Repo) -> SimReply:
    number, what = int(match["number"]), match["what"] or ""
    if number not in repo.runs:
        return error(404, "Not Found")
    if what == "/artifacts":
        listed = repo.artifacts.get(number, [])
        return numbered(call, listed, "artifacts", len(listed))
    if what == "/pending_deployments" and call.method == "POST":
        return _review(call, number, repo)
    known = {
        "": repo.runs[number],
        "/approvals": repo.approvals.get(number, []),
        "/pending_deployments": repo.pending.get(number, []),
    }
    return as_json(known[what]) if what in known else error(404, "Not Found")


def _review(call: Call, number: int, repo: Repo) -> SimReply:
    ids, waiting = call.body["environment_ids"], repo.pending.get(number, [])
    answered = [one for one in waiting if one["environment"]["id"] in ids]
    if not answered:
        return error(422, "No pending deployment requests to approve or reject")
    if not all(one["current_user_can_approve"] for one in answered):
        return error(403, "You may not approve this")
    repo.pending[number] = [one for one in waiting if one not in answered]
    review = {
        "environments": [one["environment"] for one in answered],
        "state": call.body["state"],
        "user": github_objects.user(),
        "comment": call.body["comment"],
    }
    repo.approvals.setdefault(number, []).insert(0, review)
    call.wrote()
    return as_json([])


def _zip(call: Call, match: re.Match[str], repo: Repo) -> SimReply:
    if call.blob_base:
        return SimReply(302, headers={"location": f"{call.blob_base}/blob?signature=x"})
    return SimReply(200, repo.zips[int(match["number"])])


def _deployments(call: Call, _match: re.Match[str], repo: Repo) -> SimReply:
    if call.method == "POST":
        number = max(repo.deployments, default=0) + 1
        made = call.world.deploy(repo.name, number, call.body["ref"], call.body["environment"])
        made["payload"] = call.body["payload"]
        call.wrote()
        return as_json(made, 201)
    wanted = call.query.get("environment")
    rows = [one for one in repo.deployments.values() if wanted in (None, one["environment"])]
    rows.sort(key=lambda one: int(one["id"]), reverse=True)
    return numbered(call, rows)


def _statuses(call: Call, match: re.Match[str], repo: Repo) -> SimReply:
    return numbered(call, repo.statuses.get(int(match["number"]), []))


def _whole(_call: Call, _match: re.Match[str], repo: Repo) -> SimReply:
    return as_json({**github_objects.repository(repo.name), "default_branch": "main"})


def _protection(_call: Call, _match: re.Match[str], repo: Repo) -> SimReply:
    if "protection" in repo.off:
        return error(repo.off["protection"], "Not Found")
    if repo.protection is None:
        return error(404, "Branch not protected")
    return as_json(repo.protection)


def _rules(call: Call, _match: re.Match[str], repo: Repo) -> SimReply:
    return numbered(call, repo.rules)


def _environments(call: Call, _match: re.Match[str], repo: Repo) -> SimReply:
    if "environments" in repo.off:
        return error(repo.off["environments"], "Resource not accessible")
    return numbered(call, repo.environments, "environments", len(repo.environments))


_REPO = r"/repos/(?P<repo>[^/]+/[^/]+)"
_ROUTES: tuple[tuple[str, Callable[[Call, re.Match[str], Repo], SimReply]], ...] = (
    (_REPO + r"/(?P<kind>[a-z-]+)/alerts/(?P<number>\d+)", _alert),
    (_REPO + r"/(?P<kind>[a-z-]+)/alerts", _alerts),
    (_REPO + r"/dismissal-requests/(?P<kind>[a-z-]+)/(?P<number>\d+)", _request),
    (_REPO + r"/actions/artifacts/(?P<number>\d+)/zip", _zip),
    (_REPO + r"/actions/runs/(?P<number>\d+)(?P<what>/[a-z_]+)?", _run),
    (_REPO + r"/actions/runs", _runs),
    (_REPO + r"/deployments/(?P<number>\d+)/statuses", _statuses),
    (_REPO + r"/deployments", _deployments),
    (_REPO, _whole),
    (_REPO + r"/branches/main/protection", _protection),
    (_REPO + r"/rules/branches/main", _rules),
    (_REPO + r"/environments", _environments),
)
