"""An AWS on loopback: stateful, paged, throttled, signed, and able to fail on command.

`answer` is the whole of it without a socket; `sim_server.serving` puts it behind one.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from riskcockpit.config.credentials import Credential
from support import aws_contract, aws_models, aws_routes
from support.aws_objects import ACCOUNT
from support.aws_signatures import Signed, examine
from support.aws_state import Region
from support.simulated import Call, SimReply, Simulator

OPERATIONS = aws_routes.OPERATIONS | aws_models.OPERATIONS
_TARGETED = {"config", "sagemaker"}
_CODES = {
    "throttled": ("ThrottlingException", "Rate exceeded", 400),
    "denied": ("AccessDeniedException", "User is not authorized to do this", 403),
    "unsubscribed": ("InvalidAccessException", "Account is not subscribed to Security Hub", 401),
    "expired-page": ("InvalidInputException", "The NextToken has expired", 400),
    "expired": ("ExpiredTokenException", "The security token included has expired", 403),
}


@dataclass(frozen=True)
class Exchange:
    """One request and what it was answered; no body when the answer was spoilt."""

    service: str
    operation: str
    region: str
    body: Any
    status: int
    reply: Any


class AwsSim:
    """One simulated account; its regions come to be when they are asked for."""

    def __init__(self, *, base: str = "https://upstream.example") -> None:
        self.base = base
        self.regions: dict[str, Region] = {}
        self.exchanges: list[Exchange] = []
        self.slow_seconds = 0.0
        self._common = Simulator(base=base)
        self.access_key = f"AKIA{secrets.token_hex(8).upper()}"
        self.secret = secrets.token_urlsafe(30)
        self._lock = threading.Lock()

    @property
    def credential(self) -> Credential:
        """The keys that are accepted."""
        return Credential(self.secret, "env UNDER_TEST", username=self.access_key)

    def region(self, name: str = "eu-central-1") -> Region:
        """Return a region."""
        return self.regions.setdefault(name, Region(name))

    def fail(self, kind: str, where: str = "", *, after: int = 0, times: int = 1) -> None:
        """Let the next requests whose operation matches fail."""
        self._common.fail(kind, where, after=after, times=times)

    def asked(self, operation: str) -> list[Exchange]:
        """Return the exchanges of an operation."""
        return [each for each in self.exchanges if each.operation == operation]

    def answer(
        self, method: str, target: str, headers: Mapping[str, str], content: bytes
    ) -> SimReply:
        """Answer one request; header names are in lower case."""
        with self._lock:
            parts = urlsplit(target)
            seen = examine(method, target, headers, content, self.secret)
            if seen is None or not seen.is_good or seen.access_key != self.access_key:
                return refusal("SignatureDoesNotMatch", "The signature does not match", 403)
            if seen.service == "sts":
                return _caller()
            return self._answer(method, parts.path, headers, content, seen)

    def _answer(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes, seen: Signed
    ) -> SimReply:
        target = headers.get("x-amz-target", "")
        assert bool(target) is (seen.service in _TARGETED)
        operation = aws_contract.operation_of(seen.service, method, path, target)
        body = json.loads(content)
        fault = next((one.kind for one in self._common.faults if one.is_due(operation)), "")
        reply = refusal(*_CODES[fault]) if fault in _CODES else self._common.instead(fault)
        reply = reply or self._handled(seen, operation, body)
        self._common.spoil(fault, reply, Call(method, path, {}, headers, body))
        shown = json.loads(reply.body) if not fault and reply.status == 200 else None
        self.exchanges.append(
            Exchange(seen.service, operation, seen.region, body, reply.status, shown)
        )
        return reply

    def _handled(self, seen: Signed, operation: str, body: Any) -> SimReply:
        region = self.region(seen.region)
        if seen.service in region.off:
            return refusal("AccessDeniedException", "not here", region.off[seen.service])
        call = aws_routes.Call(operation, body, region)
        try:
            made = OPERATIONS[seen.service, operation](call)
        except aws_routes.RefusedError as error:
            return refusal(error.code, error.message, error.status)
        return SimReply(200, json.dumps(made).encode())

    def check(self) -> None:
        """Hold every exchange to AWS's published models.

        Raises:
            AssertionError: we asked for, or the simulator answered, what AWS does not.
        """
        for each in self.exchanges:
            aws_contract.check(each.service, each.operation, each.body, each.reply)


def refusal(code: str, message: str, status: int) -> SimReply:
    """Refuse as AWS does."""
    body = {"__type": f"com.amazonaws.{code}#{code}", "message": message}
    return SimReply(status, json.dumps(body).encode(), {"x-amzn-errortype": f"{code}:http://x"})


def _caller() -> SimReply:
    arn = f"arn:aws:iam::{ACCOUNT}:user/cockpit"
    text = f"<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>{arn}</Arn>"
    return SimReply(200, f"{text}</GetCallerIdentityResult></GetCallerIdentityResponse>".encode())
