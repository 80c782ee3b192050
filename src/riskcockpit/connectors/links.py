"""Reading the `Link` header of an answer (RFC 8288). No I/O."""

from __future__ import annotations

import re

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
