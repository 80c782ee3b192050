"""What the first 64 kB of a file look like: enough to tell formats apart, never more.

The head may end in the middle of anything, and text may stand before the data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from riskcockpit.formats.tables import delimiter_of, header, opening_lines

HEAD_BYTES = 64 * 1024
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_DATA_START = re.compile(r"^[ \t]*(?=\[\s*[\[{\]\"]|\{\s*(?:\}|\"(?!\")))", re.MULTILINE)
"""Where JSON begins after a banner; braces in prose and doubled quotes in a table are none."""
_JSON_START = re.compile(rb"\{|\[(?![A-Za-z0-9])")
"""A document or list at the very start, and not the `[main]` or the time of a line of a log."""
_XML_START = re.compile(rb"^<\?xml\s", re.MULTILINE)
MAX_BANNER = 8 * 1024
"""Bytes within which XML begins."""
_MAX_VALUE = 300
_PROLOG = re.compile(
    r"(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE(?:[^\[\]<>\"']|\"[^\"]*\"|'[^']*'|\[.*?\]\s*(?=>))*>)+",
    re.DOTALL,
)
_ROOT = re.compile(r"<(?:[\w.-]+:)?(?P<name>[\w.-]+)[^>]{0,2000}")


@dataclass(frozen=True, slots=True)
class Shape:
    """The outside of a report."""

    kind: str
    """`object`, `list` (of what is described by `members`), `xml`, `scalar` or `text`."""
    members: dict[str, str] = field(default_factory=dict)
    """Names at the top (of a list: in its first object) → text of a scalar value, else empty."""
    inner: frozenset[str] = frozenset()
    """Names one object further in."""
    start: str = ""
    """The first 300 characters."""
    root: str = ""
    """Local name of the root element of XML."""
    root_tag: str = ""
    """Start tag of the root element, at most 2,000 characters."""
    columns: frozenset[str] = frozenset()
    """Cells of the first line of text, lower-case: the header if it is a table."""
    lines: tuple[frozenset[str], ...] = ()
    """Cells of each of the first lines of text: some tools write prose before the header."""


@lru_cache(maxsize=4)
def shape_of(head: bytes) -> Shape:
    """Return the shape of content that starts with `head`; every format asks for it in turn."""
    start = xml_start(head)
    text = head[start or 0 : HEAD_BYTES].decode("utf-8", "replace").lstrip()
    if start is not None:
        return _xml_shape(text)
    if not _JSON_START.match(head.lstrip()):
        match = _DATA_START.search(text)
        data = text[match.end() :] if match else ""
        shape = _json_shape(data) if data else None
        if shape is None or not shape.members:
            kind = "scalar" if text.strip() in ("null", "true", "false") else "text"
            lines = opening_lines(text)
            return Shape(kind, start=text[:_MAX_VALUE], columns=_columns(text), lines=lines)
        return shape
    return _json_shape(text)


def xml_start(content: bytes) -> int | None:
    """Return where XML begins: at once, or with its declaration below some lines of prose."""
    head = content[:MAX_BANNER].lstrip()
    if head.startswith(b"<"):
        return 0
    if _JSON_START.match(head):
        return None
    found = _XML_START.search(content, 0, MAX_BANNER)
    if found is None or content.count(b'"', 0, found.start()) % 2:  # a cell of a table quotes it
        return None
    return found.start()


def _xml_shape(text: str) -> Shape:
    prolog = _PROLOG.match(text)
    root = _ROOT.match(text, prolog.end() if prolog else 0)
    name = root["name"] if root else ""
    return Shape("xml", start=text[:_MAX_VALUE], root=name, root_tag=root[0] if root else "")


def _columns(text: str) -> frozenset[str]:
    return frozenset(cell.strip().lower() for cell in header(text, delimiter_of(text)))


def _json_shape(text: str) -> Shape:
    walk = _Walk()
    for match in _TOKEN.finditer(text):
        walk.step(match.group())
        if walk.is_done:
            break
    kind = "list" if text.startswith("[") else "object"
    return Shape(kind, walk.members, frozenset(walk.inner), text[:_MAX_VALUE])


class _Walk:
    """Follows the tokens of a JSON text and keeps the names near its top."""

    def __init__(self) -> None:
        self.members: dict[str, str] = {}
        self.inner: set[str] = set()
        self.is_done = False
        self._open: list[str] = []
        self._objects = 0
        self._key = ""
        self._text = ""

    def step(self, sign: str) -> None:
        """Take the next sign."""
        if sign in ("{", "["):
            self._open.append(sign)
            self._objects += sign == "{"
            self._key = ""
        elif sign in ("}", "]"):
            self._close()
        elif sign == ":":
            self._name(self._text)
        elif sign == ",":
            self._key = ""
        else:
            self._value(sign)

    def _close(self) -> None:
        if self._open:
            self._objects -= self._open.pop() == "{"
        self._key = ""
        self.is_done = self._objects == 0 and bool(self.members)

    def _name(self, key: str) -> None:
        if self._objects == 1:
            self.members.setdefault(key, "")
            self._key = key
        elif self._objects == 2:  # noqa: PLR2004 - one object further in
            self.inner.add(key)

    def _value(self, token: str) -> None:
        self._text = token[1:-1] if token.startswith('"') else token
        if self._key and self._open[-1] == "{":
            self.members[self._key] = self._text[:_MAX_VALUE]
