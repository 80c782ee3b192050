"""A large JSON report made short: its names near the top, whatever stands between them.

Writers that sort the members of an object put those by which a format is told behind megabytes of
records. What is left here is what a `Shape` needs: all members of the top, and the names one object
further in.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import msgspec
from msgspec import Raw

_MAX_MEMBERS = 60
_MAX_INNER = 40
_MAX_ITEMS = 3
_MAX_TEXT = 300
_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_LIST = msgspec.json.Decoder(list[Raw])
_TEXT = msgspec.json.Decoder(str)


def condensed(content: bytes) -> bytes:
    """Return the JSON document `content` starts with, made short; empty if it is none."""
    for document in (content, content.lstrip().partition(b"\n")[0]):
        try:
            return _top(document)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
    return b""


def _top(raw: bytes) -> bytes:
    """Return a document with the members of its object, or of the first objects of its list."""
    if _is(raw, b"["):
        return _listed(_top(bytes(item)) for item in islice(_LIST.decode(raw), 1))
    if not _is(raw, b"{"):
        return b""
    members = islice(_OBJECT.decode(raw).items(), _MAX_MEMBERS)
    return _object((name, _member(bytes(value))) for name, value in members)


def _member(raw: bytes) -> bytes:
    if _is(raw, b"{"):
        return _object((name, b"null") for name in islice(_OBJECT.decode(raw), _MAX_INNER))
    if _is(raw, b"["):
        return _listed(_member(bytes(item)) for item in islice(_LIST.decode(raw), _MAX_ITEMS))
    if _is(raw, b'"'):
        return msgspec.json.encode(_TEXT.decode(raw)[:_MAX_TEXT])
    return raw.strip()[:_MAX_TEXT]


def _is(raw: bytes, sign: bytes) -> bool:
    return raw[:64].lstrip().startswith(sign)


def _object(members: Iterable[tuple[str, bytes]]) -> bytes:
    return b"{%s}" % b",".join(msgspec.json.encode(name) + b":" + value for name, value in members)


def _listed(items: Iterable[bytes]) -> bytes:
    return b"[%s]" % b",".join(items)
