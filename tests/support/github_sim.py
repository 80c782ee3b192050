"""A GitHub on loopback: stateful, paged, rate-limited, and able to fail on command.

Every exchange is kept, so that a test can hold all of them to GitHub's published description.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from urllib.parse import urlencode

from support import github_contract
from support.github_replies import REFUSALS, error, limited
from support.github_routes import Call as GithubCall
from support.github_routes import route
from support.github_state import World
from support.simulated import Call, SimReply, Simulator


class GithubSim(Simulator):
    """One simulated GitHub. Besides the usual faults it knows limited, secondary,
    silent-secondary and expired-cursor, where nothing took effect, and cross-next and loop, where
    the next page leads elsewhere."""

    def __init__(
        self, world: World | None = None, *, base: str = "https://upstream.example"
    ) -> None:
        super().__init__(base=base)
        self.world = world or World()
        self.writes = self.world.writes
        self.remaining = 5000
        self.blob_base = ""
        """Where artefacts lie, another origin; empty: on this one."""

    def handle(self, call: Call) -> SimReply:
        """Answer by the state of the world."""
        return route(
            GithubCall(
                call.method, call.path, call.query, call.body, self.base, self.world,
                self.blob_base,
            )
        )  # fmt: skip

    def limit(self, call: Call) -> SimReply | None:
        """Refuse when the hour's requests are used up; the question for them is free."""
        return None if self.remaining > 0 or call.path == "/rate_limit" else limited()

    def error(
        self, status: int, message: str, headers: Mapping[str, str] | None = None
    ) -> SimReply:
        """Refuse as GitHub does."""
        return error(status, message, dict(headers or {}))

    def instead(self, kind: str) -> SimReply | None:
        """Know GitHub's own refusals besides."""
        return REFUSALS[kind]() if kind in REFUSALS else super().instead(kind)

    def spoil(self, kind: str, reply: SimReply, call: Call) -> None:
        """Spoil the next link besides, and count the request."""
        super().spoil(kind, reply, call)
        if kind == "cross-next":
            reply.headers["link"] = '<https://elsewhere.example/steal>; rel="next"'
        elif kind == "loop":
            asked = f"{self.base}{call.path}?{urlencode(call.query)}"
            reply.headers["link"] = f'<{asked}>; rel="next"'
        self._conditional(call, reply)

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

    def _conditional(self, call: Call, reply: SimReply) -> None:
        """Add an ETag that depends on the token, and count against the limit but for a 304."""
        if call.method == "GET" and reply.status == 200:
            token = call.headers.get("authorization", "").encode()
            seal = hashlib.sha256(token + reply.body).hexdigest()[:32]
            etag = f'W/"{seal}"'
            reply.headers |= {"etag": etag, "cache-control": "private, max-age=60"}
            if call.headers.get("if-none-match") == etag:
                reply.status, reply.body = 304, b""
                return
        if call.path != "/rate_limit":
            self.remaining -= 1
        reply.headers.setdefault("x-ratelimit-remaining", str(max(self.remaining, 0)))
        reply.headers.setdefault("x-ratelimit-limit", "5000")
