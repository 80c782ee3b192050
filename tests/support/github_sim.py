"""A GitHub on loopback: stateful, paged, rate-limited, and able to fail on command.

`answer` is the whole of it without a socket; `serving` puts it behind one. Every exchange is kept,
so that a test can hold all of them to GitHub's published description.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from support import github_contract
from support.github_replies import Fault, SimReply, instead, limited, spoil
from support.github_routes import Call, route
from support.github_state import World


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
            line = f"{method} {target}"
            fault = next((one.kind for one in self.faults if one.is_due(line)), "")
            call = Call(method, parts.path, query, body, self.base, self.world, self.blob_base)
            is_free = parts.path == "/rate_limit"
            used_up = None if self.remaining > 0 or is_free else limited()
            reply = used_up or instead(fault) or route(call)
            spoil(fault, reply, f"{self.base}{target}")
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
