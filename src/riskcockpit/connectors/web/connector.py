"""Any address that answers a GET with a report, as a source of kind `http`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Self
from urllib.parse import urlsplit

import msgspec

from riskcockpit.config.settings import CredentialRef
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.endpoint import parse_endpoint
from riskcockpit.connectors.options import read_options
from riskcockpit.connectors.own_readings import own_or_document
from riskcockpit.connectors.reply import Reply
from riskcockpit.connectors.web.client import Paging, WebClient
from riskcockpit.domain.batch import Batch, Coverage, Document
from riskcockpit.domain.clock import Clock
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ConfigError, ProtocolError

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OURS = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "host", "if-none-match",
     "te", "trailer", "transfer-encoding", "upgrade"}
)  # fmt: skip

MAX_BYTES = 1_073_741_824
"""Of all pages of one path together."""


class WebOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The `options` of a source of kind `http`."""

    paths: tuple[str, ...] = ("",)
    """Below `url`, with their queries; empty: `url` itself."""
    accept: str = "application/json, */*;q=0.5"
    headers: dict[str, CredentialRef] = {}
    """Sent with each request, as `X-Api-Key`; values by reference only."""
    next_link: bool = False
    """The next page is where the header `Link` says."""
    next_path: str = ""
    """Where in the JSON of a page the next link or token stands, as `links.next`."""
    next_param: str = ""
    """The parameter of the query that takes what stands at `next_path`; empty: it is a link."""
    max_pages: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1000
    """Of one path; more are left out, and the pass does not count as complete."""
    asset: str = ""
    """What the reports are about; empty: as they say, else the name of the source."""
    category: str = ""
    """Tells apart several scans of one tool over one asset."""

    @property
    def paging(self) -> Paging:
        """How one page leads to the next."""
        if self.next_link:
            return Paging("link_header", most=self.max_pages)
        kind = "json" if self.next_path else ""
        return Paging(kind, self.next_path, self.next_param, self.max_pages)  # type: ignore[arg-type]


class _Known(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a path."""

    digest: str


@dataclass(slots=True)
class _Found:
    """What a path answered."""

    path: str
    replies: list[Reply]
    known: _Known
    """What to remember of it."""
    is_cut: bool = False
    """Pages are missing."""
    pages: int = 1
    is_whole: bool = True
    """Nothing is missing, and all of it could be read."""


class WebConnector:
    """The addresses of one source."""

    kind: ClassVar[str] = "http"
    options: ClassVar[type[WebOptions]] = WebOptions

    def __init__(self, client: WebClient, options: WebOptions) -> None:
        self._client = client
        self._options = options

    @classmethod
    def build(cls, spec: SourceSpec, clock: Clock) -> Self:
        """See `connectors.api.Connector.build`."""
        options = read_options(spec, WebOptions)
        if fault := _fault(spec, options):
            raise ConfigError(f'source "{spec.name}": {fault}')
        parse_endpoint(spec.url, spec.name)  # the client itself waits for the values of headers
        return cls(WebClient(spec, options.accept, options.headers, clock), options)

    def pull(self, cursor: str, until: datetime) -> Iterator[Batch]:
        """Yield the pages of each path that changed; the last batch has the cursor. See `api`.

        What comes page by page is a listing: all of it is given when a page changed, and then
        what is in none of the pages is gone.
        """
        before = _known(cursor)
        found: list[_Found] = []
        for path in self._options.paths:
            found.append(self._read(path, before.get(path)))
            if not self._options.paging.kind:
                yield from self._given(found[-1:], before, until)
                found[-1].replies = []  # given: the memory is for the next one
        is_new = bool(self._options.paging.kind) and _changed(found, before)
        if is_new:
            yield from self._given(found, {}, until)
        after = {one.path: one.known for one in found if one.is_whole}
        text = msgspec.json.encode(after, order="deterministic").decode()
        is_whole = is_new and len(after) == len(found) and all(map(self._stands, found))
        cut = [f"{one.path or '/'}: more than {self._options.max_pages} pages"
               for one in found if one.is_cut]  # fmt: skip
        coverage = Coverage(
            pages=sum(one.pages for one in found),
            is_truncated=bool(cut),
            note=clean_line("; ".join(cut)),
        )
        yield Batch((), text, is_complete=True, is_whole=is_whole, coverage=coverage)

    def _given(
        self, found: Sequence[_Found], before: Mapping[str, _Known], until: datetime
    ) -> Iterator[Batch]:
        for one in found:
            if before.get(one.path) == one.known:
                continue
            for reply in one.replies:
                batch = own_or_document(self._document(reply, until))
                one.is_whole = one.is_whole and not batch.coverage.is_truncated
                yield batch

    def check(self) -> str:
        """See `connectors.api.Checks.check`: the first path answers us."""
        reply = self._client.get(self._options.paths[0])
        kind = clean_line(reply.headers.get("content-type", "something").partition(";")[0])
        return f"{self._client.http.endpoint.origin} answers {kind}, {len(reply.body)} bytes"

    def close(self) -> None:
        """See `connectors.api.Connector.close`."""
        self._client.close()

    def _read(self, path: str, known: _Known | None) -> _Found:
        """Return what a path answers.

        Only an address of one page is asked for whether it changed: the first of many pages
        says nothing of the others.
        """
        paging = self._options.paging
        if not paging.kind:
            reply = self._client.get(path, conditional=True)
            if reply.is_unchanged:
                if known is not None:
                    return _Found(path, [], known)
                reply = self._client.get(path)
            self._refuse_empty(reply)
            return _Found(path, [reply], _Known(_digest([reply])))
        replies: list[Reply] = []
        is_cut = False
        size = 0
        for reply, is_last_allowed in self._client.pages(path, paging):
            self._refuse_empty(reply)
            replies.append(reply)
            is_cut = is_last_allowed
            size += len(reply.body)
            if size > MAX_BYTES:
                raise ProtocolError(
                    f'source "{reply.source}": {reply.asked} answered more than {MAX_BYTES} bytes',
                    hint="ask for less, or in several sources",
                )
        known = _Known(_digest(replies))
        return _Found(path, replies, known, is_cut, len(replies), is_whole=not is_cut)

    def _stands(self, one: _Found) -> bool:
        """Whether a second look shows the same: else rows may have moved past us between pages."""
        return one.pages == 1 or self._read(one.path, None).known == one.known

    def _refuse_empty(self, reply: Reply) -> None:
        if not reply.body.strip():
            raise ProtocolError(
                f'source "{reply.source}": {reply.asked} answered nothing',
                hint="a report that found nothing says so",
            )

    def _document(self, reply: Reply, until: datetime) -> Document:
        return Document(
            name=clean_line(reply.asked.partition(" ")[2]),
            content=reply.body,
            asset=self._options.asset,
            category=self._options.category,
            modified_at=until,
            is_page=bool(self._options.paging.kind),
        )


def _fault(spec: SourceSpec, options: WebOptions) -> str:
    """Return what no type refuses about the options; empty when nothing."""
    if not options.paths:
        return "options.paths is empty"
    for index, path in enumerate(options.paths):
        parts = urlsplit(path)
        is_below = not path or (path.startswith("/") and not path.startswith("//"))
        if not is_below or parts.fragment or not path.isprintable() or " " in path:
            return f'options.paths[{index}]: "{clean_line(path)}" is no path as /v1/export'
    if options.next_link and options.next_path:
        return "options.next_link and options.next_path exclude each other"
    if options.next_param and not options.next_path:
        return "options.next_param needs options.next_path"
    return _header_fault(spec, options.headers)


def _header_fault(spec: SourceSpec, headers: Mapping[str, CredentialRef]) -> str:
    for name, reference in headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _OURS:
            return f'options.headers: "{clean_line(name)}" cannot be set'
        if name.lower() == "authorization" and spec.read is not None:
            return "the header Authorization comes from credential already"
        if reference.username:
            return f"options.headers.{name}: a header has no username"
    return ""


def _changed(found: Sequence[_Found], before: Mapping[str, _Known]) -> bool:
    return any(before.get(one.path) != one.known for one in found)


def _digest(replies: list[Reply]) -> str:
    state = hashlib.sha256()
    for reply in replies:
        state.update(len(reply.body).to_bytes(8, "big") + reply.body)
    return state.hexdigest()[:32]


def _known(cursor: str) -> dict[str, _Known]:
    """Return the state per path; a cursor of another kind counts as none."""
    try:
        return msgspec.json.decode(cursor, type=dict[str, _Known]) if cursor else {}
    except msgspec.DecodeError:
        return {}
