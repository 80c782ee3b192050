"""JSON records whose fields vary from version to version: a look at them that never fails.

A member of another type than asked for counts as missing, so one odd field does not cost the
record. What a record cannot do without, its reader checks itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from msgspec import Raw

from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import Json, decode_json
from riskcockpit.formats.suspicion import checked, searched

MAX_LINE = 2**31 - 1
_NOTHING = frozenset({"none", "null", "n/a"})
"""Texts by which careless exporters write that there is nothing."""
_LONGEST_NOTHING = max(map(len, _NOTHING))


class Members:
    """A JSON object; any other value counts as one without members."""

    __slots__ = ("value",)

    def __init__(self, value: Json) -> None:
        self.value: dict[str, Any] = value if isinstance(value, dict) else {}

    def __bool__(self) -> bool:
        return bool(self.value)

    def __contains__(self, name: str) -> bool:
        return name in self.value

    def text(self, *names: str) -> str:
        """Return the first of these members that is a text or number and says something."""
        for name in names:
            value = self.value.get(name)
            found = value.strip() if type(value) is str else wording.scalar(value)
            if found and (len(found) > _LONGEST_NOTHING or found.lower() not in _NOTHING):
                return found
        return ""

    def name(self, *names: str) -> str:
        """Return such a text as an id, version or name."""
        return wording.name(self.text(*names))

    def number(self, *names: str) -> float | None:
        """Return the first of these members that is a finite number, or a text of one."""
        for name in names:
            value = self.value.get(name)
            if isinstance(value, bool):
                continue
            try:
                number = float(wording.scalar(value))
            except ValueError:
                continue
            if math.isfinite(number):
                return number
        return None

    def score(self, *names: str) -> float | None:
        """Return the first of these members that is a CVSS score above zero."""
        for name in names:
            number = self.number(name)
            if number is not None and 0 < number <= 10:  # noqa: PLR2004 - CVSS
                return number
        return None

    def probability(self, *names: str) -> float | None:
        """Return the first of these members that is a number from 0 to 1."""
        number = self.number(*names)
        return number if number is not None and 0 <= number <= 1 else None

    def line(self, *names: str) -> int | None:
        """Return the first of these members that is the number of a line or column."""
        for name in names:
            number = self.number(name)
            if number is not None and 0 < number <= MAX_LINE:
                return int(number)
        return None

    def flag(self, name: str) -> bool:
        """Whether the member is true, or a text that says so."""
        value = self.value.get(name)
        return value is True or (isinstance(value, str) and value.strip().lower() == "true")

    def member(self, name: str) -> Members:
        """Return the object `name`."""
        return Members(self.value.get(name))

    def members(self, *names: str) -> list[Members]:
        """Return the objects in the first of these members that is a list."""
        return [Members(item) for item in self._list(names) if isinstance(item, dict)]

    def texts(self, *names: str) -> list[str]:
        """Return the texts in the first of these members that is a list, or a text alone."""
        found = [wording.scalar(item).strip() for item in self._list(names)]
        return [text for text in found if text] or [
            text for name in names if (text := self.text(name))
        ][:1]

    def _list(self, names: Iterable[str]) -> list[Any]:
        lists = (self.value.get(name) for name in names)
        return next((found for found in lists if isinstance(found, list)), [])


def record_of(
    raw: bytes, options: ReadOptions, *, without: frozenset[str] = frozenset()
) -> tuple[Members, bytes]:
    """Return a JSON record and what is kept of it: no secrets, no members called as in `without`.

    Raises:
        SkipRecordError: it is nested too deeply, not JSON, or no object.
    """
    clean = checked(raw, options)
    try:
        value = msgspec.json.decode(clean)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = decode_json(clean)
        clean = msgspec.json.encode(value)
    if not isinstance(value, dict):
        raise SkipRecordError("not a JSON object")
    if without and any(f'"{name}"'.encode() in clean for name in without):
        value = dropped(value, without)
        clean = msgspec.json.encode(value)
    return Members(value), bytes(clean)


def dropped(value: Json, names: frozenset[str]) -> Json:
    """Return `value` without the members called as in `names`, at any depth."""
    if isinstance(value, list):
        return [dropped(item, names) for item in value]
    if isinstance(value, dict):
        return {key: dropped(item, names) for key, item in value.items() if key not in names}
    return value


def paragraphs(*texts: str) -> str:
    """Return the texts that say something as a description."""
    return wording.description("\n\n".join(text.strip() for text in texts if text.strip()))


def labelled(label: str, text: str) -> str:
    """Return `label: text`, or nothing when there is no text."""
    return f"{label}: {text}" if text else ""


def web_address(texts: Iterable[str]) -> str:
    """Return the first web address among `texts`; empty when there is none."""
    return next(
        (wording.name(text) for text in texts if text.startswith(("https://", "http://"))), ""
    )


def each(raws: Iterable[Raw] | None, place: str) -> Iterator[tuple[str, bytes]]:
    """Yield each record with its place in the report; all are searched for secrets at once."""
    for number, raw in enumerate(searched([bytes(raw) for raw in raws or ()])):
        yield f"{place}[{number}]", raw
