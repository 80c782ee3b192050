"""Records with one odd field: it is put right or counts as missing, and does not cost the record.

Typed decoders are strict. What one refuses is decoded again with the member that it objects to
turned into what it should be (`"12"` is 12, one object is a list of one), or else left out, as
`members.Members` does it for records of any shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

import msgspec
from msgspec import Raw

from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.documents import Json, decode_json, decode_record

T = TypeVar("T")
MOST_AMENDMENTS = 8
"""Kinds of odd members in one record; a record with more of them is of another shape."""
_PLACE = re.compile(r" - at `\$(?P<path>[^`]+)`$")
_STEP = re.compile(r"\.(?P<name>[^.\[\]]+)|\[(?P<index>\d+)\]|(?P<any>\[\.\.\.\])")
_EXPECTED = re.compile(r"Expected `(?P<kinds>[^`]+)`(?:, got `(?P<got>\w+)`)?")
_KINDS = {
    dict: "object", list: "array", str: "str", int: "int", float: "float", bool: "bool",
    type(None): "null",
}  # fmt: skip
_YES_OR_NO = {"true": True, "false": False}
_MESSAGES = frozenset({"message", "shortDescription", "fullDescription", "help"})
"""Objects of SARIF around a text, which others write bare."""
_NOTHING = object()
Spot = tuple[dict[str, Json] | list[Json], str | int]
"""What holds a member, and the name or index of it."""


def decode_amended(
    raw: bytes | Raw, decoder: msgspec.json.Decoder[T], vital: frozenset[str] = frozenset()
) -> T:
    """Decode one record, in which any member may be odd.

    What is in the `vital` ones (a record is known by them, or they hold records of their own) is
    put right only where nothing is lost by it.

    Raises:
        SkipRecordError: it is of another shape still, or a vital member is; with the reason.
    """
    try:
        return decode_record(raw, decoder)
    except SkipRecordError:
        amended = _amended(bytes(raw), decoder, vital)
        if amended is None:
            raise
        return amended


def _amended(raw: bytes, decoder: msgspec.json.Decoder[T], vital: frozenset[str]) -> T | None:
    """Return a record that can be read once its odd members are out of the way, else None."""
    value = decode_json(raw)
    for _ in range(MOST_AMENDMENTS):
        try:
            return decoder.decode(msgspec.json.encode(value))
        except msgspec.ValidationError as fault:
            if not _amend(value, str(fault), vital):
                return None
        except RecursionError:
            return None
    return None


def _amend(value: Json, fault: str, vital: frozenset[str]) -> bool:
    """Change what `fault` objects to; False when there is nothing to be done."""
    place, expected = _PLACE.search(fault), _EXPECTED.search(fault)
    steps = list(_STEP.finditer(place["path"])) if place else []
    kinds = expected["kinds"].split(" | ") if expected else []
    is_vital = bool(steps) and steps[0]["name"] in vital
    spots = [
        (holder, key)
        for holder, key in (_spots(value, steps) if steps else ())
        if not expected or expected["got"] in (None, _KINDS[type(holder[key])])  # type: ignore[index]
    ]
    for holder, key in reversed(spots):  # so that indices stay what they are
        item = holder[key]  # type: ignore[index]  # of a spot they fit
        better = _arranged(item, kinds, str(key))
        if better is _NOTHING and not (is_vital and len(steps) == 1):  # no id is made from else
            better = _read(item, kinds)
        if better is _NOTHING and is_vital and item is not None:
            return False
        if better is _NOTHING:
            del holder[key]  # type: ignore[arg-type]
        else:
            holder[key] = better  # type: ignore[index]
    return bool(spots)


def _spots(value: Json, steps: list[re.Match[str]]) -> Iterator[Spot]:
    """Yield what is at a path, in every member of an object and item of a list on its way."""
    *before, last = steps
    holders = [value]
    for step in before:
        holders = [holder[key] for holder, key in _inside(holders, step)]  # type: ignore[index]
    yield from _inside(holders, last)


def _inside(holders: list[Json], step: re.Match[str]) -> Iterator[Spot]:
    for holder in holders:
        if isinstance(holder, dict) and step["any"]:
            yield from ((holder, name) for name in list(holder))
        elif isinstance(holder, dict) and step["name"] in holder:
            yield holder, step["name"]
        elif isinstance(holder, list) and step["index"]:  # what one item has, most have
            yield from ((holder, index) for index in range(len(holder)))


def _arranged(item: Json, kinds: list[str], name: str) -> Json:
    """Return `item` as one of `kinds` where that is the same; `_NOTHING` where it is not."""
    if "array" in kinds and isinstance(item, dict):
        return [item]
    if "object" in kinds and isinstance(item, str) and name in _MESSAGES:
        return {"text": item}
    if "int" in kinds or "float" in kinds:
        return _number(wording.scalar(item).strip(), is_whole="float" not in kinds)
    return _NOTHING


def _read(item: Json, kinds: list[str]) -> Json:
    """Return what `item` says as one of `kinds`; `_NOTHING` where it says none."""
    text = wording.scalar(item).strip()
    if "array" in kinds and text:
        return [item]
    if "str" in kinds and text:
        return text
    return _YES_OR_NO.get(text.lower(), _NOTHING) if "bool" in kinds else _NOTHING


def _number(text: str, *, is_whole: bool) -> Json:
    try:
        number = float(text)
        return int(number) if is_whole and number.is_integer() else _NOTHING if is_whole else number
    except (ValueError, OverflowError):
        return _NOTHING
