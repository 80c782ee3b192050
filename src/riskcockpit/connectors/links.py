"""The links of an answer: its `Link` header (RFC 8288), and what is set in one. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit

_TARGET = re.compile(
    r"\s*<(?P<target>[^<>]*)>(?P<params>(?:\s*;\s*[^\s=;,]+(?:\s*=\s*"
    r"(?:\"(?:[^\"\\]|\\.)*\"|[^\s;,\"]*))?)*)\s*(?:,|$)"
)
_PARAM = re.compile(
    r";\s*(?P<name>[^\s=;,]+)\s*=\s*(?:\"(?P<quoted>(?:[^\"\\]|\\.)*)\""
    r"|(?P<plain>[^\s;,\"]*))"
)
_LONGEST = 65_536


def parse_links(header: str) -> dict[str, str]:
    """Return the target of each relation a `Link` header names, relations in lower case.

    The first link of a relation counts, and of a link its first `rel`. What cannot be read ends
    the list: a target is never guessed.
    """
    found: dict[str, str] = {}
    position = 0
    text = header[:_LONGEST]
    while match := _TARGET.match(text, position):
        position = match.end()
        rel = next(
            (p for p in _PARAM.finditer(match["params"]) if p["name"].lower() == "rel"), None
        )
        if rel is not None:
            for word in (rel["quoted"] or rel["plain"] or "").lower().split():
                found.setdefault(word, match["target"])
        if position >= len(text):
            break
    return found


def with_params(link: str, params: Mapping[str, str | int]) -> str:
    """Return `link` with the parameters of its query set, whatever they were before."""
    if not params:
        return link
    parts = urlsplit(link)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if name not in params]
    return parts._replace(query=urlencode([*kept, *params.items()])).geturl()
