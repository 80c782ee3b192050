"""Binds statements against an empty migrated cache, with values of their declared types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from riskcockpit.domain.clock import FrozenClock
from riskcockpit.store.database import Writer
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import Sql, sql

NOW = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
SAMPLES: dict[str, Any] = {
    "VARCHAR": "x", "BOOLEAN": True, "TINYINT": 1, "SMALLINT": 1, "INTEGER": 1, "BIGINT": 1,
    "DOUBLE": 1.5, "TIMESTAMP": NOW.replace(tzinfo=None), "DATE": NOW.date(), "BLOB": b"x",
    "DECIMAL": Decimal("1.50"), "VARCHAR[]": ["x"], "INTEGER[]": [1], "BIGINT[]": [1],
    "DOUBLE[]": [0.5],
}  # fmt: skip
_EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE_INTO", "CREATE")
_NOISE = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_PLACEHOLDER = re.compile(r"\$([a-z_][a-z0-9_]*)")


@contextmanager
def empty_cache(directory: Path) -> Iterator[Writer]:
    """Give a writer over an empty migrated cache with every table that statements expect."""
    with Store(directory, FrozenClock(NOW)).writer() as tx:
        tx.discard()
        tx.cursor().commit()  # one transaction cannot write to two databases
        tx.rows(sql("store", "scratch_attach"))
        tx.rows(sql("store", "key_list"))
        tx.stage_descriptions({})
        for kind in ("wording", "place"):
            tx.rows(sql("store", f"listing_{kind}_pending"))
            tx.rows(sql("store", f"listing_{kind}_numbered"))
        yield tx


def staged_tables(package: str) -> Mapping[str, Mapping[str, str]]:
    """Return the temporary tables that a package declares as `TABLES` of these modules."""
    tables: dict[str, Mapping[str, str]] = {}
    for module in ("staging", "vex"):
        name = f"riskcockpit.{package}.{module}"
        if find_spec(name) is not None:
            tables |= getattr(import_module(name), "TABLES", {})
    return tables


def bind(tx: Writer, statement: Sql) -> None:
    """Fail as DuckDB does when the statement does not fit the tables or its parameters."""
    kinds = [found.type.name for found in duckdb.extract_statements(statement.text)]
    assert len(kinds) == 1, f"{statement.name} holds {len(kinds)} statements"
    used = set(_PLACEHOLDER.findall(_NOISE.sub("", statement.text)))
    declared = dict(statement.params)
    assert used == declared.keys(), f"{statement.name} uses {used}, declares {set(declared)}"
    if kinds[0] not in _EXPLAINED:
        return
    values = {name: sample(type_) for name, type_ in declared.items()}
    tx.cursor().execute(f"EXPLAIN {statement.text}", values or None)


def sample(type_: str) -> Any:
    """Return a value of a declared type."""
    name = type_.upper()
    return SAMPLES["DECIMAL"] if name.startswith("DECIMAL") else SAMPLES[name]
