"""Which records of a report may hold a secret, and the redaction of those that do.

Above `LARGE` the search is done by Arrow's RE2, which is three times as fast as `re`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import msgspec

from riskcockpit.domain.redaction import SUSPECT, is_secret_name, may_hold_secret
from riskcockpit.formats.api import ReadOptions
from riskcockpit.formats.documents import (
    Json,
    check_depth,
    decode_json,
    has_member,
    without_members,
)

LARGE = 1 << 16
"""Bytes of records from which Arrow is quicker. Its import counts for nothing: what was read is
staged by Arrow in any case."""
_BATCH = 8192


class Innocent(bytes):
    """A JSON record that was searched already: there is no hint of a secret in it."""

    __slots__ = ()


def searched(records: Sequence[bytes]) -> Iterator[bytes]:
    """Yield all records, those without a hint of a secret as `Innocent`; in batches it is fast."""
    for start in range(0, len(records), _BATCH):
        batch = records[start : start + _BATCH]
        for record, is_suspect in zip(batch, suspects(batch), strict=True):
            yield record if is_suspect else Innocent(record)


def is_suspect(record: bytes) -> bool:
    """Whether a JSON record may hold a secret; one that was searched already is not again."""
    return not isinstance(record, Innocent) and may_hold_secret(record)


def suspects(records: Sequence[bytes | msgspec.Raw]) -> Sequence[bool]:
    """Return for each JSON record whether it may hold a secret."""
    if sum(map(len, records)) < LARGE:
        return [may_hold_secret(bytes(record)) for record in records]
    return _suspects_by_arrow(records)


def has_suspect(document: bytes) -> bool:
    """Whether any record that stands in the JSON `document` as it is may hold a secret.

    What is found in a record is found in the whole, too. The search ends at the first find, so it
    costs next to nothing where there are some, and saves the search of all records where none is.
    """
    if len(document) < LARGE:
        return may_hold_secret(document)
    return _suspects_by_arrow((document,))[0]


def _suspects_by_arrow(records: Sequence[bytes | msgspec.Raw]) -> list[bool]:
    import pyarrow as pa  # noqa: PLC0415 - who reads nothing large does without its start-up time

    kernels = _kernels()
    options = kernels.MatchSubstringOptions(SUSPECT)
    found: list[bool] = []
    for start in range(0, len(records), _BATCH):
        batch = records[start : start + _BATCH]
        offsets = array("q", accumulate(map(len, batch), initial=0))
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(batch))]
        column = pa.Array.from_buffers(pa.large_binary(), len(batch), buffers)
        matches = kernels.call_function("match_substring_regex", [column], options)
        found += matches.to_pylist()
    return found


def _kernels() -> Any:
    """Return what `pyarrow.compute` exports; itself it takes 50 ms to document 300 functions."""
    try:
        from pyarrow import _compute as kernels  # noqa: PLC0415 - as above
    except ImportError:
        import pyarrow.compute as kernels  # noqa: PLC0415 - as above
    return kernels


def redacted(raw: bytes, redact: Callable[[str], str]) -> bytes:
    """Return the JSON record `raw` with every text in it redacted.

    Raises:
        SkipRecordError: `raw` is not JSON.
    """
    return msgspec.json.encode(redacted_value(decode_json(raw), redact))


def redacted_value(value: Json, redact: Callable[[str], str]) -> Json:
    """Return `value` redacted; a text under a name like `password` counts as assigned to it."""
    if isinstance(value, list):
        return [redacted_value(item, redact) for item in value]
    if isinstance(value, dict):
        return {redact(key): _redacted_member(key, item, redact) for key, item in value.items()}
    return redact(value) if isinstance(value, str) else value


def _redacted_member(key: str, value: Json, redact: Callable[[str], str]) -> Json:
    if not isinstance(value, str) or not is_secret_name(key):
        return redacted_value(value, redact)
    assigned = redact(f'{key}="{value}"')
    return assigned[len(key) + 2 : -1] if assigned.startswith(f'{key}="') else redact(value)


def checked(raw: bytes, options: ReadOptions, *, without: frozenset[str] = frozenset()) -> bytes:
    """Return the JSON record `raw` without secrets, for formats that read record by record.

    Members called as in `without` are left out at any depth: people, recorded traffic.

    Raises:
        SkipRecordError: it is nested too deeply, or not JSON.
    """
    check_depth(raw, options.max_depth)
    has_dropped, has_secret = has_member(raw, without), is_suspect(raw)
    if not has_dropped and not has_secret:
        return raw
    value = decode_json(raw)
    if has_dropped:
        value = without_members(value, without)
    return msgspec.json.encode(redacted_value(value, options.redact) if has_secret else value)
