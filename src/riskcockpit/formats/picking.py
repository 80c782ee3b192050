"""Members of JSON records whose shape nobody guarantees: what is absent or odd counts as empty.

For formats that changed the type of a member between versions. One odd member must not quarantine
a record that can be identified.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from riskcockpit.domain.redaction import may_hold_secret
from riskcockpit.errors import SkipRecordError
from riskcockpit.formats import wording
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import check_depth, decode_json
from riskcockpit.formats.suspicion import redacted_value

Record = Mapping[str, Any]

_YES = frozenset({"true", "yes", "1"})


def opened(
    raw: bytes, options: ReadOptions, drop: Collection[str] = ()
) -> tuple[bytes, dict[str, Any]]:
    """Return the record `raw` without secrets, as JSON and decoded.

    Members called as in `drop`, lower case, are left out at any depth: people, recorded traffic.

    Raises:
        SkipRecordError: it is nested too deeply, not JSON, or not an object.
    """
    check_depth(raw, options.max_depth)
    record = decode_json(raw)
    if drop and _has_member(raw, drop):
        record = _without(record, drop)
        raw = msgspec.json.encode(record)
    if may_hold_secret(raw):
        record = redacted_value(record, options.redact)
        raw = msgspec.json.encode(record)
    if not isinstance(record, dict):
        raise SkipRecordError("not an object")
    return raw, record


def _has_member(raw: bytes, names: Collection[str]) -> bool:
    """Whether one of `names` may be a member of the JSON text `raw`."""
    lower = raw.lower()
    return any(f'"{name}"'.encode() in lower for name in names)


def _without(value: Any, drop: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_without(item, drop) for item in value]
    if isinstance(value, dict):
        return {key: _without(item, drop) for key, item in value.items() if key.lower() not in drop}
    return value


def member(record: Any, *path: str) -> Any:
    """Return what stands at `path`, from object to object; None where the way breaks off."""
    for name in path:
        if not isinstance(record, Mapping):
            return None
        record = record.get(name)
    return record


def text(record: Any, *path: str) -> str:
    """Return the text or number at `path`, stripped; empty for anything else."""
    return wording.scalar(member(record, *path)).strip()


def first_text(record: Any, *names: str) -> str:
    """Return the first of the members `names` that is not empty."""
    return next((found for name in names if (found := text(record, name))), "")


def number(record: Any, *path: str) -> float | None:
    """Return the number at `path`, also one written as a text; None for anything else."""
    try:
        value = float(text(record, *path))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def cvss(score: float | None) -> float | None:
    """Return `score` if it can be one of CVSS, above 0 and at most 10."""
    return score if score is not None and 0 < score <= 10 else None  # noqa: PLR2004 - CVSS


def probability(value: float | None) -> float | None:
    """Return `value` if it can be a probability, from 0 to 1."""
    return value if value is not None and 0 <= value <= 1 else None


def is_set(record: Any, *path: str) -> bool:
    """Whether the member at `path` is true, `true`, `yes` or 1."""
    value = member(record, *path)
    return value is True or text(record, *path).lower() in _YES


def items(record: Any, *path: str) -> list[Any]:
    """Return the list at `path`; one value that is no list counts as a list of it."""
    value = member(record, *path)
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def objects(record: Any, *path: str) -> list[Record]:
    """Return the objects in the list at `path`, or the one object there."""
    return [item for item in items(record, *path) if isinstance(item, dict)]


def texts(record: Any, *path: str) -> list[str]:
    """Return the texts in the list at `path`, or the one text there, without empty ones."""
    found = (wording.scalar(item).strip() for item in items(record, *path))
    return [item for item in found if item]
