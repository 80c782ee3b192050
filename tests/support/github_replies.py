"""How the simulated GitHub answers, and how it fails on command."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Fault:
    """Something that goes wrong with some requests."""

    kind: str
    """A status as `503`; or limited, 429, secondary, silent-secondary, html, expired-cursor, drop:
    nothing took effect. Or slow, truncated, drop-after, cross-next, loop: it did."""
    where: str = ""
    """Part of `METHOD path?query` of the requests it hits."""
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


def as_json(value: Any, status: int = 200) -> SimReply:
    """Answer with JSON."""
    return SimReply(status, json.dumps(value).encode())


def error(status: int, message: str, headers: dict[str, str] | None = None) -> SimReply:
    """Refuse."""
    body = {"message": message, "documentation_url": "https://docs.example", "status": str(status)}
    return SimReply(status, json.dumps(body).encode(), dict(headers or {}))


def limited() -> SimReply:
    """Refuse because the hour's requests are used up."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 30)}
    return error(403, "API rate limit exceeded for user ID 1.", headers)


_SECONDARY = "You have exceeded a secondary rate limit."


def instead(kind: str) -> SimReply | None:
    """Return the answer of a fault that keeps the request from being handled."""
    if kind.isdigit() and kind != "429":
        return error(int(kind), "as commanded")
    made: dict[str, Callable[[], SimReply]] = {
        "limited": limited,
        "429": lambda: error(429, "Too many requests", {"retry-after": "1"}),
        "secondary": lambda: error(403, _SECONDARY, {"retry-after": "60"}),
        "silent-secondary": lambda: error(403, _SECONDARY),
        "html": lambda: SimReply(200, b"<!doctype html><title>Sign in</title>"),
        "expired-cursor": lambda: error(422, "The cursor is not valid any more"),
        "drop": lambda: SimReply(0, manner="drop"),
    }
    return made[kind]() if kind in made else None


def spoil(kind: str, reply: SimReply, asked: str) -> None:
    """Spoil the answer to a request, for the address `asked`, that was handled."""
    if kind in ("slow", "truncated"):
        reply.manner = kind
    elif kind == "drop-after":
        reply.manner = "drop"
    elif kind == "cross-next":
        reply.headers["link"] = '<https://elsewhere.example/steal>; rel="next"'
    elif kind == "loop":
        reply.headers["link"] = f'<{asked}>; rel="next"'
