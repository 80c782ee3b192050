"""How the simulated GitHub refuses."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from support.simulated import SimReply


def error(status: int, message: str, headers: dict[str, str] | None = None) -> SimReply:
    """Refuse."""
    body = {"message": message, "documentation_url": "https://docs.example", "status": str(status)}
    return SimReply(status, json.dumps(body).encode(), dict(headers or {}))


def limited() -> SimReply:
    """Refuse because the hour's requests are used up."""
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(time.time()) + 30)}
    return error(403, "API rate limit exceeded for user ID 1.", headers)


_SECONDARY = "You have exceeded a secondary rate limit."
REFUSALS: dict[str, Callable[[], SimReply]] = {
    "limited": limited,
    "secondary": lambda: error(403, _SECONDARY, {"retry-after": "60"}),
    "silent-secondary": lambda: error(403, _SECONDARY),
    "expired-cursor": lambda: error(422, "The cursor is not valid any more"),
}
"""Faults of GitHub alone."""
