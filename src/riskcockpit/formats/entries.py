"""One record of a JSON report, read member by member: what is missing or odd is just empty.

For formats whose versions differ in small things: one odd member must not cost the record.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

import msgspec

from riskcockpit.domain.clock import parse_utc
from riskcockpit.domain.finding import Location
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import Json, check_depth, decode_json
from riskcockpit.formats.paths import normalise
from riskcockpit.formats.secrets import without_secret
from riskcockpit.formats.suspicion import checked

_MAX_LINE = 2**31 - 1
_LARGEST = 2**53
"""From here on not every whole number is a number of JSON's."""
Step = str | int


class Entry:
    """A JSON object and what can be asked of it; a path of names and indices leads inside."""

    __slots__ = ("raw", "value")

    def __init__(self, value: Json, raw: bytes = b"") -> None:
        self.value = value
        self.raw = raw
        """The record as JSON after redaction; empty for a part of one."""

    def at(self, *path: Step) -> Json:
        """Return what is at `path`, None when nothing is."""
        value = self.value
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def text(self, *path: Step) -> str:
        """Return the text or number at `path` as text, stripped; empty when there is none."""
        return wording.scalar(self.at(*path)).strip()

    def first(self, *names: str) -> str:
        """Return the first of the members called `names` that holds a text."""
        return next(filter(None, map(self.text, names)), "")

    def number(self, *path: Step) -> float | None:
        """Return the number at `path`, also when it is written as text."""
        value = self.at(*path)
        if isinstance(value, int) and not isinstance(value, bool):
            return float(value) if abs(value) < _LARGEST else None
        try:
            number = float(wording.scalar(value))
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def integer(self, *path: Step) -> int | None:
        """Return the whole number at `path`."""
        number = self.number(*path)
        return None if number is None else int(number)

    def line(self, *path: Step) -> int | None:
        """Return the line or column at `path`, from 1."""
        number = self.integer(*path)
        return number if number is not None and 0 < number <= _MAX_LINE else None

    def flag(self, *path: Step) -> bool:
        """Whether there is `true` at `path`, as JSON or as a word."""
        value = self.at(*path)
        return value is True or (isinstance(value, str) and value.strip().lower() == "true")

    def items(self, *path: Step) -> list[Json]:
        """Return the list at `path`; a single value counts as a list of it, null as none."""
        value = self.at(*path)
        if isinstance(value, list):
            return value
        return [] if value is None else [value]

    def texts(self, *path: Step) -> tuple[str, ...]:
        """Return the texts in the list at `path`."""
        found = (wording.scalar(item).strip() for item in self.items(*path))
        return tuple(text for text in found if text)

    def entry(self, *path: Step) -> Entry:
        """Return what is at `path` as an entry of its own."""
        return Entry(self.at(*path))

    def entries(self, *path: Step) -> list[Entry]:
        """Return the objects in the list at `path`."""
        return [Entry(item) for item in self.items(*path) if isinstance(item, dict)]

    def moment(self, *path: Step) -> datetime | None:
        """Return the moment at `path`, aware UTC; None when it is none."""
        return moment(self.text(*path))


class SecretEntry(NamedTuple):
    """A record of a secret scanner, without the secret."""

    entry: Entry
    digest: str
    """Keyed hash of the secret; empty when none is kept."""


def read_entry(raw: bytes, options: ReadOptions) -> Entry:
    """Return the JSON object `raw`, checked and redacted.

    Raises:
        SkipRecordError: it is no object, or nested too deeply.
    """
    raw = checked(raw, options)
    return Entry(_object(raw), raw)


def read_secret_entry(
    raw: bytes, options: ReadOptions, *, secret: Collection[str] = (), drop: Collection[str] = ()
) -> SecretEntry:
    """Return the JSON object `raw`, a record of a found secret, without that secret.

    `secret` are members at its top that hold it besides those every scanner calls so, `drop` those
    that quote the code around it or say who wrote it.

    Raises:
        SkipRecordError: it is no object, or nested too deeply.
    """
    check_depth(raw, options.max_depth)
    value = _object(raw)
    kept = {key: item for key, item in value.items() if key not in secret and key not in drop}
    hidden = [value[key] for key in secret if value.get(key)]
    found = without_secret(
        msgspec.json.encode(kept | {"match": hidden} if hidden else kept), options
    )
    return SecretEntry(Entry(_object(found.record), found.record), found.digest)


def moment(text: str) -> datetime | None:
    """Return the RFC 3339 moment `text`, aware UTC; None when it is none."""
    try:
        return parse_utc(text.removesuffix(" UTC")) if text else None
    except (ValueError, OverflowError):
        return None


def location(
    path: str,
    options: ReadOptions,
    *,
    line: int | None = None,
    column: int | None = None,
    end_line: int | None = None,
    snippet: str = "",
) -> tuple[Location, ...]:
    """Return the place in a file as the only one, or none when the report gives no path."""
    where = normalise(path, options.checkout_prefixes)
    if not where:
        return ()
    return (Location(where, line, column, end_line, wording.snippet(snippet)),)


def _object(raw: bytes) -> Json:
    value = decode_json(raw)
    if not isinstance(value, dict):
        raise SkipRecordError("not an object")
    return value
