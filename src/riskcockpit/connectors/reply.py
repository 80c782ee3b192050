"""What a source answered, what we make of it, and the errors a refusal becomes. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import msgspec

from riskcockpit.config.credentials import redact
from riskcockpit.connectors.links import parse_links
from riskcockpit.domain.clock import as_utc
from riskcockpit.domain.untrusted import clean_line
from riskcockpit.errors import (
    AuthenticationError,
    ForbiddenError,
    ProtocolError,
    RateLimitedError,
    RiskcockpitError,
    SourceError,
    UnavailableError,
)

T = TypeVar("T")

MAX_WAIT_SECONDS = 3600.0
DEFAULT_WAIT_SECONDS = 60.0
"""The wait told to people when a source says "too many requests" and not for how long."""
_QUOTE = 120
_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class NotSentError(UnavailableError):
    """The connection failed before a byte was sent: certainly nothing changed upstream."""


class ServerError(UnavailableError):
    """The source answered 5xx: it says itself that it did not do what was asked."""


class StatusError(SourceError):
    """The source refused this one request: 400, 404, 409, 422 and the like."""

    def __init__(self, message: str, reply: Reply) -> None:
        super().__init__(message)
        self.status = reply.status
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a replayed source sees it (`http.replayed`)."""

    method: str
    path: str
    """Without the query."""
    params: Mapping[str, str]
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)
    host: str = ""
    """Who was asked, for tests of what leaves the origin."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, whatever its status."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Names in lower case."""
    source: str = ""
    """Name of the source, for messages."""
    asked: str = ""
    """Method and URL without its query, for messages."""

    @property
    def is_unchanged(self) -> bool:
        """Whether this answers a conditional read with "as you know it" (304)."""
        return self.status == 304  # noqa: PLR2004 - not modified

    @property
    def next_link(self) -> str:
        """The target of `Link: rel=next`, for `HttpClient.get_link`; empty on the last page."""
        return parse_links(self.headers.get("link", "")).get("next", "")

    @property
    def is_rate_limited(self) -> bool:
        """Whether this is a refusal for having asked too much, whatever its status."""
        if self.status == 429:  # noqa: PLR2004 - too many requests
            return True
        is_used_up = self._remaining == "0" or self._asks_to_wait
        return self.status == 403 and is_used_up  # noqa: PLR2004 - forbidden

    @property
    def quote(self) -> str:
        """The body in one short harmless line without credentials; empty when it says nothing."""
        text = _said(self.body) or _TAG.sub(" ", self.body[:65_536].decode("utf-8", "replace"))
        line = clean_line(redact(" ".join(text.split())))
        return f"{line[:_QUOTE]}…" if len(line) > _QUOTE else line

    def decode(self, type_: type[T]) -> T:
        """Return the body as `type_`.

        Raises:
            ProtocolError: it is not JSON of that shape.
        """
        try:
            return msgspec.json.decode(self.body, type=type_)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            what = _what(self.body, error)
            raise ProtocolError(
                f'source "{self.source}": {self.asked} answered {what}',
                hint="check that the url of the source is that of the API, not of a log-in page",
                detail=f'"{self.quote}"' if self.quote else None,
            ) from error

    def raise_for_status(self, credential: str | None, now: datetime) -> Reply:
        """Return the reply when it is a success; this is the one place that maps statuses.

        `credential` says where the credential that was sent comes from; None without one.

        Raises:
            AuthenticationError: 401. ForbiddenError: 403. RateLimitedError: 429, or 403 with a
            rate-limit header. UnavailableError: 5xx. ProtocolError: a redirect that was not
            followed, or a status that HTTP does not know. StatusError: any other 4xx.
        """
        if 200 <= self.status < 300:  # noqa: PLR2004 - the numbers of HTTP
            return self
        raise self._error(credential, now)

    def _error(self, credential: str | None, now: datetime) -> RiskcockpitError:
        quote = f': "{self.quote}"' if self.quote else ""
        message = f'source "{self.source}": {self.asked} answered {self.status}{quote}'
        match self.status:
            case 401:
                return AuthenticationError(message, hint=_who(credential))
            case _ if self.is_rate_limited:
                return self._rate_limited(message, now)
            case 403:
                whose = f"the account of the credential from {credential}" if credential else "we"
                return ForbiddenError(message, hint=f"{whose} may not do this: ask for permission")
            case status if status >= 500:  # noqa: PLR2004 - the numbers of HTTP
                return ServerError(message, hint="look at the source, then sync again")
            case status if status >= 400:  # noqa: PLR2004 - the numbers of HTTP
                return StatusError(message, self)
            case _:
                return ProtocolError(message, hint="check the url of the source")

    @property
    def _asks_to_wait(self) -> bool:
        return "retry-after" in self.headers or "retry-after-ms" in self.headers

    @property
    def _remaining(self) -> str:
        """How many requests are left, as the server says; empty when it does not."""
        headers = self.headers
        return headers.get("x-ratelimit-remaining") or headers.get("ratelimit-remaining", "")

    def used_up_seconds(self, now: datetime) -> float:
        """Return how long a success says that nothing is left to ask; 0 when it does not."""
        return self.wait_seconds(now) or 0.0 if self._remaining == "0" else 0.0

    def _rate_limited(self, message: str, now: datetime) -> RateLimitedError:
        asked = self.wait_seconds(now)
        seconds = DEFAULT_WAIT_SECONDS if asked is None else asked
        return RateLimitedError(
            message, retry_after_seconds=seconds, hint=f"try again in {seconds:.0f} s"
        )

    def wait_seconds(self, now: datetime) -> float | None:
        """Return how long the headers ask us to wait; None: they do not say.

        `retry-after-ms`, else `Retry-After`, else a reset header when nothing is left.

        Never negative, capped at one hour. A reset is read as an epoch when it is one, else as
        seconds to go.
        """
        milliseconds = _seconds(self.headers.get("retry-after-ms", ""), now)
        after = milliseconds / 1000 if milliseconds is not None else None
        if after is None:
            after = _seconds(self.headers.get("retry-after", ""), now)
        if after is None and (self._remaining or "0") == "0":
            reset = self.headers.get("x-ratelimit-reset") or self.headers.get("ratelimit-reset")
            after = _seconds(reset or "", now)
            if after is not None and after > now.timestamp() / 2:
                after -= now.timestamp()
        return None if after is None else min(max(after, 0.0), MAX_WAIT_SECONDS)


def _seconds(text: str, now: datetime) -> float | None:
    """Read seconds or an HTTP date; None when it is neither."""
    if text.isascii() and text.isdigit():
        return float(text[:12])
    try:
        return (as_utc(parsedate_to_datetime(text)) - now).total_seconds()
    except ValueError:
        return None


def _who(credential: str | None) -> str:
    if credential is None:
        return "the source wants to know who we are: give it a credential in the settings"
    return f"the credential from {credential} is wrong or has expired"


def _what(body: bytes, error: Exception) -> str:
    head = body.lstrip()[:1]
    if not head:
        return "nothing where JSON was expected"
    if head == b"<":
        return "HTML where JSON was expected"
    if isinstance(error, msgspec.ValidationError):
        return f"JSON of another shape: {clean_line(redact(str(error)))}"
    return "truncated JSON" if "truncated" in str(error) else "text that is not JSON"


def _said(body: bytes) -> str:
    """Return what a JSON error body says in words; empty when it is none."""
    try:
        answer: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if not isinstance(answer, dict):
        return ""
    said = (answer.get(key) for key in ("message", "error", "detail", "title"))
    return next((text for text in said if isinstance(text, str) and text), "")
