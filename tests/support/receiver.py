"""Who is told: a receiver of signed webhooks that trusts nothing it cannot check."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from support.simulated import SimReply

TOLERANCE_SECONDS = 300


@dataclass
class Receiver:
    """Checks each message as the specification of such webhooks asks, and keeps what is good."""

    key: bytes
    now: Callable[[], datetime]
    base: str = ""
    slow_seconds: float = 1.0
    statuses: list[int] = field(default_factory=list)
    """Answers in place of 204, one a request."""
    manners: list[str] = field(default_factory=list)
    """How the socket behaves, one a request."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    """Of every request that was answered with a success, whatever its id."""
    accepted: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Id → message: a repetition is the same one."""
    refusals: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    requests: list[tuple[Mapping[str, str], bytes]] = field(default_factory=list)
    is_signed: bool = True

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes
    ) -> SimReply:
        """Answer one request."""
        self.targets.append(f"{method} {target}")
        self.requests.append((headers, content))
        manner = self.manners.pop(0) if self.manners else ""
        status = self.statuses.pop(0) if self.statuses else 204
        if self.is_signed and (fault := self.fault(headers, content)):
            self.refusals.append(fault)
            return SimReply(400, json.dumps({"message": fault}).encode())
        if status < 300:
            body = json.loads(content)
            self.bodies.append(body)
            self.accepted.setdefault(headers.get("webhook-id", str(len(self.bodies))), body)
        return SimReply(status, manner=manner) if manner else SimReply(status)

    def fault(self, headers: Mapping[str, str], content: bytes) -> str:
        """Return why a message is not to be trusted; empty when it is."""
        id_, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        age = self.now().timestamp() - int(at or 0)
        if abs(age) > TOLERANCE_SECONDS:
            return "too old or too new"
        signed = f"{id_}.{at}.".encode() + content
        wanted = base64.b64encode(hmac.new(self.key, signed, hashlib.sha256).digest()).decode()
        given = [one.removeprefix("v1,") for one in headers.get("webhook-signature", "").split()]
        return "" if wanted in given else "the signature does not fit"
