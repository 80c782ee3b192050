"""Raw records: what the report said, after redaction, kept compressed for the drill-down.

Records of one scan are compressed together in groups of `GROUP`: alone they take four times the
space and ten times the CPU. `finding.raw_hash` is `<scan id>:<number>`; the group that holds it
is the row of `raw_record` with the hash `<scan id>:<number // GROUP>`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from riskcockpit.store.database import Reader
from riskcockpit.store.sql import sql

GROUP = 128
_LENGTH = 8


def pack(scan_id: str, raws: Sequence[bytes], numbers: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Yield rows for `raw_record` with those of `raws` that `numbers`, ascending, name.

    Records that are empty are left out; one may be anything that `bytes.join` takes.
    """
    for index, group in groupby(numbers, lambda number: number // GROUP):
        kept = [number for number in group if raws[number]]
        if kept:
            yield _row(f"{scan_id}:{index}", kept, [raws[number] for number in kept])


def raw_record(reader: Reader, raw_hash: str) -> bytes | None:
    """Return the redacted JSON of one record, or None when it was not kept."""
    scan_id, _, text = raw_hash.partition(":")
    if not text.isdigit():
        return None
    number = int(text)
    row = reader.one(sql("ingest", "raw_group"), hash=f"{scan_id}:{number // GROUP}")
    return _unpack(bytes(row[0])).get(number) if row else None


def _row(name: str, numbers: Sequence[int], records: Sequence[bytes]) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415 - only writers need it, and it is slow to import

    head = msgspec.json.encode(list(zip(numbers, map(len, records), strict=True)))
    plain = b"".join((len(head).to_bytes(_LENGTH, "big"), head, *records))
    packed = pa.Codec("zstd").compress(plain, asbytes=True)
    return {"hash": name, "content": len(plain).to_bytes(_LENGTH, "big") + packed}


def _unpack(content: bytes) -> dict[int, bytes]:
    import pyarrow as pa  # noqa: PLC0415 - as above

    size = int.from_bytes(content[:_LENGTH], "big")
    plain = pa.Codec("zstd").decompress(content[_LENGTH:], decompressed_size=size, asbytes=True)
    body = _LENGTH + int.from_bytes(plain[:_LENGTH], "big")
    records: dict[int, bytes] = {}
    for number, length in json.loads(plain[_LENGTH:body]):
        records[number] = plain[body : body + length]
        body += length
    return records
