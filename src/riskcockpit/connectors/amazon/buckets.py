"""Objects in buckets of S3, and of stores that speak as it does: listed page by page, and read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_plus
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from riskcockpit.connectors.amazon.endpoints import address
from riskcockpit.connectors.amazon.keys import found_by_tools
from riskcockpit.connectors.amazon.signing import S3, dialect
from riskcockpit.connectors.amazon.stored import MAX_BYTES, Stored
from riskcockpit.connectors.api import SourceSpec
from riskcockpit.connectors.http import HttpClient
from riskcockpit.connectors.pace import Limits
from riskcockpit.connectors.reply import Reply
from riskcockpit.domain.clock import Clock, parse_utc
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import ProtocolError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LIMITS = Limits(read_seconds=60.0, budget_seconds=600.0, max_bytes=MAX_BYTES)
_PAGE = 1000


class Buckets:
    """The buckets that one credential reads. All methods raise what `HttpClient` raises."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    @classmethod
    def of(cls, spec: SourceSpec, region: str, profile: str, clock: Clock) -> Buckets:
        """Return the buckets of a region, or of the store at the source's `url`.

        Raises:
            ConfigError: `url` cannot be used.
        """
        asked = replace(spec, url=address(S3, region, spec.url))
        credential = spec.read or found_by_tools(profile)
        return cls(HttpClient.of(asked, clock, credential, dialect(S3, region, {}), _LIMITS))

    def listed(self, bucket: str, prefix: str) -> Iterator[Stored]:
        """Yield every object whose name begins with `prefix`, by name.

        Raises besides:
            ProtocolError: the pages run in a circle.
        """
        params: dict[str, str | int] = {
            "list-type": 2, "encoding-type": "url", "max-keys": _PAGE, "prefix": prefix,
        }  # fmt: skip
        seen: set[str] = set()
        while True:
            reply = self._http.get(f"/{bucket}", params)
            page = _page(reply)
            for one in page.findall("{*}Contents"):
                yield _stored(reply, bucket, one)
            token = _text(page, "NextContinuationToken")
            if _text(page, "IsTruncated") != "true":
                return
            if not token or token in seen:
                raise ProtocolError(
                    f"s3://{bucket}/{clean_line(prefix)}: its pages run in a circle"
                )
            seen.add(token)
            params["continuation-token"] = token

    def read(self, stored: Stored) -> tuple[bytes, str]:
        """Return the content of an object, and the ETag that belongs to it."""
        reply = self._http.get(f"/{stored.bucket}/{quote(stored.key, safe='/-._~')}")
        return reply.body, reply.headers.get("etag", stored.etag)

    def close(self) -> None:
        """Give back the connections."""
        self._http.close()


def _page(reply: Reply) -> Element:
    try:
        root: Any = fromstring(reply.body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise _fault(reply, "no XML of a listing") from error
    if root.tag.rpartition("}")[2] != "ListBucketResult":
        raise _fault(reply, f"<{clean_line(root.tag.rpartition('}')[2])[:40]}>")
    found: Element = root
    return found


def _stored(reply: Reply, bucket: str, one: Element) -> Stored:
    try:
        return Stored(
            bucket=bucket,
            key=unquote_plus(_text(one, "Key")),
            size=int(_text(one, "Size")),
            etag=_text(one, "ETag"),
            modified_at=parse_utc(_text(one, "LastModified")),
        )
    except ValueError as error:
        raise _fault(reply, "a listing of another shape") from error


def _text(element: Element, name: str) -> str:
    found = element.find(f"{{*}}{name}")
    return (found.text or "") if found is not None else ""


def _fault(reply: Reply, what: str) -> ProtocolError:
    return ProtocolError(
        f'source "{reply.source}": {reply.asked} answered {what}',
        hint="check that the url of the source is that of S3",
    )
