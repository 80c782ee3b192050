"""Caches for tests: stores with a frozen clock, and findings with sensible columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from riskcockpit.config.paths import Paths
from riskcockpit.domain.clock import FrozenClock
from riskcockpit.domain.ids import digest
from riskcockpit.services.context import Context
from riskcockpit.store.snapshots import Store
from riskcockpit.store.sql import Sql

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def statement(text: str, *params: str) -> Sql:
    """Return a statement of a test; `params` are the names of its parameters."""
    return Sql("a test", text, tuple((name, "ANY") for name in params))


COUNT = statement("SELECT count(*) FROM finding")


def open_store(directory: Path, **options: Any) -> Store:
    """Return a store whose clock stands still at NOW."""
    return Store(directory, FrozenClock(NOW), **options)


def context(directory: Path) -> Context:
    """Return a context over a store in `directory`, with default settings."""
    return Context.open(Paths.under(directory), FrozenClock(NOW))


def finding(name: str, **columns: Any) -> dict[str, Any]:
    """Return the columns of a finding, whose id is the digest of `name`."""
    return _FINDING | {"id": digest([name]), "title": name} | columns


def publish(store: Store, tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> int:
    """Append rows to tables in one publish and return the generation."""
    with store.writer() as tx:
        for table, rows in tables.items():
            tx.append(table, rows)
        return tx.generation


_TEXTS = (
    "category description help_url severity_raw severity_source snippet package_type package_name "
    "package_version fixed_version package_layer vulnerability model monitor metric segment "
    "resource waiver_id correlation raw_hash scan_id"
)
_FINDING: dict[str, Any] = dict.fromkeys(_TEXTS.split(), "") | {
    "class": "code",
    "asset": "payments-api",
    "tool": "semgrep",
    "rule": "sql-injection",
    "branch": "main",
    "scope": digest(["scope"]),
    "severity": 3,
    "state": "open",
    "is_unconfirmed_absent": False,
    "pillar": "infrastructure_hardening",
    "owner": "payments",
    "path": "src/app.py",
    "line": 10,
    "location_count": 1,
    "vulnerability_ids": [],
    "cwes": [],
    "is_kev": False,
    "first_seen": NOW - timedelta(days=10),
    "last_seen": NOW - timedelta(hours=1),
    "detected_at": NOW - timedelta(days=10),
    "reopened_count": 0,
    "exposure": Decimal("1000.00"),
    "source_id": "test",
    "seen_at": NOW,
}
