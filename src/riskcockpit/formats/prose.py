"""HTML as scanners put it into their texts → plain text, lines kept."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape

from riskcockpit.formats import wording

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
    """Return the parts that say something as a description, each a paragraph."""
    return wording.description("\n\n".join(part.strip() for part in parts if part.strip()))


def labelled(label: str, text: str) -> str:
    """Return `label: text`, or nothing when there is no text."""
    return f"{label}: {text}" if text.strip() else ""


def web_address(texts: Iterable[str]) -> str:
    """Return the first web address among `texts`; empty when there is none."""
    return next(
        (wording.name(text) for text in texts if text.startswith(("https://", "http://"))), ""
    )
