"""What all simulated upstream systems share: they keep their exchanges and fail on command.

`answer` is the whole of one without a socket; `sim_server.serving` puts it behind one.
"""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from riskcockpit.connectors.reply import Asked, Reply

_STORM = 0.2


@dataclass
class Fault:
    """Something that goes wrong with some requests."""

    kind: str
    """A status as `503`; or 429, html, drop: nothing took effect. Or slow, truncated, drop-after:
    it did. Systems know more of their own."""
    where: str = ""
    """Part of `METHOD path?query body` of the requests it hits."""
    after: int = 0
    """So many such requests are let through first."""
    times: int = 1

    def is_due(self, line: str) -> bool:
        """Whether it hits this request; counts it."""
        if self.where not in line or self.times <= 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


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


@dataclass(frozen=True)
class Call:
    """One request as a simulated system sees it."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any


def as_json(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> SimReply:
    """Answer with JSON."""
    return SimReply(status, json.dumps(value).encode(), dict(headers or {}))


def numbered_page(rows: list[Any], query: Mapping[str, str], size: int) -> tuple[list[Any], int]:
    """Return the page that `page` and `per_page` ask for, and the number of the next; 0: none."""
    size, number = int(query.get("per_page", size)), int(query.get("page", 1))
    page = rows[(number - 1) * size : number * size]
    return page, number + 1 if number * size < len(rows) else 0


class Simulator:
    """One simulated system. Threads may share it."""

    def __init__(self, *, base: str = "https://upstream.example") -> None:
        self.base = base
        self.exchanges: list[Exchange] = []
        self.faults: list[Fault] = []
        self.slow_seconds = 0.0
        self.keeps = True
        """Whether exchanges are kept; a measurement does without."""
        self.writes: list[tuple[str, str, Any]] = []
        """Every change that took effect: method, path, body."""
        self.busy_every = 0
        """Each so many-th request is refused for having asked too much; 0: none is."""
        self._count = 0
        self.lock = threading.Lock()

    def fail(self, kind: str, where: str = "", *, after: int = 0, times: int = 1) -> None:
        """Let the next requests that match fail."""
        self.faults.append(Fault(kind, where, after, times))

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes
    ) -> SimReply:
        """Answer one request; header names are in lower case."""
        with self.lock:
            parts = urlsplit(target)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            body = self.read_body(content, headers)
            line = f"{method} {target} {content.decode()}"
            fault = next((one.kind for one in self.faults if one.is_due(line)), "")
            call = Call(method, parts.path, query, headers, body)
            self._count += 1
            is_busy = self.busy_every and self._count % self.busy_every == 0
            busy = self.instead("429") if is_busy else None
            reply = busy or self.limit(call) or self.instead(fault) or self.handle(call)
            self.spoil(fault, reply, call)
            if self.keeps:
                shown = b"" if fault else reply.body
                self.exchanges.append(
                    Exchange(method, parts.path, query, dict(headers), body, reply.status, shown)
                )
            return reply

    def reply(self, asked: Asked) -> Reply:
        """Answer as a replayed source does (`connectors.http.replayed`)."""
        target = f"{asked.path}?{urlencode(asked.params)}" if asked.params else asked.path
        made = self.answer(asked.method, target, asked.headers, asked.body)
        if made.manner == "drop":
            raise ConnectionError
        is_cut = made.manner == "truncated"
        body = made.body[: len(made.body) // 2] if is_cut else made.body
        return Reply(made.status, body, made.headers)

    def stormy(self, asked: Asked, kinds: Sequence[str], chance: random.Random) -> Reply:
        """Answer as `reply`, but for one request in five, which meets one of the faults `kinds`."""
        if chance.random() < _STORM:
            self.fail(chance.choice(kinds))
        return self.reply(asked)

    def asked(self) -> list[str]:
        """Return the requests since the last question, and forget them."""
        seen = [f"{one.method} {one.path} {one.status}" for one in self.exchanges]
        self.exchanges.clear()
        return seen

    def read_body(self, content: bytes, headers: Mapping[str, str]) -> Any:  # noqa: ARG002 - as below
        """Return what was sent; None: nothing."""
        return json.loads(content) if content else None

    def handle(self, call: Call) -> SimReply:
        """Answer a request that nothing goes wrong with."""
        raise NotImplementedError

    def limit(self, call: Call) -> SimReply | None:  # noqa: ARG002 - for systems with limits
        """Return the refusal of a request beyond a limit; None: it is within."""
        return None

    def error(
        self, status: int, message: str, headers: Mapping[str, str] | None = None
    ) -> SimReply:
        """Refuse in the system's own form."""
        return as_json({"message": message}, status, headers)

    def instead(self, kind: str) -> SimReply | None:
        """Return the answer of a fault that keeps the request from being handled."""
        if kind == "429":
            return self.error(429, "Too many requests", {"retry-after": "1"})
        if kind.isdigit():
            return self.error(int(kind), "as commanded")
        if kind == "html":
            return SimReply(200, b"<!doctype html><title>Sign in</title>")
        return SimReply(0, manner="drop") if kind == "drop" else None

    def spoil(self, kind: str, reply: SimReply, call: Call) -> None:  # noqa: ARG002 - as above
        """Spoil the answer to a request that was handled."""
        if kind in ("slow", "truncated"):
            reply.manner = kind
        elif kind == "drop-after":
            reply.manner = "drop"
