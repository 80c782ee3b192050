"""Which words may stand at a place of a struct, for errors about one that may not."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

import msgspec

_STEP = re.compile(r"\[[^\]]*\]|[^.\[\]]+")
_MOST = 20
"""More words than so many are not listed."""


def meant(what: str, type_: Any, path: str) -> str | None:
    """Return the hint for a word that nobody knows, at `path` in a `type_`; None: another fault.

    `what` is msgspec's message, as `Invalid enum value 'hihg'`; `path` as `sources[0].kind`, with
    `[...]` for any value of a mapping.
    """
    if not what.startswith("Invalid enum value "):
        return None
    known = [str(word) for word in _words(_at(type_, path))]
    said = what.removeprefix("Invalid enum value ").strip("'")
    if nearest := difflib.get_close_matches(said.lower(), known, 1):
        return f'did you mean "{nearest[0]}"?'
    return f"one of {', '.join(known)}" if 0 < len(known) <= _MOST else None


def _at(annotation: Any, path: str) -> Any:
    """Return the type at `path`; None where it cannot be told."""
    for step in _STEP.findall(path):
        if step.startswith("["):
            held = [each for each in _parts(annotation) if get_origin(each) in _HOLDERS]
            inner = [each for each in get_args(held[0]) if each is not Ellipsis] if held else []
            annotation = inner[-1] if inner else None
        else:
            structs = [each for each in _parts(annotation) if _is_struct(each)]
            fields = msgspec.structs.fields(structs[0]) if structs else ()
            annotation = next((f.type for f in fields if f.encode_name == step), None)
    return annotation


_HOLDERS: tuple[Any, ...] = (tuple, list, dict, set, frozenset)


def _is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)


def _parts(annotation: Any) -> tuple[Any, ...]:
    """Return what a union is of; of anything else, itself."""
    is_plain = isinstance(annotation, type) or get_origin(annotation) in (*_HOLDERS, Literal)
    return (annotation,) if is_plain else get_args(annotation) or (annotation,)


def _words(annotation: Any) -> Iterator[object]:
    for part in _parts(annotation):
        if get_origin(part) is Literal:
            yield from get_args(part)
        elif isinstance(part, type) and issubclass(part, Enum):
            yield from (each.value for each in part)
