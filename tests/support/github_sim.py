"""A GitHub on loopback: stateful, paged, rate-limited, and able to fail on command.

`answer` is the whole of it without a socket; `serving` puts it behind one. Every exchange is kept,
so that a test can hold all of them to GitHub's published description.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from support import github_contract, github_objects
from support.github_state import Repo, World

_ALERT = re.compile(r"/repos/([^/]+/[^/]+)/([a-z-]+)/alerts/(\d+)")
_ALERTS = re.compile(r"/(?:orgs/([^/]+)|repos/([^/]+/[^/]+))/([a-z-]+)/alerts")
_REQUEST = re.compile(r"/repos/([^/]+/[^/]+)/dismissal-requests/([a-z-]+)/(\d+)")
_RUN = re.compile(r"/repos/([^/]+/[^/]+)/actions/runs/(\d+)(/[a-z_]+)?")
_RUNS = re.compile(r"/repos/([^/]+/[^/]+)/actions/runs")
_ZIP = re.compile(r"/repos/([^/]+/[^/]+)/actions/artifacts/(\d+)/zip")
_DEPLOYMENTS = re.compile(r"/repos/([^/]+/[^/]+)/deployments(?:/(\d+)/statuses)?")
_MOST_RUNS = 1000
_CLOSED = {"code-scanning": "dismissed", "dependabot": "dismissed", "secret-scanning": "resolved"}


@dataclass
class Fault:
    """Something that goes wrong with some requests."""

    kind: str
    """A status as `503`; or limited, secondary, silent-secondary, slow, truncated, html,
    expired-cursor, drop, drop-after, cross-next, loop."""
    where: str = ""
    """Part of `METHOD path?query` of the requests it hits."""
    after: int = 0
    """So many such requests are let through first."""
    times: int = 1


@dataclass
class SimReply:
    """An answer; `manner` is how the socket behaves."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    manner: str = ""


@dataclass(frozen=True)
class Exchange:
    """One request and what it was answered."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any
    status: int
    reply: bytes


class GithubSim:
    """One simulated GitHub."""

    def __init__(
        self, world: World | None = None, *, base: str = "https://upstream.example"
    ) -> None:
        self.world = world or World()
        self.base = base
        self.exchanges: list[Exchange] = []
        self.faults: list[Fault] = []
        self.remaining = 5000
        self.slow_seconds = 0.0
        self.blob_base = ""
        """Where artefacts lie, another origin; empty: on this one."""
        self.keeps = True
        """Whether exchanges are kept; a measurement does without."""
        self._lock = threading.Lock()

    def fail(self, kind: str, where: str = "", *, after: int = 0, times: int = 1) -> None:
        """Let the next requests that match fail."""
        self.faults.append(Fault(kind, where, after, times))

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes
    ) -> SimReply:
        """Answer one request; header names are in lower case."""
        with self._lock:
            parts = urlsplit(target)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            body = json.loads(content) if content else None
            fault = self._due(f"{method} {target}")
            reply = self._before(fault) or self._routed(method, parts.path, query, body)
            reply = self._after(fault, reply)
            self._conditional(method, parts.path, headers, reply)
            if self.keeps:
                shown = b"" if fault else reply.body
                self.exchanges.append(
                    Exchange(method, parts.path, query, dict(headers), body, reply.status, shown)
                )
            return reply

    def check(self) -> None:
        """Hold every exchange to GitHub's description.

        Raises:
            AssertionError: we asked for, or the simulator answered, what GitHub does not.
        """
        github_contract.need_description()
        for each in self.exchanges:
            if not github_contract.is_described(each.path):
                continue
            github_contract.check_request(each.method, each.path, each.query, each.body)
            if each.status != 304 and each.reply:
                reply = json.loads(each.reply)
                github_contract.check_reply(each.method, each.path, each.status, reply)

    # Faults ----------------------------------------------------------------------------------

    def _due(self, line: str) -> str:
        for fault in self.faults:
            if fault.where in line and fault.times > 0:
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                return fault.kind
        return ""

    def _before(self, fault: str) -> SimReply | None:
        match fault:
            case "":
                return None
            case "limited":
                reset = str(int(time.time()) + 30)
                headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}
                return _error(403, "API rate limit exceeded for user ID 1.", headers)
            case "429":
                return _error(429, "Too many requests", {"retry-after": "1"})
            case "secondary":
                words = "You have exceeded a secondary rate limit."
                return _error(403, words, {"retry-after": "60"})
            case "silent-secondary":
                return _error(403, "You have exceeded a secondary rate limit.")
            case "html":
                return SimReply(200, b"<!doctype html><title>Sign in</title>")
            case "expired-cursor":
                return _error(422, "The cursor is not valid any more")
            case "drop":
                return SimReply(0, manner="drop")
            case status if status.isdigit():
                return _error(int(status), "as commanded")
        return None

    def _after(self, fault: str, reply: SimReply) -> SimReply:
        match fault:
            case "drop-after":
                reply.manner = "drop"
            case "truncated":
                reply.manner = "truncated"
            case "slow":
                reply.manner = "slow"
            case "cross-next":
                reply.headers["link"] = '<https://elsewhere.example/steal>; rel="next"'
            case "loop":
                reply.headers["link"] = f'<{self.base}/again?page=1>; rel="next"'
        return reply

    def _conditional(
        self, method: str, path: str, headers: Mapping[str, str], reply: SimReply
    ) -> None:
        """Add an ETag that depends on the token, and count against the limit but for a 304."""
        if method == "GET" and reply.status == 200:
            token = headers.get("authorization", "").encode()
            seal = hashlib.sha256(token + reply.body).hexdigest()[:32]
            etag = f'W/"{seal}"'
            reply.headers |= {"etag": etag, "cache-control": "private, max-age=60"}
            if headers.get("if-none-match") == etag:
                reply.status, reply.body = 304, b""
                return
        if path != "/rate_limit":
            self.remaining -= 1
        reply.headers.setdefault("x-ratelimit-remaining", str(max(self.remaining, 0)))
        reply.headers.setdefault("x-ratelimit-limit", "5000")

    # Routes ----------------------------------------------------------------------------------

    def _routed(self, method: str, path: str, query: dict[str, str], body: Any) -> SimReply:
        if self.remaining <= 0 and path != "/rate_limit":
            return self._before("limited") or _error(403, "limited")
        routes: list[tuple[re.Pattern[str], Callable[..., SimReply]]] = [
            (_ALERT, self._alert),
            (_ALERTS, self._alerts),
            (_REQUEST, self._request),
            (_ZIP, self._zip),
            (_RUN, self._run),
            (_RUNS, self._runs),
            (_DEPLOYMENTS, self._deployments),
        ]
        for pattern, handle in routes:
            if match := pattern.fullmatch(path):
                repo = self.world.repos.get(match[1] or match[2] or "")
                if repo is None and not path.startswith("/orgs/"):
                    return _error(404, "Not Found")
                return handle(method, path, query, body, match, repo)
        if path == f"/orgs/{self.world.organization}/repos":
            rows = [github_objects.repository(name) for name in sorted(self.world.repos)]
            return self._numbered(path, query, rows)
        if path == "/user":
            extra = {"public_repos": 0, "public_gists": 0, "followers": 0, "following": 0,
                     "created_at": self.world.now(), "updated_at": self.world.now(), "name": None,
                     "company": None, "blog": None, "location": None, "email": None,
                     "hireable": None, "bio": None}  # fmt: skip
            return _json({**github_objects.user(), **extra})
        if path == "/rate_limit":
            rate = {"limit": 5000, "used": 0, "remaining": self.remaining, "reset": 1}
            return _json({"resources": {"core": rate, "search": rate}, "rate": rate})
        return _error(404, "Not Found")

    def _alerts(
        self, method: str, path: str, query: dict[str, str], _body: Any, match: re.Match[str],
        repo: Repo | None,
    ) -> SimReply:  # fmt: skip
        kind, off = match[3], self.world.org_off if match[1] else (repo.off if repo else {})
        if (
            method != "GET"
            or kind not in _CLOSED
            or match[1] not in (None, self.world.organization)
        ):
            return _error(404, "Not Found")
        if kind in off:
            return _error(off[kind], f"{kind} is not enabled")
        owner = match[1] or match[2]
        order = (query.get("sort", "created"), query.get("direction", "desc"))
        rows = self.world.listed(owner, kind, *order)
        size = int(query.get("per_page", 30))
        if kind == "dependabot" or "after" in query:
            return self._by_cursor(path, query, rows, size, is_down=order[1] == "desc")
        number = int(query.get("page", 1))
        page = [content for _, content in rows[(number - 1) * size : number * size]]
        reply = SimReply(200, b"[" + b",".join(page) + b"]")
        if number * size < len(rows):
            reply.headers["link"] = self._link(path, {**query, "page": str(number + 1)})
        return self._secret(kind, query, reply)

    def _by_cursor(
        self, path: str, query: dict[str, str], rows: list[Any], size: int, *, is_down: bool
    ) -> SimReply:
        start = 0
        if query.get("after"):
            try:
                place = tuple(json.loads(base64.urlsafe_b64decode(query["after"])))
            except ValueError:
                return _error(400, "invalid cursor")
            behind = (row for row in range(len(rows)) if (rows[row][0] < place) == is_down
                      and rows[row][0] != place)  # fmt: skip
            start = next(behind, len(rows))
        page = rows[start : start + size]
        reply = SimReply(200, b"[" + b",".join(content for _, content in page) + b"]")
        if start + size < len(rows):
            after = base64.urlsafe_b64encode(json.dumps(page[-1][0]).encode()).decode()
            reply.headers["link"] = self._link(path, {**query, "after": after})
        return self._secret("secret-scanning" if "secret-scanning" in path else "", query, reply)

    def _secret(self, kind: str, query: dict[str, str], reply: SimReply) -> SimReply:
        """Show the secrets, as GitHub does, unless they are to be hidden."""
        if kind == "secret-scanning" and query.get("hide_secret") != "true":
            shown = [{**alert, "secret": "tok" + "en-" + "z9" * 12}
                     for alert in json.loads(reply.body)]  # fmt: skip
            reply.body = json.dumps(shown).encode()
        return reply

    def _alert(
        self, method: str, path: str, query: dict[str, str], body: Any, match: re.Match[str],
        repo: Repo,
    ) -> SimReply:  # fmt: skip
        kind, number = match[2], int(match[3])
        alert = repo.alerts.get(kind, {}).get(number)
        if alert is None or kind in repo.off:
            return _error(repo.off.get(kind, 404), "Not Found")
        if method == "PATCH":
            refused = self._patch(repo, kind, number, alert, body)
            if refused is not None:
                return refused
            self.world.writes.append((method, path, body))
        shown = dict(alert)
        if kind == "secret-scanning" and query.get("hide_secret") == "true":
            shown.pop("secret")
        return _json(shown)

    def _patch(
        self, repo: Repo, kind: str, number: int, alert: dict[str, Any], body: Any
    ) -> SimReply | None:
        """Change an alert, or say why not; where dismissals are delegated, 200 and still open."""
        closed = _CLOSED[kind]
        reason = body.get("resolution" if kind == "secret-scanning" else "dismissed_reason")
        if body["state"] == closed and not reason:
            return _error(422, "a reason is required")
        if alert["state"] == body["state"]:
            return (
                _error(409, "The alert is in this state already") if kind == "dependabot" else None
            )
        if body["state"] == closed and repo.is_delegated:
            if kind == "secret-scanning":
                return _error(403, "Delegated alert dismissal is enabled")
            if not body.get("create_request"):
                return _error(400, "Dismissals of this repository need a request")
            repo.requests[kind, number] = "pending"
            return None
        changes: dict[str, Any] = {"dismissed_reason": None, "dismissed_comment": None}
        if kind == "secret-scanning":
            changes = {"resolution": None, "resolution_comment": None}
        changes |= {key: value for key, value in body.items() if key != "create_request"}
        self.world.set_state(repo.name, kind, number, **changes)
        return None

    def _request(
        self, method: str, path: str, _query: dict[str, str], body: Any, match: re.Match[str],
        repo: Repo,
    ) -> SimReply:  # fmt: skip
        key = (match[2], int(match[3]))
        if method == "POST":
            repo.requests[key] = "pending"
            self.world.writes.append((method, path, body))
            return _json({"id": 1}, 201)
        return (
            _json({"status": repo.requests[key]}) if key in repo.requests else _error(404, "None")
        )

    def _runs(
        self, _method: str, path: str, query: dict[str, str], _body: Any, _match: re.Match[str],
        repo: Repo,
    ) -> SimReply:  # fmt: skip
        if "actions" in repo.off:
            return _error(repo.off["actions"], "Resource not accessible")
        first, _, last = query.get("created", "..9999").partition("..")
        runs = [run for run in repo.runs.values() if first <= run["created_at"] <= last]
        runs.sort(key=lambda run: (run["created_at"], run["id"]), reverse=True)
        total, runs = len(runs), runs[:_MOST_RUNS]
        return self._numbered(path, query, runs, "workflow_runs", total)

    def _run(
        self, method: str, path: str, query: dict[str, str], body: Any, match: re.Match[str],
        repo: Repo,
    ) -> SimReply:  # fmt: skip
        number, what = int(match[2]), match[3]
        if number not in repo.runs:
            return _error(404, "Not Found")
        waiting = repo.pending.get(number, [])
        match what:
            case None:
                return _json(repo.runs[number])
            case "/artifacts":
                listed = repo.artifacts.get(number, [])
                return self._numbered(path, query, listed, "artifacts", len(listed))
            case "/approvals":
                return _json(repo.approvals.get(number, []))
            case "/pending_deployments" if method == "GET":
                return _json(waiting)
            case "/pending_deployments":
                return self._review(path, body, number, repo)
        return _error(404, "Not Found")

    def _review(self, path: str, body: Any, number: int, repo: Repo) -> SimReply:
        waiting = repo.pending.get(number, [])
        answered = [one for one in waiting if one["environment"]["id"] in body["environment_ids"]]
        if not answered:
            return _error(422, "No pending deployment requests to approve or reject")
        if not all(one["current_user_can_approve"] for one in answered):
            return _error(403, "You may not approve this")
        repo.pending[number] = [one for one in waiting if one not in answered]
        repo.approvals.setdefault(number, []).insert(
            0,
            {
                "environments": [one["environment"] for one in answered],
                "state": body["state"],
                "user": github_objects.user(),
                "comment": body["comment"],
            },
        )
        self.world.writes.append(("POST", path, body))
        return _json([])

    def _zip(
        self, _method: str, path: str, _query: dict[str, str], _body: Any, match: re.Match[str],
        repo: Repo,
    ) -> SimReply:  # fmt: skip
        content = repo.zips[int(match[2])]
        if self.blob_base:
            return SimReply(302, headers={"location": f"{self.blob_base}{path}?signature=x"})
        return SimReply(200, content)

    def _deployments(
        self, method: str, path: str, query: dict[str, str], body: Any, match: re.Match[str],
        repo: Repo,
    ) -> SimReply:  # fmt: skip
        if match[2]:
            return self._numbered(path, query, repo.statuses.get(int(match[2]), []))
        if method == "POST":
            number = max(repo.deployments, default=0) + 1
            made = self.world.deploy(
                repo.name, number, body["ref"], body["environment"], payload=body["payload"]
            )
            self.world.writes.append((method, path, body))
            return _json(made, 201)
        wanted = query.get("environment")
        rows = [one for one in repo.deployments.values() if wanted in (None, one["environment"])]
        rows.sort(key=lambda one: one["id"], reverse=True)
        return self._numbered(path, query, rows)

    def _numbered(
        self, path: str, query: dict[str, str], rows: list[Any], key: str = "", total: int = 0
    ) -> SimReply:
        size, number = int(query.get("per_page", 30)), int(query.get("page", 1))
        page = rows[(number - 1) * size : number * size]
        reply = _json({"total_count": total, key: page} if key else page)
        if number * size < len(rows):
            reply.headers["link"] = self._link(path, {**query, "page": str(number + 1)})
        return reply

    def _link(self, path: str, query: dict[str, str]) -> str:
        kept = {name: value for name, value in query.items() if name != "hide_secret"}
        target = f"{self.base}{path}?{urlencode(kept)}"
        return f'<{self.base}{path}?page=1>; rel="first", <{target}>; rel="next"'


def _json(value: Any, status: int = 200) -> SimReply:
    return SimReply(status, json.dumps(value).encode())


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> SimReply:
    body = {"message": message, "documentation_url": "https://docs.example", "status": str(status)}
    return SimReply(status, json.dumps(body).encode(), dict(headers or {}))


@contextmanager
def serving(sim: GithubSim, latency_seconds: float = 0.0) -> Iterator[str]:
    """Serve `sim` on a free port of this computer and yield its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30
        disable_nagle_algorithm = True

        def reply(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            names = {name.lower(): value for name, value in self.headers.items()}
            made = sim.answer(self.command, self.path, names, content)
            if latency_seconds:
                time.sleep(latency_seconds)
            if made.manner == "slow":
                time.sleep(sim.slow_seconds)
            if made.manner == "drop":
                self.close_connection = True
                return
            self.send_response(made.status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(made.body)))
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.end_headers()
            is_cut = made.manner == "truncated"
            self.wfile.write(made.body[: len(made.body) // 2] if is_cut else made.body)
            self.close_connection = self.close_connection or is_cut

        do_GET = do_POST = do_PATCH = reply

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True)
    thread.start()
    before, sim.base = sim.base, f"http://127.0.0.1:{server.server_port}"
    try:
        yield sim.base
    finally:
        sim.base = before
        server.shutdown()
        server.server_close()
        thread.join()
