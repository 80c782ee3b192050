"""GitHub's `Link` headers: where the next page is. No I/O."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*]+\s*=\s*(?:\"[^\"]*\"|[^\s,;]+))*)")
_RELATION = re.compile(r";\s*rel\s*=\s*\"?([^\";]*)", re.IGNORECASE)


def next_link(header: str) -> str:
    """Return the address of the next page as the header gives it; empty on the last page."""
    for address, attributes in _LINK.findall(header):
        relation = _RELATION.search(attributes)
        if relation and "next" in relation[1].lower().split():
            return str(address)
    return ""


def with_parameter(address: str, name: str, value: str) -> str:
    """Return `address` with the query parameter set, whatever it was before."""
    parts = urlsplit(address)
    kept = [(key, old) for key, old in parse_qsl(parts.query, True) if key != name]
    return parts._replace(query=urlencode([*kept, (name, value)])).geturl()
