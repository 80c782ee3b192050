"""Names of people in records: who found a fault says nothing of it, and is not kept."""

from __future__ import annotations

import msgspec

from riskcockpit.formats.documents import Json, decode_json

FIELDS = (
    "credits", "acknowledgments", "acknowledgements", "found_by", "reported_by", "foundBy",
    "reportedBy",
)  # fmt: skip
"""Members of advisories that name people."""
_MARKS = tuple(f'"{name}"'.encode() for name in FIELDS)


def without_people(raw: bytes) -> bytes:
    """Return the JSON record `raw` without its members that name people.

    Raises:
        SkipRecordError: it is not JSON.
    """
    if not any(mark in raw for mark in _MARKS):
        return raw
    return msgspec.json.encode(_stripped(decode_json(raw)))


def _stripped(value: Json) -> Json:
    if isinstance(value, list):
        return [_stripped(item) for item in value]
    if isinstance(value, dict):
        return {key: _stripped(item) for key, item in value.items() if key not in FIELDS}
    return value
