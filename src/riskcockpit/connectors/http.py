"""Asking one origin over HTTP: credentials, limits, retries of reads, redirects, pages.

Reads are repeated when that can help; writes never are. Redirects and links are followed by hand
and stay on the configured origin, so that no credential leaves it. Nothing here knows any upstream
system; the bytes travel in `connectors.transport`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from riskcockpit.config.credentials import Credential
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.asking import Asker
from riskcockpit.connectors.dialect import READ, WRITE, Dialect
from riskcockpit.connectors.endpoint import Endpoint, parse_endpoint
from riskcockpit.connectors.links import with_params
from riskcockpit.connectors.pace import Limits
from riskcockpit.connectors.reply import NotSentError, Reply
from riskcockpit.connectors.session import Session
from riskcockpit.connectors.tls import Tls
from riskcockpit.connectors.transport import Request, Transport, replayed
from riskcockpit.domain.clock import Clock
from riskcockpit.errors import ProtocolError, UnavailableError

__all__ = ["HttpClient", "NotSentError", "Page", "Params", "replayed"]

T = TypeVar("T")
Params = Mapping[str, str | int]

MAX_REDIRECTS = 5
_RETRIED = frozenset({429, 500, 502, 503, 504})
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a listing."""

    data: T
    number: int
    """From 1."""
    has_more: bool
    """There is a next page; on the last `Page` of `pages` it means that the cap was hit."""
    reply: Reply


class HttpClient:
    """The requests of one source to its one origin. Threads may share it; close it at the end."""

    def __init__(  # noqa: PLR0913 - a client is all of these; `of` is the short way
        self,
        source: str,
        url: str,
        clock: Clock,
        credential: Credential | None = None,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        *,
        dialect: Dialect = Dialect(),  # noqa: B008 - frozen
        tls: Tls = Tls(),  # noqa: B008 - frozen
        session: Session | None = None,
    ) -> None:
        """Check `url` and remember the rest; connects at the first request.

        Raises:
            ConfigError: `url` cannot be used, or the credential cannot stand in a header.
        """
        self.endpoint: Endpoint = parse_endpoint(url, source)
        self._source = source
        self._clock = clock
        self._limits = limits
        self._session = session or Session()
        transport = Transport(source, self.endpoint, limits, tls)
        self._asker = Asker(transport, clock, credential, dialect, self._session)

    @classmethod
    def of(
        cls,
        spec: SourceSpec,
        clock: Clock,
        credential: Credential | None,
        dialect: Dialect = Dialect(),  # noqa: B008 - frozen
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> Self:
        """Return a client of `spec` that asks as `credential`: `spec.read` or `spec.write`.

        Raises:
            ConfigError: as the constructor.
        """
        spoken = replace(dialect, rates={**dialect.rates, **spec.rates})
        return cls(
            spec.name, spec.url, clock, credential, limits,
            dialect=spoken, tls=spec.tls, session=spec.session,
        )  # fmt: skip

    def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        kind: str = READ,
        conditional: bool = False,
    ) -> Reply:
        """Read `path` under the endpoint; repeats what may work later, follows redirects.

        `kind` is the endpoint class whose limits count. A `conditional` read may answer
        `is_unchanged`: what this address gave last time is in the cache already, with the same
        credential and settings. Ask so only when nothing else is needed from the answer.

        Raises:
            RetryableError: no answer, or one that asks to wait, with all attempts used up.
            SourceError: the source refused, or answered nonsense.
        """
        url = _with_query(self.endpoint.url(path), params)
        return self._read(Request("GET", url, kind=kind, is_conditional=conditional))

    def get_json(
        self, path: str, type_: type[T], params: Params | None = None, *, kind: str = READ
    ) -> T:
        """Read `path` as JSON of `type_`; raises as `get`."""
        url = _with_query(self.endpoint.url(path), params)
        return self._decoded(Request("GET", url, kind=kind), type_)[1]

    def get_link(self, link: str, *, kind: str = READ) -> Reply:
        """Read a link the source gave (`rel=next` …), on this origin only; raises as `get`."""
        url = self.endpoint.follow(self.endpoint.url("/"), link)
        return self._read(Request("GET", url, kind=kind))

    def pages(  # noqa: PLR0913 - a listing is asked for with all of these
        self,
        path: str,
        type_: type[T],
        params: Params | None = None,
        *,
        kind: str = READ,
        always: Params | None = None,
        most: int = 10_000,
        conditional: bool = False,
    ) -> Iterator[Page[T]]:
        """Yield the pages of a listing along `Link: rel=next`, decoded, at most `most`.

        Each page is asked for with the parameters `always`, whatever the link to it says.
        Yields nothing at all when the listing is read `conditional` and its first page is as it
        was. Raises as `get`, and ProtocolError when the pages run in a circle.
        """
        url = _with_query(self.endpoint.url(path), {**(params or {}), **(always or {})})
        seen: set[str] = set()
        for number in range(1, most + 1):
            if url in seen:
                raise ProtocolError(f'source "{self._source}": the pages of {path} run in a circle')
            seen.add(url)
            request = Request("GET", url, kind=kind, is_conditional=conditional and number == 1)
            reply = self._read(request)
            if reply.is_unchanged:
                return
            reply, data = self._intact(request, reply, type_)
            link = reply.next_link
            yield Page(data, number, bool(link), reply)
            if not link:
                return
            url = with_params(self.endpoint.follow(url, link), always or {})

    def get_blob(self, path: str, params: Params | None = None, *, kind: str = READ) -> Reply:
        """Read a file that may lie elsewhere, as in blob storage; raises as `get`.

        A redirect off the origin is asked anew without any credential, over https only.
        """
        url = _with_query(self.endpoint.url(path), params)
        reply = self._read(Request("GET", url, kind=kind), may_leave=True)
        if not _redirects(reply):
            return reply
        target, elsewhere = self.endpoint.elsewhere(url, reply.headers.get("location", ""))
        stranger = HttpClient(
            self._source, elsewhere.origin, self._clock, limits=self._limits, session=self._session
        )
        try:
            return stranger._read(Request("GET", target, kind=kind))  # noqa: SLF001 - one of us
        finally:
            stranger.close()

    def query_json(
        self,
        path: str,
        type_: type[T],
        form: Params | None = None,
        *,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        kind: str = READ,
    ) -> T:
        """Read by POST of a form or of JSON, as GraphQL and searches want it; raises as `get`.

        Only for questions: it is repeated like any read. `headers` are sent besides, or in place
        of the content type.
        """
        content, own = _content(form, body)
        headers = {**own, **(headers or {})}
        url = self.endpoint.url(path)
        return self._decoded(Request("POST", url, content, headers, kind), type_)[1]

    def write(  # noqa: PLR0913 - as `get` and `query_json` together
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        form: Params | None = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        kind: str = WRITE,
    ) -> Reply:
        """Change something upstream, once: no retry, no redirect. `body` is sent as JSON.

        Raises:
            NotSentError: nothing was sent.
            UnavailableError: it was sent and nobody knows what came of it; read the state back.
            RateLimitedError, SourceError: the source refused, or nothing was sent because it
            asked us to wait.
        """
        content, own = _content(form, body)
        headers = {**own, **(headers or {})}
        url = _with_query(self.endpoint.url(path), params)
        deadline = self._asker.pace.monotonic() + self._limits.budget_seconds
        request = Request(method, url, content, headers, kind)
        return self._asker.checked(self._asker.send(request, deadline))

    def pause(self, seconds: float, why: str) -> None:
        """Wait before the source is asked again how something goes on there.

        Raises:
            CancelledError: the run was stopped.
        """
        self._asker.tell(seconds, why)
        self._asker.pace.sleep(seconds)

    def close(self) -> None:
        """Give back the connections."""
        self._asker.close()

    def _decoded(self, request: Request, type_: type[T]) -> tuple[Reply, T]:
        return self._intact(request, self._read(request), type_)

    def _intact(self, request: Request, reply: Reply, type_: type[T]) -> tuple[Reply, T]:
        """Decode; an answer that is damaged, not one of another shape, is asked for once more."""
        try:
            return reply, reply.decode(type_)
        except ProtocolError as error:
            if isinstance(error.__cause__, msgspec.ValidationError):
                raise
        pace = self._asker.pace
        pace.sleep(pace.pause(1, None))
        again = self._read(replace(request, is_conditional=False))
        return again, again.decode(type_)

    def _read(self, request: Request, *, may_leave: bool = False) -> Reply:
        pace = self._asker.pace
        deadline = pace.monotonic() + self._limits.budget_seconds
        attempt = 0
        while True:
            attempt += 1
            fault: UnavailableError | None = None
            reply: Reply | None = None
            try:
                reply = self._followed(request, deadline, may_leave=may_leave)
            except UnavailableError as error:
                fault = error
            if reply is not None and not _may_work_later(reply):
                is_unchanged = reply.is_unchanged and request.is_conditional
                is_away = may_leave and _redirects(reply)
                return reply if is_unchanged or is_away else self._asker.checked(reply)
            pause = pace.pause(attempt, self._asker.asked_to_wait(reply) if reply else None)
            if attempt >= self._limits.attempts or pace.monotonic() + pause >= deadline:
                if fault is not None:
                    raise fault
                if reply is not None:
                    return self._asker.checked(reply)
            self._asker.tell(pause, "before it is asked again")
            pace.sleep(pause)

    def _followed(self, request: Request, deadline: float, *, may_leave: bool) -> Reply:
        """Send a read and follow its redirects, at most five, all on this origin."""
        for _ in range(MAX_REDIRECTS + 1):
            reply = self._asker.send(request, deadline)
            location = reply.headers.get("location", "")
            if request.method != "GET" or not location or not _redirects(reply):
                return reply
            try:
                request = replace(request, url=self.endpoint.follow(request.url, location))
            except ProtocolError:
                if may_leave:
                    return reply
                raise
        raise ProtocolError(
            f'source "{self._source}": {request.asked} redirects more than {MAX_REDIRECTS} times'
        )


def _may_work_later(reply: Reply) -> bool:
    return reply.status in _RETRIED or reply.is_rate_limited


def _redirects(reply: Reply) -> bool:
    return reply.status in (301, 302, 303, 307, 308)


def _with_query(url: str, params: Params | None) -> str:
    if not params:
        return url
    return f"{url}{'&' if '?' in url else '?'}{_encoded(params)}"


def _encoded(params: Params) -> str:
    return urlencode({name: str(value) for name, value in params.items()}, quote_via=quote)


def _content(form: Params | None, body: object) -> tuple[bytes | None, dict[str, str]]:
    """Return a body and the header with its content type."""
    if form is not None:
        return _encoded(form).encode(), {"Content-Type": _FORM}
    if body is None:
        return None, {}
    return msgspec.json.encode(body), {"Content-Type": "application/json"}
