"""Canonical JSON: the one way a value is written as bytes (docs/ledger-format.md, section 2).

Pure. A line of the ledger is only valid when writing it again gives exactly the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

import msgspec

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"

LARGEST_INTEGER = 2**53 - 1
"""Integers beyond it are not read alike by every JSON reader."""
_MOST_DIGITS = len(str(-LARGEST_INTEGER))
_CERTAINLY_SHALLOW = 100
"""So many brackets cannot nest too deeply for anybody."""


def canonical(value: Json) -> bytes:
    """Write `value` as canonical JSON.

    Raises:
        ValueError: it holds a float, an integer of 2**53 or more, a key that is not ASCII text,
            a lone surrogate, or something JSON has no word for.
    """
    _refuse_unwritable(value, "$")
    return _ENCODER.encode(value).encode("utf-8")


def parse(raw: bytes) -> Any:
    """Read canonical JSON.

    Raises:
        ValueError: it is not JSON, or JSON that is not in canonical form.
    """
    try:
        text = raw.decode("utf-8")
        value = _DECODER.decode(text)
        # The decoder refused numbers that are not writable. What else is not are keys, when one
        # byte is not ASCII (an escaped one is not canonical), and what is nested too deeply.
        if not text.isascii() or text.count("{") + text.count("[") > _CERTAINLY_SHALLOW:
            _refuse_unwritable(value, "$")
        # The quick one writes the same (tests/ledger); only the other one may say that it differs.
        is_same = _QUICK.encode(value) == raw or _ENCODER.encode(value).encode("utf-8") == raw
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not is_same:
        raise ValueError("not in canonical form")
    return value


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"a number that is not an integer: {text[:20]}")


def _integer(text: str) -> int:
    if len(text) > _MOST_DIGITS or abs(number := int(text)) > LARGEST_INTEGER:
        raise ValueError("an integer beyond 2**53 - 1")
    return number


def _refuse_unwritable(value: Any, place: str) -> None:
    match value:
        case None | bool() | str():
            return
        case int():
            if abs(value) > LARGEST_INTEGER:
                raise ValueError(f"{place}: an integer beyond 2**53 - 1")
        case dict():
            for key, inner in value.items():
                _refuse_unwritable(inner, f"{place}.{_ascii(key, place)}")
        case list() | tuple():
            for index, inner in enumerate(value):
                _refuse_unwritable(inner, f"{place}[{index}]")
        case _:
            raise ValueError(f"{place}: {type(value).__name__} has no canonical form")


def _ascii(key: Any, place: str) -> str:
    if isinstance(key, str) and key.isascii():
        return key
    raise ValueError(f"{place}: a key that is not ASCII text: {key!r}")


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_QUICK = msgspec.json.Encoder(order="sorted")
_DECODER = json.JSONDecoder(parse_float=_refuse, parse_int=_integer, parse_constant=_refuse)
