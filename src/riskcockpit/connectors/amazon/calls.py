"""Calls of one service in one region: JSON in, JSON out, page after page. Knows no operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from riskcockpit.connectors.amazon.faults import is_token_expired
from riskcockpit.connectors.amazon.operations import Operation
from riskcockpit.connectors.dialect import READ, WRITE
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.reply import StatusError
from riskcockpit.errors import ProtocolError, SourceError

MAX_PAGES = 20_000


class Paged(Protocol):
    """A page that says where the next one is."""

    @property
    def next_token(self) -> str | None:
        """What asks for the next page; empty or None on the last."""
        ...


T = TypeVar("T")
P = TypeVar("P", bound=Paged)


class Service:
    """One service in one region. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient, region: str, writer: HttpClient | None = None) -> None:
        """`http` reads, `writer` changes things; None: nobody does."""
        self.http = http
        self.region = region
        self._writer = writer

    def ask(self, what: Operation, body: Mapping[str, Any], type_: type[T]) -> T:
        """Read."""
        return self.http.query_json(what.path, type_, body=body, headers=what.headers, kind=READ)

    def act(self, what: Operation, body: Mapping[str, Any], type_: type[T]) -> T:
        """Change something, once; what was answered may name items that were refused."""
        if self._writer is None:
            raise SourceError(f"{what.name}: nobody may write here")
        reply = self._writer.write(what.method, what.path, body, headers=what.headers, kind=WRITE)
        return reply.decode(type_)

    def pages(self, what: Operation, body: Mapping[str, Any], type_: type[P]) -> Iterator[P]:
        """Yield each page of an answer.

        When a token expired it begins anew, once: pages may then come twice.

        Raises besides:
            ProtocolError: the pages run in a circle, or never end.
        """
        asked, seen, is_second = dict(body), set[str](), False
        for _ in range(MAX_PAGES):
            try:
                page = self.ask(what, asked, type_)
            except StatusError as error:
                if is_second or what.token not in asked or not is_token_expired(error):
                    raise
                asked, seen, is_second = dict(body), set(), True
                continue
            yield page
            following = page.next_token
            if not following:
                return
            if following in seen:
                break
            seen.add(following)
            asked[what.token] = following
        raise ProtocolError(f"{self.call(what)}: the pages never come to an end")

    def call(self, what: Operation, body: Mapping[str, Any] | None = None) -> str:
        """Return a call as it is shown to people."""
        shown = "" if body is None else f" {msgspec.json.encode(body).decode()}"
        url = self.http.endpoint.url(what.path)
        return f"{what.method} {url} {what.name}{shown}"
