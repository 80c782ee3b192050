"""JSON as it is found: one document, JSON Lines, a stream of objects, a banner before the data.

The strict and fast way is tried first; only content that is not one strict JSON document takes the
lenient way, which also bears NaN, raw control characters and lone surrogates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any, TypeVar

import msgspec

from riskcockpit.domain.untrusted import REPLACEMENT
from riskcockpit.errors import FormatError, SkipRecordError
from riskcockpit.formats.api import MIB
from riskcockpit.formats.wording import reason

MAX_LENIENT_BYTES = 256 * MIB
"""Beyond this only strict JSON is read: the lenient way needs many times the memory."""

MOST_FAILURES = 200
"""Values over several lines that turn out to be none; of more, only those of one line are read."""
_ARRAY, _OBJECT = len("[]"), len('{"":}')
"""Bytes that a level more takes at least; an object with nothing in it is shorter, and the last."""
_ESCAPE = len("\\u0000")
"""How far before the end of a line a mistake may be that is only its end."""

T = TypeVar("T")
Json = Any
_LINE_START = re.compile(r"^(?:\{|\[(?![A-Za-z0-9]))", re.MULTILINE)
"""A bracket with a word or a time behind it begins a line of a log: `[main] INFO`."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_DECODER = json.JSONDecoder(strict=False)
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_BRACKETS = (b"{", b"[")
_STEPS = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NO_BRACKETS = bytes(code for code in range(256) if code not in _STEPS)


@dataclass(frozen=True, slots=True)
class Documents:
    """The JSON documents in one file, as strict JSON."""

    parts: tuple[bytes, ...]
    notes: tuple[str, ...] = ()
    """What was not strict JSON, for the person who imports."""
    unreadable: tuple[str, ...] = ()
    """A sentence for each line of data that could not be read."""


def decode_documents(
    content: bytes, decode: Callable[[bytes], T], title: str
) -> tuple[list[T], Documents]:
    """Decode all documents of `content` with `decode`, a decoder of msgspec.

    Raises:
        FormatError: nothing in it is JSON, or a document has another shape; names the place.
    """
    content, notes = _valid(content)
    try:
        try:
            return [decode(content)], Documents((content,), notes)
        except msgspec.ValidationError:
            behind = _behind(content)
            if behind is None:
                raise
            return [decode(part) for part in behind.parts], behind
        except (msgspec.DecodeError, UnicodeDecodeError) as fault:
            documents = lenient(content, str(fault))
            documents = replace(documents, notes=notes + documents.notes)
            return [decode(part) for part in documents.parts], documents
    except msgspec.ValidationError as fault:
        raise FormatError(f"not {title}: {reason(fault)}") from fault
    except RecursionError as fault:
        raise FormatError("the report is nested too deeply to be read") from fault


def _behind(content: bytes) -> Documents | None:
    """Return the documents behind a time or a number, with which a log begins; None without."""
    if content.lstrip()[:1] in _BRACKETS:
        return None
    try:
        return lenient(content, "it begins with a text")
    except FormatError:
        return None


def _valid(content: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return `content` in valid UTF-8: a decoder passes over what is unasked; records keep it."""
    if content.isascii():
        return content, ()
    try:
        content.decode()
    except UnicodeDecodeError as fault:
        note = f"not UTF-8 (byte {fault.start}); what is not is replaced"
        return content.decode("utf-8", "replace").encode(), (note,)
    return content, ()


def lenient(content: bytes, fault: str) -> Documents:
    """Return the documents of content that is not one strict JSON document.

    Raises:
        FormatError: it holds no complete JSON object or array; `fault` says where it broke.
    """
    if len(content) > MAX_LENIENT_BYTES:
        raise FormatError(f"not one strict JSON document: {fault}", hint=_BROKEN_HINT)
    text = content.decode("utf-8", "replace").lstrip()
    starts = [match.start() for match in _LINE_START.finditer(text)]
    values: list[Json] = []
    unreadable: list[str] = []
    reader = _Reader(text)
    end = line = counted = 0
    for start in starts:
        if start < end:
            continue
        stream = list(reader.stream(start))
        values += [value for value, _ in stream]
        if stream:
            end = stream[-1][1]
        else:
            line, counted = line + text.count("\n", counted, start), start
            unreadable.append(f"line {line + 1} is not readable JSON")
    if not values:
        raise FormatError(f"not readable as JSON: {reason(Exception(fault))}", hint=_BROKEN_HINT)
    notes = list(_banner(text, starts[0]))
    notes.append(f"not one strict JSON document ({fault}); read {len(values)} document(s)")
    parts = tuple(msgspec.json.encode(without_surrogates(value)) for value in values)
    return Documents(parts, tuple(notes), tuple(unreadable))


class _Reader:
    """Reads JSON values out of a text, in a time that does not grow with the square of its size.

    A mistake costs the decoder of Python all of the text before it, for its number of lines. So a
    value is looked for in its line first, and over the lines only where it may go on there.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._line = ""
        self._begin = 0
        """Where `_line` begins."""
        self._failures = 0

    def stream(self, start: int) -> Iterator[tuple[Json, int]]:
        """Yield the values that follow each other from `start`, each with its end."""
        text = self._text
        while start < len(text) and text[start] in "{[":
            found = self._value(start)
            if found is None:
                return
            yield found
            start = found[1]
            while start < len(text) and text[start] in " \t\r\n,":
                start += 1

    def _value(self, start: int) -> tuple[Json, int] | None:
        if not self._begin <= start < self._begin + len(self._line):
            end = self._text.find("\n", start)
            self._begin, self._line = start, self._text[start : None if end < 0 else end]
        try:
            value, end = _DECODER.raw_decode(self._line, start - self._begin)
        except ValueError as fault:
            return self._over_lines(start) if self._may_go_on(fault) else None
        return value, self._begin + end

    def _may_go_on(self, fault: ValueError) -> bool:
        """Whether a line ends too early, and is not wrong before."""
        if not isinstance(fault, json.JSONDecodeError):
            return False
        is_cut = fault.msg.startswith("Unterminated string")
        return is_cut or fault.pos >= len(self._line) - _ESCAPE

    def _over_lines(self, start: int) -> tuple[Json, int] | None:
        if self._failures >= MOST_FAILURES:
            return None
        try:
            value, end = _DECODER.raw_decode(self._text, start)
        except ValueError:
            self._failures += 1
            return None
        return value, end


def _banner(text: str, start: int) -> Iterator[str]:
    banner = text[:start].strip()
    if banner:
        yield f"skipped {len(banner.splitlines())} line(s) of text before the data"


def decode_record(raw: bytes | msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode one record; one with a broken escape or number in it the lenient way.

    Raises:
        SkipRecordError: it is not of the shape, with the reason.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as fault:
        raise SkipRecordError(reason(fault)) from fault
    except (msgspec.DecodeError, UnicodeDecodeError):
        value = decode_json(bytes(raw))
    except RecursionError as fault:
        raise SkipRecordError("nested too deeply") from fault
    try:
        found: T = msgspec.convert(value, decoder.type, dec_hook=decoder.dec_hook)
    except (msgspec.ValidationError, RecursionError) as fault:
        raise SkipRecordError(reason(fault)) from fault
    return found


def decode_json(raw: bytes) -> Json:
    """Decode one record of any shape, leniently where it must be.

    Raises:
        SkipRecordError: it is not JSON.
    """
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        try:
            value, _ = _DECODER.raw_decode(raw.decode("utf-8", "replace"))
        except (ValueError, RecursionError) as again:
            raise SkipRecordError(reason(fault)) from again
        return without_surrogates(value)
    except RecursionError as fault:
        raise SkipRecordError("nested too deeply") from fault


def may_be_deep(raw: bytes, max_depth: int) -> bool:
    """Whether a record has brackets enough to be nested deeper than `max_depth`."""
    if len(raw) <= _ARRAY * max_depth:
        return False
    arrays = raw.count(b"[")
    most = arrays + 1 + (len(raw) - _ARRAY * arrays) // _OBJECT
    return most > max_depth and arrays + raw.count(b"{") > max_depth


def check_depth(raw: bytes, max_depth: int) -> None:
    """Refuse a record nested deeper than `max_depth`; cheap for those with few brackets.

    Raises:
        SkipRecordError: it is nested deeper.
    """
    if not may_be_deep(raw, max_depth):
        return
    brackets = _STRING.sub(b"", raw).translate(None, _NO_BRACKETS)
    if max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > max_depth:
        raise SkipRecordError(f"nested deeper than {max_depth} levels")


def map_text(value: Json, change: Callable[[str], str]) -> Json:
    """Return `value` with every text in it, keys included, replaced by `change` of it."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [map_text(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key): map_text(item, change) for key, item in value.items()}
    return value


def has_member(raw: bytes, names: frozenset[str]) -> bool:
    """Whether one of `names`, in any letter case, may be that of a member in the JSON `raw`."""
    if not names:
        return False
    lower = raw.lower()
    return any(mark in lower for mark in _marks(names))


def without_members(value: Json, names: frozenset[str]) -> Json:
    """Return `value` without the members called as in `names`, in any letter case and depth."""
    return _without(value, _lowered(names))


def _without(value: Json, names: frozenset[str]) -> Json:
    if isinstance(value, list):
        return [_without(item, names) for item in value]
    if isinstance(value, dict):
        return {
            key: _without(item, names) for key, item in value.items() if key.lower() not in names
        }
    return value


@lru_cache(maxsize=64)
def _lowered(names: frozenset[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


@lru_cache(maxsize=64)
def _marks(names: frozenset[str]) -> tuple[bytes, ...]:
    return tuple(f'"{name}"'.encode() for name in _lowered(names))


def without_surrogates(value: Json) -> Json:
    """Return `value` with lone surrogates, which no encoder takes, replaced by U+FFFD."""
    return map_text(value, lambda text: _SURROGATE.sub(REPLACEMENT, text))


_BROKEN_HINT = "the file may be cut off; run the scanner again"
