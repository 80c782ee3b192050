"""Sending one request as somebody: credential, gate, validators, log line and record.

What the server says about its limits closes the gate for everybody who asks with that credential.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.dialect import Dialect, Outgoing
from riskcockpit.connectors.endpoint import Endpoint
from riskcockpit.connectors.gates import TooLongError
from riskcockpit.connectors.pace import Pace
from riskcockpit.connectors.recording import Exchange
from riskcockpit.connectors.reply import Reply
from riskcockpit.connectors.session import Session
from riskcockpit.connectors.transport import Request, Transport, replaying
from riskcockpit.domain.clock import Clock
from riskcockpit.errors import ProtocolError, RateLimitedError, UnavailableError

log = logging.getLogger("riskcockpit.http")
_WORTH_TELLING = 1.0
"""Seconds; shorter waits are told to nobody."""


class Asker:
    """One credential at one origin. Threads may share it."""

    def __init__(
        self,
        transport: Transport,
        clock: Clock,
        credential: Credential | None,
        dialect: Dialect,
        session: Session,
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._credential = credential
        self._dialect = dialect
        self._session = session
        self._authorization = dialect.authorization(credential)
        self._renewing = threading.Lock()
        stand_in = replaying()
        self._gates = stand_in.gates if stand_in else session.gates
        base = stand_in.pace if stand_in else Pace(sleep=session.stop.wait)
        self.pace = replace(base, sleep=self._interruptible(base.sleep))
        """The time of this client; a sleep ends with CancelledError when the run is stopped."""

    @property
    def endpoint(self) -> Endpoint:
        """Who is asked."""
        return self._transport.endpoint

    def send(self, request: Request, deadline: float) -> Reply:
        """Send `request`, at the latest when the gate opens before `deadline`.

        After a 401 the credential's program is asked once more and the request sent again; a 401
        changed nothing, so that this holds for writes too.

        Raises:
            RateLimitedError: the gate opens too late; nothing was sent.
            CancelledError: the run was stopped; nothing was sent. Else as `Transport.exchange`.
        """
        credential = self._credential
        reply = self._pass(request, deadline)
        renew = credential.renew if credential else None
        if reply.status != 401 or renew is None:  # noqa: PLR2004 - unauthorised
            return reply
        with self._renewing:
            if self._credential is credential:  # no other thread was quicker
                self._credential = renew()
                self._authorization = self._dialect.authorization(self._credential)
        return self._pass(request, deadline)

    def checked(self, reply: Reply) -> Reply:
        """Return `reply` when it is a success; raises as `Reply.raise_for_status`."""
        whose = self._credential.source if self._credential else None
        return reply.raise_for_status(whose, self._clock.now())

    def asked_to_wait(self, reply: Reply) -> float | None:
        """Return for how many seconds the server asks us to wait; None: it does not say."""
        return reply.wait_seconds(self._clock.now())

    def tell(self, seconds: float, why: str = "for the limit of its requests") -> None:
        """Say that nothing happens for a while, and why."""
        if seconds >= _WORTH_TELLING:
            self._session.waiting(seconds, why)

    def close(self) -> None:
        """Give back the connections."""
        self._transport.close()

    def _pass(self, request: Request, deadline: float) -> Reply:
        self._session.check()
        gate = self._gates.gate(self.endpoint.origin, self._credential)
        limits = self._dialect.limits_of(request.kind)
        try:
            with gate.passing(request.kind, limits, self.pace, deadline, self.tell):
                reply = self._exchange(request, deadline)
        except TooLongError as error:
            raise RateLimitedError(
                f'source "{self._transport.source}": {self.endpoint.origin} is not to be asked'
                f" again before {error.seconds:.0f} s have passed",
                retry_after_seconds=error.seconds,
                hint=f"try again in {error.seconds:.0f} s",
            ) from None
        now = self._clock.now()
        if reply.is_rate_limited:
            gate.close_for(reply.wait_seconds(now) or 0.0, self.pace.monotonic())
        elif seconds := reply.used_up_seconds(now):
            gate.close_for(seconds, self.pace.monotonic(), request.kind)
        return reply

    def _exchange(self, request: Request, deadline: float) -> Reply:
        headers = {**self._dialect.headers, **request.headers, **self._authorization}
        validators = self._session.validators
        scope, conditions = "", {}
        if request.is_conditional:
            scope = self._session.fingerprint(self._credential, self._dialect.headers)
            conditions = validators.headers(request.url, scope)
            headers.update(conditions)
        started = self.pace.monotonic()
        reply, fault = Reply(0), ""
        try:
            sign = self._signature if self._dialect.sign else None
            reply = self._transport.exchange(request, headers, sign, deadline, self.pace)
            reply = self._dialect.heard(reply) if self._dialect.heard else reply
        except UnavailableError as error:
            fault = error.message
            raise
        else:
            self._session.answered()
        finally:
            milliseconds = round((self.pace.monotonic() - started) * 1000)
            self._log(request, reply, milliseconds)
            self._record(request, headers, reply, fault, milliseconds)
        if reply.is_unchanged and request.is_conditional and not conditions:
            raise ProtocolError(
                f'source "{self._transport.source}": {request.asked} answered 304 to a question'
                " without conditions",
                hint="look at the caches between the source and this computer",
            )
        if request.is_conditional and reply.status in (200, 304):
            validators.note(request.url, scope, reply.status, reply.headers)
        return reply

    def _signature(self, outgoing: Outgoing) -> Mapping[str, str]:
        if self._dialect.sign is None or self._credential is None:
            return {}
        return self._dialect.sign(outgoing, self._credential)

    def _log(self, request: Request, reply: Reply, milliseconds: int) -> None:
        headers = reply.headers
        log.info(
            "%s %d %d ms",
            request.asked,
            reply.status,
            milliseconds,
            extra={
                "method": request.method,
                "origin": self.endpoint.origin,
                "path": request.asked.partition(self.endpoint.origin)[2],
                "status": reply.status,
                "milliseconds": milliseconds,
                "request_id": headers.get("x-github-request-id") or headers.get("x-request-id", ""),
            },
        )

    def _record(
        self,
        request: Request,
        headers: Mapping[str, str],
        reply: Reply,
        fault: str,
        milliseconds: int,
    ) -> None:
        if self._session.recorder is None:
            return
        exchange = Exchange(
            source=self._transport.source,
            method=request.method,
            url=request.url,
            request_headers=headers,
            request_body=request.body or b"",
            status=reply.status,
            headers=reply.headers,
            body=reply.body,
            fault=fault,
            milliseconds=milliseconds,
        )
        self._session.recorder.record(exchange)

    def _interruptible(self, sleep: Callable[[float], object]) -> Callable[[float], object]:
        def nap(seconds: float) -> None:
            if seconds > 0:
                sleep(seconds)
            self._session.check()

        return nap
