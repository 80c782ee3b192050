"""From the texts of a record to those of a finding: paragraphs, labels, links."""

from __future__ import annotations

import re
from collections.abc import Iterable

from riskcockpit.formats import wording

_SECURE_LINK = re.compile(r"https://[^\s\"'<>)\]]+")


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
