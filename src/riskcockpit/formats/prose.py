"""HTML as scanners put it into their texts → plain text, lines kept."""

from __future__ import annotations

import re
from html import unescape

_BREAK = re.compile(r"<(?:br|/p|/div|/li|/ul|/ol|/tr|/h[1-6]|/pre)\b[^<>]{0,200}>", re.IGNORECASE)
_ITEM = re.compile(r"<li\b[^<>]{0,200}>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z!][^<>]{0,2000}>", re.IGNORECASE)
_BLANK = re.compile(r"\n{3,}")
_SECURE_LINK = re.compile(r"https://[^\s\"'<>)\]]+")


def plain_prose(text: str) -> str:
    """Return `text` without HTML tags, its entities resolved; a list item begins with a dash."""
    if "<" in text:
        text = _ITEM.sub("- ", _BREAK.sub("\n", text))
        text = _TAG.sub("", text)
    return _BLANK.sub("\n\n", unescape(text)).strip()


def first_link(text: str) -> str:
    """Return the first https address in `text`; empty when there is none."""
    match = _SECURE_LINK.search(text)
    return match[0].rstrip(".,;") if match else ""


def paragraphs(*parts: str) -> str:
    """Return the parts that are not empty, with a blank line between them."""
    return "\n\n".join(part.strip() for part in parts if part.strip())
