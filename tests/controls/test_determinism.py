"""The order in which rows lie in the cache decides nothing: no verdict, reason, number or row."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from riskcockpit.config import paths
from riskcockpit.config.paths import shipped
from riskcockpit.controls.cases import fill
from riskcockpit.controls.pack import load
from riskcockpit.controls.run import evaluate
from riskcockpit.kpis import catalogue
from riskcockpit.kpis.compute import behind, measure
from riskcockpit.store.scratch import scratch
from support.caches import statement

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CONTROLS = load(shipped("config", "controls"))
KPIS = catalogue.load()
World = Mapping[str, list[dict[str, Any]]]
KEYS = statement(
    "SELECT table_name, constraint_column_names FROM duckdb_constraints() "
    "WHERE constraint_type = 'PRIMARY KEY'"
)
TWINS: Mapping[str, tuple[str, ...]] = {
    "finding": ("id", "title", "owner", "vulnerability"),
    "reading": ("value", "threshold", "is_breach", "sample_size", "version"),
    "scan": ("id", "quarantined", "read_count"),
    "ledger_entry": ("hash", "actor"),
    "action": ("id", "target"),
    "quarantine": ("reason",),
    "model_alias_move": ("from_version", "to_version"),
}
"""Table → the columns in which a twin differs; in what rows are ordered by, twins are equal."""


def moved(value: Any) -> Any:
    """Return another value of the same type."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, (int, float)) else f"{value}~"


def twin(table: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row that only its content tells from `row`."""
    names = [name for name in TWINS[table] if row.get(name) is not None]
    made = {**row, **{name: moved(row[name]) for name in names}}
    if table == "reading":
        made["is_breach"] = not row.get("is_breach", False)
    if table == "finding":
        made |= {"owner": f"{row.get('owner', '')}~", "title": f"{row.get('title', '')}~"}
    return made


def rows_of_cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every row of every case of every control, as of one moment, each with its twin."""
    for control in CONTROLS:
        for case in control.cases:
            offset = NOW - case.as_of
            for table, rows in case.rows.items():
                for row in rows:
                    here = {
                        name: value + offset if isinstance(value, datetime) else value
                        for name, value in row.items()
                    }
                    yield table, here
                    if table in TWINS:
                        yield table, twin(table, here)


def world() -> dict[str, list[dict[str, Any]]]:
    """Return all of that as one cache; of one key the first counts."""
    with scratch(NOW) as writer:
        keys = dict(writer.rows(KEYS))
    found: dict[str, list[dict[str, Any]]] = {}
    seen: set[tuple[Any, ...]] = set()
    for number, (table, row) in enumerate(rows_of_cases()):
        if table == "finding":
            row["id"] = f"{row.get('id', '')}#{number}"
        if table in keys:
            key = (table, *(row.get(name, "") for name in keys[table]))
            if key in seen:
                continue
            seen.add(key)
        found.setdefault(table, []).append(row)
    return found


def judged(rows: World) -> dict[str, Any]:
    """Return what all controls and KPIs say of a cache, by their ids."""
    with scratch(NOW) as writer:
        fill(writer, rows, NOW)
        said: dict[str, Any] = {
            result.control_id: result for result in evaluate(writer, CONTROLS, NOW)
        }
        for kpi, reading in zip(KPIS, measure(writer, KPIS, NOW), strict=True):
            said[f"KPI {kpi.id}"] = (reading, behind(writer, kpi, NOW))
        return said


@pytest.fixture(scope="module")
def base() -> tuple[World, dict[str, Any]]:
    """The cache, and what is said of it."""
    rows = world()
    return rows, judged(rows)


def test_the_cache_is_worth_shuffling(base: tuple[World, dict[str, Any]]) -> None:
    rows, said = base
    assert sum(map(len, rows.values())) > 1000
    verdicts = [said[control.id].verdict.value for control in CONTROLS]
    assert "error" not in verdicts
    assert verdicts.count("alarm") > len(CONTROLS) / 2


@pytest.mark.parametrize("order", ["reversed", "shuffled", "sorted"])
def test_the_order_of_rows_decides_nothing(base: tuple[World, dict[str, Any]], order: str) -> None:
    rows, said = base
    chance = random.Random(5)  # noqa: TID251 - the seed is part of the test
    other: dict[str, list[dict[str, Any]]] = {}
    for table, listed in rows.items():
        other[table] = listed[::-1] if order == "reversed" else sorted(listed, key=repr)
        if order == "shuffled":
            chance.shuffle(other[table])
    again = judged(other)
    assert [name for name in said if said[name] != again[name]] == []


TIED = re.compile(
    r"\bany_value\s*\(|\b(?:first|last|mode)\s*\(|"
    r"\b(?:arg_(?:max|min)(?:_null)?|m(?:ax|in)_by)\s*\([^()]*,\s*(?:\w+\.)?\"?(?!(?:id|ordinal|place)\b)\w+\"?\s*\)|"
    r"(?<!unnest\()\b(?:string_agg|list|array_agg)\s*\((?!(?:[^()]|\([^()]*\))*?ORDER BY)"
)


SOURCE = Path(paths.__file__).resolve().parents[1]
HARMLESS = {
    "models_readings": "the first of the one row that is the newest",
    "last_scan": "the contents of a scan are asked for as a set",
}
FILES = [
    *shipped("config").rglob("*.sql"), *SOURCE.glob("services/sql/*.sql"),
    *SOURCE.glob("ingest/sql/*.sql"),
]  # fmt: skip


@pytest.mark.parametrize("file", sorted(FILES), ids=lambda file: file.stem)
def test_no_statement_leaves_a_tie_to_the_order_of_rows(file: Path) -> None:
    text = re.sub(r"--.*", "", file.read_text(encoding="utf-8"))
    assert TIED.findall(text) == [] or file.stem in HARMLESS
    for window in re.findall(r"row_number\(\) OVER \(([^()]*)\)", text):
        order = window.partition("ORDER BY")[2]
        assert "," in order or order.strip() == "n", window
