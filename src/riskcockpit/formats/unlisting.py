"""Several JSON reports in one list, as `jq --slurp` writes them: taken out of it again."""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec
from msgspec import Raw

from riskcockpit.errors import FormatError

_IS_LISTED = re.compile(rb"\s*\[\s*[{\[]")
_LIST = msgspec.json.Decoder(list[Raw])


def head_of_first(head: bytes) -> bytes:
    """Return the start of the first report in a list that starts with `head`; empty if it is none.

    The report is an object, as almost all are that may be listed so.
    """
    inside = head.lstrip()
    inside = inside[1:].lstrip() if inside.startswith(b"[") else b""
    return inside if inside.startswith(b"{") else b""


def unlisted(content: bytes) -> bytes:
    """Return the reports of a list below each other; empty if it is no list of reports."""
    if not _IS_LISTED.match(content):
        return b""
    try:
        items = [bytes(item).strip() for item in _LIST.decode(content)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b""
    return b"\n".join(items) if all(item.startswith((b"{", b"[")) for item in items) else b""


def refuse_documents(forms: Iterable[object], title: str, *members: str) -> None:
    """Refuse lists of whole documents where a list of records can be, too.

    A document has one of `members`; which one a list holds, its first object tells.

    Raises:
        FormatError: one of `forms` is a list of documents, to be taken out of it first.
    """
    marks = tuple(f'"{name}"'.encode() for name in members)
    for form in forms:
        first = bytes(form[0]) if isinstance(form, list) and form else b""
        if any(mark in first for mark in marks):
            raise FormatError(f"not {title}: a list of documents where records were expected")
