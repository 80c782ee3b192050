"""Exchanges written down for a bug report, with everything secret taken out first.

A file for each exchange, numbered in the order they ended. Headers are kept by name, all others
are left out; the values of a query that may be secret, and everything a redactor knows, become
marks. What is not text is told by its size alone.
"""

from __future__ import annotations

import itertools
import os
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import msgspec

from riskcockpit.config.credentials import REDACTED, redact
from riskcockpit.domain.untrusted import clean_line

_HEADERS = (
    "accept content-type content-length content-encoding date etag last-modified if-none-match"
    " if-modified-since link location retry-after retry-after-ms x-github-request-id x-request-id"
    " x-github-api-version x-next-page x-page x-total user-agent"
)
_KEPT = frozenset(_HEADERS.split())
_KEPT_PREFIXES = ("x-ratelimit-", "ratelimit-")
_PARAMETERS = (
    "page per_page limit offset state sort direction order orderby start end step time query ref"
    " since until severity status filter tree max_results api-version top"
)
_HARMLESS = frozenset(_PARAMETERS.split())
"""Parameters whose values are shown; any other may be a token or a signature."""
_URL = re.compile(r"https?://[^\s\"'<>\\]+")
_SPECIAL = re.compile(r"[^A-Za-z0-9:/._~%+,;=$!()*&{}|-]")
"""In every URL that has a login, a query, a fragment, or that cannot be read."""
_TARGET = re.compile(r"<(?P<target>[^<>]*)>")
_LONGEST_BODY = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came of it."""

    source: str
    method: str
    url: str
    request_headers: Mapping[str, str] = field(repr=False)
    request_body: bytes = field(repr=False)
    status: int = 0
    """0: no answer came."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    fault: str = ""
    """Why no answer came."""
    milliseconds: int = 0


class Recorder:
    """Writes exchanges into a directory of its own. Threads may share it."""

    def __init__(self, directory: Path, redactor: Callable[[str], str]) -> None:
        """Make `directory`, readable by its owner alone.

        Raises:
            OSError: it cannot be made.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._redactor = redactor
        self._lock = threading.Lock()
        self._numbers = itertools.count(1 + sum(1 for _ in directory.iterdir()))

    def record(self, exchange: Exchange) -> None:
        """Write down one exchange.

        Raises:
            OSError: the disk is full or the directory is gone.
        """
        document = {
            "source": exchange.source,
            "request": {
                "method": exchange.method,
                "url": self._url(exchange.url),
                "headers": self._headers(exchange.request_headers),
                "body": self._body(exchange.request_body),
            },
            "status": exchange.status,
            "headers": self._headers(exchange.headers),
            "body": self._body(exchange.body),
            "fault": self._text(exchange.fault),
            "milliseconds": exchange.milliseconds,
        }
        content = msgspec.json.format(msgspec.json.encode(document))
        with self._lock:
            number = next(self._numbers)
        label = quote(exchange.source, safe="")[:60]
        name = self._directory / f"{number:06d}-{label}-{os.getpid()}.json"
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content + b"\n")

    def _headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        kept = {
            name.lower(): value
            for name, value in headers.items()
            if name.lower() in _KEPT or name.lower().startswith(_KEPT_PREFIXES)
        }
        return {name: self._header(name, clean_line(v)) for name, v in sorted(kept.items())}

    def _header(self, name: str, value: str) -> str:
        if name == "location":
            return self._url(value)
        if name == "link":
            value = _TARGET.sub(lambda match: f"<{self._url(match['target'])}>", value)
        return self._text(value)

    def _body(self, body: bytes) -> str:
        if len(body) > _LONGEST_BODY:
            return f"<{len(body)} bytes>"
        try:
            return self._text(body.decode("utf-8"))
        except UnicodeDecodeError:
            return f"<{len(body)} bytes, no text>"

    def _text(self, text: str) -> str:
        """Take out resolved credentials, what looks like a secret, and queries of links."""
        return self._redactor(redact(_URL.sub(lambda match: _shown(match.group()), text)))

    def _url(self, url: str) -> str:
        return self._redactor(redact(_shown(url)))


def _shown(url: str) -> str:
    """Return a URL without login, fragment and what parameters say that may be secret."""
    if _SPECIAL.search(url) is None:
        return url
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return REDACTED
    shown = [(name, value if name.lower() in _HARMLESS else REDACTED) for name, value in pairs]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(shown, safe="*"), ""))
