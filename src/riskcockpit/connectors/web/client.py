"""Reading the pages of one address, with headers whose values are references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit

from riskcockpit.config.credentials import resolve
from riskcockpit.config.settings import CredentialRef
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.dialect import Dialect
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.reply import Reply
from riskcockpit.connectors.web.paging import next_in_body
from riskcockpit.domain.clock import Clock
from riskcockpit.errors import ConfigError, ProtocolError


@dataclass(frozen=True, slots=True)
class Paging:
    """How one page leads to the next one."""

    kind: Literal["", "link_header", "json"] = ""
    path: str = ""
    """Where in the JSON of a page the next link or token stands."""
    param: str = ""
    """The parameter that takes the token; empty: it is a link."""
    most: int = 100
    """Pages of one address."""


class WebClient:
    """GET over one HTTP client. All methods raise what `HttpClient` raises."""

    def __init__(
        self, spec: SourceSpec, accept: str, headers: Mapping[str, CredentialRef], clock: Clock
    ) -> None:
        self._spec = spec
        self._accept = accept
        self._references = headers
        self._clock = clock
        self._opened: HttpClient | None = None

    @property
    def http(self) -> HttpClient:
        """The client that sends our headers; their values are looked up when it is first used.

        Raises:
            ConfigError: a header's value cannot be had.
        """
        if self._opened is None:
            dialect = Dialect(headers=self._headers())
            self._opened = HttpClient.of(self._spec, self._clock, self._spec.read, dialect)
        return self._opened

    def get(self, path: str, *, conditional: bool = False) -> Reply:
        """Read one address; a `conditional` read may answer `is_unchanged`."""
        return self.http.get(path, conditional=conditional)

    def pages(self, path: str, paging: Paging) -> Iterator[tuple[Reply, bool]]:
        """Yield each page of an address, and whether it was one too many to go on.

        Raises besides:
            ProtocolError: a page leads back to one that was read.
        """
        reply = self.http.get(path)
        seen: set[str] = set()
        for number in range(1, paging.most + 1):
            following = _next(reply, paging)
            yield reply, bool(following) and number == paging.most
            if not following or number == paging.most:
                return
            if following in seen:
                raise ProtocolError(f'source "{reply.source}": {reply.asked} leads round in a ring')
            seen.add(following)
            if paging.param:
                following = _with_param(path, paging.param, following)
                reply = self.http.get(following)
            else:
                reply = self.http.get_link(following)

    def close(self) -> None:
        """Give back the connections."""
        if self._opened is not None:
            self._opened.close()

    def _headers(self) -> dict[str, str]:
        found = {"Accept": self._accept}
        for name, reference in self._references.items():
            value = resolve(reference, self._clock).value
            if not value.isascii():
                raise ConfigError(f"the value of the header {name} is not plain ASCII")
            found[name] = value
        return found


def _next(reply: Reply, paging: Paging) -> str:
    if paging.kind == "link_header":
        return reply.next_link
    return next_in_body(reply, paging.path) if paging.kind == "json" else ""


def _with_param(path: str, name: str, value: str) -> str:
    """Return the path with a parameter of its query set."""
    parts = urlsplit(path)
    pairs = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != name]
    return f"{parts.path}?{urlencode([*pairs, (name, value)])}"
