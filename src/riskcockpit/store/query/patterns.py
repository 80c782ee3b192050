"""Regular expressions are judged by the engine that will run them."""

from __future__ import annotations

from functools import cache, lru_cache
from threading import Lock

import duckdb

from riskcockpit.store.sql import sql

_LOCK = Lock()


@lru_cache(maxsize=256)
def pattern_fault(pattern: str) -> str:
    """Return why `pattern` is not a regular expression of RE2; empty when it is one."""
    with _LOCK:
        try:
            _engine().execute(sql("store", "pattern_check").text, {"pattern": pattern})
        except duckdb.Error as error:
            said = str(error).partition(": ")[2].removesuffix(f": {pattern}")
            return " ".join(said.split()) or "RE2 refuses it"
    return ""


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:", config={"threads": "1", "enable_external_access": "false"})
