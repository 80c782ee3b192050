"""A deterministic world for measurements: as many findings as wanted, made by the database."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from riskcockpit.domain.clock import FrozenClock
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import Sql, parse

AS_OF = datetime(2026, 11, 24, 12, tzinfo=UTC)
"""The moment all measurements happen at."""


def statement(name: str) -> Sql:
    """Return the statement `bench/sql/<name>.sql`."""
    file = Path(__file__).resolve().parent / "sql" / f"{name}.sql"
    return parse(f"bench/{name}", file.read_text("utf-8"))


def make_world(directory: Path, count: int) -> Store:
    """Publish a cache of `count` findings under `directory` and return its store."""
    store = Store(directory, FrozenClock(AS_OF))
    with store.writer() as tx:
        tx.execute(statement("world_findings"), count=count, as_of=AS_OF, rev=tx.generation)
        tx.execute(statement("world_descriptions"))
    return store


def environment(home: Path) -> dict[str, str]:
    """Return what a program over `home` runs in: from bytecode, as installed programs do."""
    variables = {**os.environ, "RISKCOCKPIT_HOME": str(home)}
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    variables["PYTHONPYCACHEPREFIX"] = str(home.parent / "bytecode")
    return variables
