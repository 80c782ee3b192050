"""Text of tools that write HTML into their reports: tags dropped, entities resolved."""

from __future__ import annotations

import re
from html import unescape

_BREAK = re.compile(r"<(?:br|/p|/div|/span|/li|/tr|/h\d)\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,2000}>")
_BLANKS = re.compile(r"[ \t]*\n[ \t]*(?:\n[ \t]*)+")


def without_tags(text: str) -> str:
    """Return HTML as plain text, with a new line where a block ends."""
    if "<" not in text and "&" not in text:
        return text
    plain = unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    return _BLANKS.sub("\n\n", plain).strip()
