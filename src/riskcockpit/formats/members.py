"""JSON records whose fields vary from version to version: a look at them that never fails.

A member of another type than asked for counts as missing, so one odd field does not cost the
record. What a record cannot do without, its reader checks itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec
from msgspec import Raw

from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.cvss import valid_score
from riskcockpit.formats.documents import (
    Json,
    check_depth,
    decode_json,
    has_member,
    without_members,
)
from riskcockpit.formats.moments import moment
from riskcockpit.formats.suspicion import is_suspect, redacted_value, searched

MAX_LINE = 2**31 - 1
_NOTHING = frozenset({"none", "null", "n/a"})
"""Texts by which careless exporters write that there is nothing."""
_LONGEST_NOTHING = max(map(len, _NOTHING))
_YES = frozenset({"true", "yes", "1"})
Step = str | int


class Members:
    """A JSON value and what can be asked of it; a path of names and indices leads inside."""

    __slots__ = ("raw", "value")

    def __init__(self, value: Json = None, raw: bytes = b"") -> None:
        self.value = value
        self.raw = raw
        """The record as strict JSON, as it is kept; empty for a part of one."""

    def __bool__(self) -> bool:
        """Whether it is an object with anything in it."""
        return isinstance(self.value, dict) and bool(self.value)

    def encoded(self) -> bytes:
        """Return it as JSON."""
        return self.raw or msgspec.json.encode(self.value)

    def object(self) -> dict[str, Json]:
        """Return the members as they are; none when it is no object."""
        return self.value if isinstance(self.value, dict) else {}

    def __contains__(self, name: str) -> bool:
        return isinstance(self.value, dict) and name in self.value

    def at(self, *path: Step) -> Json:
        """Return what is at `path` as it is, None when nothing is."""
        value = self.value
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
                value = value[step]
            else:
                return None
        return value

    def word(self, *path: Step) -> str:
        """Return the text or number at `path` as text, stripped; empty when there is none."""
        found = self.at(*path)
        return found.strip() if type(found) is str else wording.scalar(found)

    def text(self, *path: Step) -> str:
        """Return the same, but nothing for a text that says nothing, as `None` or `n/a`."""
        found = self.word(*path)
        return "" if len(found) <= _LONGEST_NOTHING and found.lower() in _NOTHING else found

    def first(self, *names: str) -> str:
        """Return the first of the members called `names` that is a text and says something."""
        return next((found for name in names if (found := self.text(name))), "")

    def name(self, *path: Step) -> str:
        """Return the text at `path` as an id, version or name."""
        return wording.name(self.text(*path))

    def texts(self, *path: Step) -> list[str]:
        """Return the texts in the list at `path`, or the one text there."""
        return [text for item in self.items(*path) if (text := item.text())]

    def number(self, *path: Step) -> float | None:
        """Return the finite number at `path`, also when it is written as text."""
        found = self.at(*path)
        try:
            number = float(found if type(found) is float else wording.scalar(found))
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def integer(self, *path: Step) -> int | None:
        """Return the number at `path` without its fraction."""
        number = self.number(*path)
        return None if number is None else int(number)

    def line(self, *path: Step) -> int | None:
        """Return the number of a line or column at `path`, from 1."""
        number = self.integer(*path)
        return number if number is not None and 0 < number <= MAX_LINE else None

    def row(self, *path: Step) -> int | None:
        """Return the number of a line or column at `path`, which the tool counts from 0, from 1."""
        number = self.integer(*path)
        return number + 1 if number is not None and 0 <= number < MAX_LINE else None

    def score(self, *names: str) -> float | None:
        """Return the first of these members that is a CVSS score, above 0 as it says nothing."""
        scores = (valid_score(self.number(name)) for name in names)
        return next((score for score in scores if score is not None), None)

    def probability(self, *path: Step) -> float | None:
        """Return the number from 0 to 1 at `path`."""
        number = self.number(*path)
        return number if number is not None and 0 <= number <= 1 else None

    def flag(self, *path: Step) -> bool:
        """Whether there is true at `path`, as JSON, as a word or as 1."""
        found = self.at(*path)
        return found is True or self.word(*path).lower() in _YES

    def moment(self, *path: Step) -> datetime | None:
        """Return the moment at `path`, aware UTC; None when it is none."""
        return moment(self.at(*path))

    def member(self, *path: Step) -> Members:
        """Return what is at `path`; what is not there answers every question with nothing."""
        return Members(self.at(*path))

    def items(self, *path: Step) -> list[Members]:
        """Return what is in the list at `path`; one value counts as a list of it, null as none."""
        found = self.at(*path)
        if isinstance(found, list):
            return [Members(item) for item in found]
        return [] if found is None else [Members(found)]

    def members(self, *path: Step) -> list[Members]:
        """Return the objects in the list at `path`, or the one object there."""
        return [item for item in self.items(*path) if isinstance(item.value, dict)]

    def pairs(self, *path: Step) -> Iterator[tuple[str, Members]]:
        """Yield the members of the object at `path` with their names."""
        found = self.at(*path)
        if isinstance(found, dict):
            for name, item in found.items():
                yield name, Members(item)


NOTHING = Members()


def viewed(_type: type, value: Json) -> Members:
    """Return a member that an envelope declares as `Members`: what msgspec calls a `dec_hook`."""
    return Members(value)


def record_of(
    raw: bytes, options: ReadOptions, *, without: frozenset[str] = frozenset()
) -> Members:
    """Return a JSON record without secrets and without what is not kept.

    Members called as in `without` are left out at any depth: people, recorded traffic.

    Raises:
        SkipRecordError: it is nested too deeply, not JSON, or no object.
    """
    check_depth(raw, options.max_depth)
    is_strict = True
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = decode_json(raw)
        is_strict = False
    if not isinstance(value, dict):
        raise SkipRecordError("not an object")
    kept = without_members(value, without) if has_member(raw, without) else value
    if is_suspect(raw):
        kept = redacted_value(kept, options.redact)
    is_kept_as_is = is_strict and kept is value
    return Members(kept, bytes(raw) if is_kept_as_is else msgspec.json.encode(kept))


def each(raws: Iterable[Raw | bytes] | None, place: str) -> Iterator[tuple[str, bytes]]:
    """Yield each record with its place in the report; all are searched for secrets at once."""
    for number, raw in enumerate(searched([bytes(raw) for raw in raws or ()])):
        yield f"{place}[{number}]", raw


def line_number(text: str) -> int | None:
    """Return a line that is written as text; None when it is no number of a line."""
    is_short = len(text) <= len(str(MAX_LINE))
    number = int(text) if is_short and text.isascii() and text.isdigit() else 0
    return number if 0 < number <= MAX_LINE else None
