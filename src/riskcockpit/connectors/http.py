"""The one module that speaks HTTP: origins, time limits, retries of reads, translated errors.

Reads are repeated when that can help; writes never are. Redirects are followed by hand and stay
on the configured origin, so that no credential leaves it. Nothing here knows any upstream system.
"""

from __future__ import annotations

import base64
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeVar

import httpx
import msgspec
import truststore

from riskcockpit.config.credentials import Credential, remember
from riskcockpit.connectors.endpoint import Endpoint, parse_endpoint
from riskcockpit.connectors.pace import Limits, Pace
from riskcockpit.connectors.reply import Asked, NotSentError, Reply
from riskcockpit.connectors.unpacking import ACCEPTED, BadEncodingError, Unpacker
from riskcockpit.domain.clock import Clock
from riskcockpit.errors import ConfigError, ProtocolError, SourceError, UnavailableError

T = TypeVar("T")
Params = Mapping[str, str | int]

log = logging.getLogger("riskcockpit.http")
MAX_REDIRECTS = 5
_RETRIED = frozenset({429, 502, 503, 504})
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    content_type: str = ""
    is_write: bool = False
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent beside our own, also after a redirect: it stays on the origin."""

    @property
    def asked(self) -> str:
        """Method and URL without its query, for messages and logs."""
        return f"{self.method} {self.url.partition('?')[0]}"


_replay: tuple[Callable[[Asked], Reply], Pace] | None = None


@contextmanager
def replayed(handler: Callable[[Asked], Reply], pace: Pace | None = None) -> Iterator[None]:
    """Let `handler` answer in place of the network for every client opened meanwhile.

    For tests. `handler` may raise TimeoutError or ConnectionError, which then look like those of
    the network. Without a `pace` nobody waits between attempts.
    """
    global _replay  # noqa: PLW0603 - clients are opened in worker threads, deep in connectors
    before = _replay
    _replay = (handler, pace or Pace(sleep=lambda _seconds: None))
    try:
        yield
    finally:
        _replay = before


class HttpClient:
    """The requests of one source to its one origin. Threads may share it; close it at the end."""

    def __init__(
        self,
        source: str,
        url: str,
        clock: Clock,
        credential: Credential | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        """Check `url` and remember the rest; connects at the first request.

        Raises:
            ConfigError: `url` cannot be used, or the credential cannot stand in a header.
        """
        self.endpoint: Endpoint = parse_endpoint(url, source)
        self._source = source
        self._clock = clock
        self._credential = credential
        self._limits = limits
        self._pace = _replay[1] if _replay else Pace()
        self._headers = _authorization(credential)
        self._http: httpx.Client | None = None

    def get(
        self, path: str, params: Params | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Read `path` under the endpoint; repeats what may work later, follows redirects.

        With `If-None-Match` among `headers` the reply may be a 304 without a body.

        Raises:
            RetryableError: no answer, or one that asks to wait, with all attempts used up.
            SourceError: the source refused, or answered nonsense.
        """
        url = self.endpoint.url(path)
        return self._read(_Request("GET", url, _texts(params), headers=headers or {}))

    def get_json(self, path: str, type_: type[T], params: Params | None = None) -> T:
        """Read `path` as JSON of `type_`; raises as `get`."""
        return self.get(path, params).decode(type_)

    def get_link(self, link: str, headers: Mapping[str, str] | None = None) -> Reply:
        """Read a link the source gave (`rel=next` …), on this origin only; raises as `get`."""
        url = self.endpoint.follow(self.endpoint.url("/"), link)
        return self._read(_Request("GET", url, headers=headers or {}))

    def query_json(self, path: str, type_: type[T], form: Params) -> T:
        """Read by POST of a form, for questions too long for a URL; raises as `get`."""
        body = str(httpx.QueryParams(_texts(form))).encode()
        kind = "application/x-www-form-urlencoded"
        request = _Request("POST", self.endpoint.url(path), body=body, content_type=kind)
        return self._read(request).decode(type_)

    def write(self, method: str, path: str, body: Mapping[str, Any] | None) -> Reply:
        """Change something upstream, once: no retry, no redirect.

        Raises:
            NotSentError: nothing was sent.
            UnavailableError: it was sent and nobody knows what came of it; read the state back.
            RateLimitedError, SourceError: the source refused.
        """
        request = _Request(
            method,
            self.endpoint.url(path),
            body=None if body is None else msgspec.json.encode(body),
            content_type="" if body is None else "application/json",
            is_write=True,
        )
        deadline = self._pace.monotonic() + self._limits.budget_seconds
        return self._checked(self._authenticated(request, deadline))

    def close(self) -> None:
        """Give back the connections."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _read(self, request: _Request) -> Reply:
        deadline = self._pace.monotonic() + self._limits.budget_seconds
        attempt = 0
        while True:
            attempt += 1
            fault: UnavailableError | None = None
            reply: Reply | None = None
            try:
                reply = self._followed(request, deadline)
            except UnavailableError as error:
                fault = error
            if reply is not None and reply.status not in _RETRIED:
                return reply if _is_unchanged(request, reply) else self._checked(reply)
            asked = reply.wait_seconds(self._clock.now()) if reply else None
            pause = self._pace.pause(attempt, asked)
            if attempt >= self._limits.attempts or self._pace.monotonic() + pause >= deadline:
                if fault is not None:
                    raise fault
                if reply is not None:
                    return self._checked(reply)
            self._pace.sleep(pause)

    def _followed(self, request: _Request, deadline: float) -> Reply:
        """Send a read and follow its redirects, at most five, all on this origin."""
        for _ in range(MAX_REDIRECTS + 1):
            reply = self._authenticated(request, deadline)
            location = reply.headers.get("location", "")
            if request.method != "GET" or not location or not 300 <= reply.status < 400:  # noqa: PLR2004 - HTTP
                return reply
            url = self.endpoint.follow(request.url, location)
            request = _Request("GET", url, headers=request.headers)
        raise ProtocolError(
            f'source "{self._source}": {request.asked} redirects more than {MAX_REDIRECTS} times'
        )

    def _authenticated(self, request: _Request, deadline: float) -> Reply:
        """Send; after a 401 ask the credential's program once more and send again.

        A 401 changed nothing, so that this holds for writes too.
        """
        reply = self._send(request, deadline)
        renew = self._credential.renew if self._credential else None
        if reply.status != 401 or renew is None:  # noqa: PLR2004 - unauthorised
            return reply
        self._credential = renew()
        self._headers = _authorization(self._credential)
        return self._send(request, deadline)

    def _send(self, request: _Request, deadline: float) -> Reply:
        started = self._pace.monotonic()
        status = 0
        try:
            reply = self._exchange(request, deadline)
            status = reply.status
            return reply
        finally:
            milliseconds = (self._pace.monotonic() - started) * 1000
            path = request.asked.partition(self.endpoint.origin)[2]
            log.info(
                "%s %d %.0f ms",
                request.asked,
                status,
                milliseconds,
                extra={
                    "method": request.method,
                    "origin": self.endpoint.origin,
                    "path": path,
                    "status": status,
                    "milliseconds": round(milliseconds),
                },
            )

    def _exchange(self, request: _Request, deadline: float) -> Reply:
        """Make one exchange; the one place that translates the errors of the library."""
        headers = {**request.headers, **self._headers}
        if request.content_type:
            headers["Content-Type"] = request.content_type
        label = f'source "{self._source}"'
        try:
            with self._open().stream(
                request.method,
                request.url,
                params=request.params or None,
                content=request.body,
                headers=headers,
            ) as response:
                body = self._body(response, request, deadline)
                names = {name.lower(): value for name, value in response.headers.items()}
                return Reply(response.status_code, body, names, self._source, request.asked)
        except _NOT_SENT as error:
            raise self._unreachable(error) from error
        except httpx.TimeoutException as error:
            raise UnavailableError(
                f"{label}: {request.asked} gave no answer within {self._limits.read_seconds:g} s",
                hint="look at the source, then sync again",
            ) from error
        except BadEncodingError as error:
            raise ProtocolError(f"{label}: {request.asked} {error}") from error
        except (httpx.TransportError, httpx.StreamError) as error:
            raise UnavailableError(
                f"{label}: {request.asked} broke off: {type(error).__name__}",
                hint="look at the source, then sync again",
            ) from error
        except httpx.InvalidURL as error:
            raise ProtocolError(f"{label}: {request.asked} is not a URL") from error

    def _body(self, response: httpx.Response, request: _Request, deadline: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        unpacker = Unpacker(response.headers.get("content-encoding", ""))
        for raw in response.iter_raw():
            part = unpacker.feed(raw, self._limits.max_bytes - size)
            parts.append(part)
            size += len(part)
            if size > self._limits.max_bytes:
                raise ProtocolError(
                    f'source "{self._source}": {request.asked} answered more than'
                    f" {self._limits.max_bytes} bytes"
                )
            if self._pace.monotonic() > deadline:
                raise UnavailableError(
                    f'source "{self._source}": {request.asked} did not end within'
                    f" {self._limits.budget_seconds:g} s",
                )
        if size:
            unpacker.end()
        return b"".join(parts)

    def _unreachable(self, error: httpx.TransportError) -> SourceError | NotSentError:
        message = f'source "{self._source}": cannot reach {self.endpoint.origin}'
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLCertVerificationError):
                return SourceError(
                    f"{message}: its certificate is not trusted: {cause.verify_message}",
                    hint="add the issuing CA to this computer, or set SSL_CERT_FILE",
                )
            cause = cause.__cause__ or cause.__context__
        reason = "no answer" if isinstance(error, httpx.TimeoutException) else "no connection"
        return NotSentError(f"{message}: {reason}", hint="check the url, the network and the proxy")

    def _checked(self, reply: Reply) -> Reply:
        whose = self._credential.source if self._credential else None
        return reply.raise_for_status(whose, self._clock.now())

    def _open(self) -> httpx.Client:
        if self._http is None:
            for name in ("httpx", "httpcore"):  # they would log whole URLs; ours say enough
                logging.getLogger(name).setLevel(logging.WARNING)
            limits = self._limits
            self._http = httpx.Client(
                verify=_trust(),
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
                transport=_transport(),
            )
        return self._http


@cache
def _trust() -> ssl.SSLContext:
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _transport() -> httpx.BaseTransport | None:
    if _replay is None:
        return None
    handler = _replay[0]

    def answer(request: httpx.Request) -> httpx.Response:
        asked = Asked(
            request.method,
            request.url.path,
            dict(request.url.params),
            {name.lower(): value for name, value in request.headers.items()},
            request.read(),
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


def _authorization(credential: Credential | None) -> dict[str, str]:
    if credential is None:
        return {}
    remember(credential.value)
    if credential.username:
        pair = base64.b64encode(f"{credential.username}:{credential.value}".encode()).decode()
        remember(pair)
        return {"Authorization": f"Basic {pair}"}
    if not credential.value.isascii():
        raise ConfigError(
            f"the credential from {credential.source} cannot stand in a header",
            hint="tokens are plain ASCII; for a password give a username too",
        )
    return {"Authorization": f"Bearer {credential.value}"}


def _is_unchanged(request: _Request, reply: Reply) -> bool:
    """Whether the source says, as it was asked to, that what we know still holds."""
    return reply.status == 304 and "If-None-Match" in request.headers  # noqa: PLR2004 - HTTP


def _texts(params: Params | None) -> dict[str, str]:
    return {name: str(value) for name, value in (params or {}).items()}
