"""What a cache says, as bytes that are equal when it says the same, however it came to say it.

Left out is what tells only in which publish a row was written: generations, the scans and raw
records that are named by them, and numbers of texts, which go by who came first. So are the
validators, which speak of the last requests alone. Rows are sorted, columns go by name.
"""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from riskcockpit.store.snapshots import Store
from support.caches import statement

TABLES = (
    "asset finding finding_alias finding_location finding_sighting finding_event raw_record"
    " model model_version model_alias model_alias_move reading"
)
_OF_THE_PUBLISH = {"rev", "scan_id", "raw_hash", "hash", "wording_id", "place_id"}
_OF_THE_SOURCE = ("name", "kind", "state", "cursor", "full_at", "is_truncated", "message")


def canonical_export(store: Store) -> bytes:
    """Return findings, models, readings and where the sources go on, one row a line."""
    lines: list[str] = []
    with store.reader() as reader:
        for table in TABLES.split():
            rows = reader.records(statement(f"SELECT * FROM {table}"))  # noqa: S608 - our names
            lines += sorted(f"{table} {_line(row)}" for row in rows)
        for row in reader.records(statement("SELECT * FROM source ORDER BY name")):
            lines.append(f"source {_line({name: row[name] for name in _OF_THE_SOURCE})}")
    return "\n".join(lines).encode()


def _line(row: dict[str, Any]) -> str:
    kept = {name: value for name, value in row.items() if name not in _OF_THE_PUBLISH}
    return json.dumps(kept, sort_keys=True, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal | bytes):
        return repr(value)
    raise TypeError(type(value))
