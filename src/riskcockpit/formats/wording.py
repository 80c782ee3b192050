"""How long foreign text may be, and how it is cut: titles, descriptions, snippets, reasons.

Everything that leaves a reader as text passes through here, and so through `domain.untrusted`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from riskcockpit.domain.untrusted import clean_line, clean_text

MAX_TITLE = 200
MAX_DESCRIPTION = 20_000
MAX_SNIPPET = 2_000
MAX_NAME = 500
"""Rule ids, fingerprints, versions, package names."""
MAX_PATH = 4_096
MAX_REASON = 300


def title(text: str, *others: str) -> str:
    """Return the first line of `text` that says something, cleaned, at most 200 characters.

    When nothing in it does, what the first of `others` says that says anything.
    """
    return _title(text) or next(filter(None, map(_title, others)), "")


def _title(text: str) -> str:
    text = text.strip()
    if len(text) <= MAX_TITLE and text.isascii() and text.isprintable():
        return text
    line = next((line for line in text.splitlines() if line.strip()), "")
    return cut(clean_line(_beginning(line.strip(), MAX_TITLE)), MAX_TITLE)


def description(text: str) -> str:
    """Return `text` cleaned, lines kept, at most 20,000 characters."""
    return cut(clean_text(_beginning(text.strip(), MAX_DESCRIPTION)), MAX_DESCRIPTION)


def snippet(text: str) -> str:
    """Return code cleaned, lines and indentation kept, at most 2,000 characters."""
    return cut(clean_text(_beginning(text, MAX_SNIPPET)), MAX_SNIPPET)


def name(text: str) -> str:
    """Return an id, version or name cleaned, on one line, at most 500 characters."""
    if len(text) <= MAX_NAME and text.isascii() and text.isprintable():
        return text.strip()
    return cut(clean_line(_beginning(text.strip(), MAX_NAME)), MAX_NAME)


def reason(error: Exception) -> str:
    """Return why a record could not be read, on one line, at most 300 characters."""
    return cut(clean_line(str(error) or type(error).__name__), MAX_REASON)


def _beginning(text: str, length: int) -> str:
    """Return so much of `text` as `length` characters come of when it is cleaned, and one more.

    What is cut off need not be cleaned; where many findings share a text, that is most of the work.
    """
    if len(text) <= length:
        return text
    return text[: 2 * length + 2].replace("\r\n", "\n")[: length + 1]


def cut(text: str, length: int) -> str:
    """Return `text` with at most `length` characters, the last an ellipsis when it was cut."""
    return text if len(text) <= length else text[: length - 1] + "…"


def scalar(value: Any) -> str:
    """Return the text of a JSON string or number; empty for null, a boolean or a container."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return str(value)


def compact(value: Any) -> bytes:
    """Return `value` as JSON with sorted keys, for the raw record."""
    return msgspec.json.encode(value, order="sorted")
