"""The one module that imports the HTTP library: one exchange of bytes, and its faults translated.

What to ask, how often and with which credential is decided in `connectors.http`.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from riskcockpit.connectors.dialect import Outgoing
from riskcockpit.connectors.endpoint import Endpoint
from riskcockpit.connectors.gates import Gates
from riskcockpit.connectors.pace import Limits, Pace
from riskcockpit.connectors.reply import Asked, NotSentError, Reply
from riskcockpit.connectors.tls import Tls, trust
from riskcockpit.connectors.unpacking import ACCEPTED, BadEncodingError, Unpacker
from riskcockpit.domain.redaction import without_secrets
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ProtocolError, SourceError, UnavailableError

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_QUOTE = 80
"""Characters of foreign text in a message."""
Sign = Callable[[Outgoing], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, without who asks."""

    method: str
    url: str
    """With its query."""
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    kind: str = "read"
    """Endpoint class, for the limits."""
    is_conditional: bool = False

    @property
    def asked(self) -> str:
        """Method and URL without its query and what looks like a secret, for messages and logs."""
        return f"{self.method} {without_secrets(self.url.partition('?')[0])}"


@dataclass(frozen=True, slots=True)
class Replay:
    """What stands in for the network in tests."""

    handler: Callable[[Asked], Reply]
    pace: Pace
    gates: Gates = field(default_factory=Gates)


_replay: Replay | None = None


def replaying() -> Replay | None:
    """Return what stands in for the network now; None: nothing does."""
    return _replay


@contextmanager
def replayed(handler: Callable[[Asked], Reply], pace: Pace | None = None) -> Iterator[None]:
    """Let `handler` answer in place of the network for every client opened meanwhile.

    For tests. `handler` may raise TimeoutError or ConnectionError, which then look like those of
    the network. Without a `pace` nobody waits: sleeping moves the clock of the client on.
    """
    global _replay  # noqa: PLW0603 - clients are opened in worker threads, deep in connectors
    before = _replay
    _replay = Replay(handler, pace or _skipping())
    try:
        yield
    finally:
        _replay = before


def _skipping() -> Pace:
    skipped = [0.0]

    def sleep(seconds: float) -> None:
        skipped[0] += seconds

    return Pace(monotonic=lambda: time.monotonic() + skipped[0], sleep=sleep)


class Transport:
    """The connections of one source to its one origin. Threads may share it."""

    def __init__(self, source: str, endpoint: Endpoint, limits: Limits, tls: Tls) -> None:
        self.source = source
        self.endpoint = endpoint
        self._limits = limits
        self._tls = tls
        self._http: httpx.Client | None = None
        self._opening = threading.Lock()

    def exchange(
        self,
        request: Request,
        headers: Mapping[str, str],
        sign: Sign | None,
        deadline: float,
        pace: Pace,
    ) -> Reply:
        """Send `request` once and return the whole answer, whatever its status.

        Raises:
            NotSentError: no connection. UnavailableError: no whole answer in time.
            ProtocolError: no HTTP, or too much of it. SourceError: not to be trusted.
            ConfigError: the certificates of the settings cannot be used.
        """
        label = f'source "{self.source}": {request.asked}'
        try:
            client = self._open()
            built = client.build_request(
                request.method, request.url, content=request.body, headers=dict(headers)
            )
            if sign is not None:
                outgoing = Outgoing(
                    request.method, str(built.url), dict(built.headers), request.body or b""
                )
                built.headers.update(dict(sign(outgoing)))
            response = client.send(built, stream=True)
            try:
                body = self._body(response, label, deadline, pace)
            finally:
                response.close()
            names = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status_code, body, names, self.source, request.asked)
        except _NOT_SENT as error:
            raise self._unreachable(error) from error
        except httpx.TimeoutException as error:
            raise UnavailableError(
                f"{label} gave no answer within {self._limits.read_seconds:g} s",
                hint="look at the source, then sync again",
            ) from error
        except BadEncodingError as error:
            raise ProtocolError(f"{label} {error}") from error
        except (httpx.TransportError, httpx.StreamError) as error:
            raise UnavailableError(
                f"{label} broke off: {type(error).__name__}",
                hint="look at the source, then sync again",
            ) from error
        except httpx.InvalidURL as error:
            raise ProtocolError(f"{label} is not a URL") from error

    def close(self) -> None:
        """Give back the connections."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _body(self, response: httpx.Response, label: str, deadline: float, pace: Pace) -> bytes:
        parts: list[bytes] = []
        size = 0
        unpacker = Unpacker(response.headers.get("content-encoding", ""))
        for raw in response.iter_raw():
            part = unpacker.feed(raw, self._limits.max_bytes - size)
            parts.append(part)
            size += len(part)
            if size > self._limits.max_bytes:
                raise ProtocolError(f"{label} answered more than {self._limits.max_bytes} bytes")
            if pace.monotonic() > deadline:
                raise UnavailableError(
                    f"{label} did not end within {self._limits.budget_seconds:g} s"
                )
        if size:
            unpacker.end()
        return b"".join(parts)

    def _unreachable(self, error: httpx.TransportError) -> SourceError | NotSentError:
        through = _proxy_for(self.endpoint)
        way = f" through the proxy {through}" if through else ""
        message = f'source "{self.source}": cannot reach {self.endpoint.origin}{way}'
        for cause in _causes(error):
            if isinstance(cause, ssl.SSLCertVerificationError):
                return SourceError(
                    f"{message}: its certificate is not trusted: {cause.verify_message}",
                    hint="add the issuing CA to this computer, or name it under tls.ca",
                )
        hint = f"check the {'proxy and the network' if through else 'url and the network'}"
        return NotSentError(f"{message}: {_why_not(error)}", hint=hint)

    def _open(self) -> httpx.Client:
        with self._opening:
            return self._opened()

    def _opened(self) -> httpx.Client:
        if self._http is None:
            for name in ("httpx", "httpcore"):  # they would log whole URLs; ours say enough
                logging.getLogger(name).setLevel(logging.WARNING)
            limits = self._limits
            self._http = httpx.Client(
                verify=trust(self._tls, self.source),
                timeout=httpx.Timeout(
                    connect=limits.connect_seconds,
                    read=limits.read_seconds,
                    write=limits.write_seconds,
                    pool=limits.pool_seconds,
                ),
                limits=httpx.Limits(
                    max_connections=10, max_keepalive_connections=5, keepalive_expiry=30
                ),
                follow_redirects=False,
                headers={
                    "User-Agent": "riskcockpit",
                    "Accept": "application/json",
                    "Accept-Encoding": ACCEPTED,
                },
                # A loopback request must not go through a proxy; a transport of our own would
                # turn the proxies of the environment off.
                trust_env=not self.endpoint.is_loopback,
                transport=_stand_in(),
            )
        return self._http


def _why_not(error: httpx.TransportError) -> str:
    """Return in words why there is no connection."""
    if isinstance(error, httpx.TimeoutException):
        return "no answer"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy says {clean_line(str(error))[:_QUOTE]}"
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return "the name of the host is not known"
        if isinstance(cause, ConnectionRefusedError):
            return "the connection was refused"
    return "no connection"


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _proxy_for(endpoint: Endpoint) -> str:
    """Return host and port of the proxy of the environment for an origin; empty: none is asked."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 - slow, for faults only

    if endpoint.is_loopback or proxy_bypass(endpoint.host):
        return ""
    known = getproxies()
    proxy = known.get(endpoint.scheme) or known.get("all") or ""
    return clean_line(proxy.rpartition("://")[2].rpartition("@")[2].rstrip("/"))[:_QUOTE]


def _stand_in() -> httpx.BaseTransport | None:
    if _replay is None:
        return None
    handler = _replay.handler

    def answer(request: httpx.Request) -> httpx.Response:
        asked = Asked(
            request.method,
            request.url.path,
            dict(request.url.params),
            {name.lower(): value for name, value in request.headers.items()},
            request.read(),
            request.url.host,
        )
        try:
            reply = handler(asked)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        except ConnectionError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        stream = httpx.ByteStream(reply.body)
        return httpx.Response(reply.status, headers=dict(reply.headers), stream=stream)

    return httpx.MockTransport(answer)
