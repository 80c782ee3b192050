"""Every statement fits the schema and its own header, on every DuckDB we support."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

import riskcockpit
from riskcockpit.errors import FatalError
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import Clauses, filled, parse, sql, statement_names, used_params
from support.binding import bind, empty_cache, staged_tables

SOURCE = Path(riskcockpit.__file__).parent
PACKAGES = sorted(folder.parent.name for folder in SOURCE.glob("*/sql") if folder.is_dir())
STATEMENTS = [(package, name) for package in PACKAGES for name in statement_names(package)]
HEADER = "-- A sentence.\n-- params: {params}\n-- returns: something\n"


@pytest.fixture(scope="module")
def tx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writer]:
    with empty_cache(tmp_path_factory.mktemp("cache")) as writer:
        yield writer


@pytest.mark.parametrize(("package", "name"), STATEMENTS, ids=[f"{p}/{n}" for p, n in STATEMENTS])
def test_a_statement_binds_with_its_declared_parameters(
    tx: Writer, package: str, name: str
) -> None:
    for table, columns in staged_tables(package).items():
        tx.stage(table, columns, ())
    if package == "ingest":
        tx.rows(sql("ingest", "told"))
    bind(tx, sql(package, name))


def test_every_package_with_statements_was_found() -> None:
    assert {"store", "services"} <= set(PACKAGES)


def test_sql_stands_nowhere_but_in_the_folders_that_are_tested() -> None:
    tested = {SOURCE / package / "sql" / f"{name}.sql" for package, name in STATEMENTS}
    others = {file for file in SOURCE.rglob("*.sql") if "migrations" not in file.parts}
    assert others - tested == {f for f in others if "_shipped" in f.parts}


@pytest.mark.parametrize(
    ("params", "body"),
    [
        ("none", "SELECT severty FROM finding"),
        ("none", "SELECT id FROM findings"),
        ("id VARCHAR", "SELECT sum($id) FROM finding WHERE id = $id"),
    ],
    ids=["unknown column", "unknown table", "wrong type"],
)
def test_a_statement_that_does_not_fit_the_schema_is_refused(
    tx: Writer, params: str, body: str
) -> None:
    with pytest.raises(duckdb.Error):
        bind(tx, parse("test/statement", HEADER.format(params=params) + body))


@pytest.mark.parametrize(
    ("params", "body"),
    [
        ("none", "SELECT id FROM finding WHERE id = $id"),
        ("id VARCHAR, more INTEGER", "SELECT id FROM finding WHERE id = $id"),
        ("id VARCHAR", "SELECT id FROM finding WHERE id = '$id'"),
        ("none", "SELECT 1; SELECT 2"),
    ],
    ids=["missing parameter", "superfluous parameter", "parameter in quotes", "two statements"],
)
def test_a_header_that_does_not_fit_its_statement_is_refused(
    tx: Writer, params: str, body: str
) -> None:
    with pytest.raises(AssertionError):
        bind(tx, parse("test/statement", HEADER.format(params=params) + body))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "-- A sentence.\n-- returns: x\nSELECT 1",
        "-- A sentence.\n-- params: none\nSELECT 1",
        "-- params: none\n-- returns: x\nSELECT 1",
        "-- A sentence.\n-- params: id\n-- returns: x\nSELECT 1",
    ],
    ids=["no header", "no params", "no returns", "no sentence", "no type"],
)
def test_a_file_without_a_whole_header_is_refused(text: str) -> None:
    with pytest.raises(FatalError):
        parse("test/statement", text)


def test_an_unknown_statement_names_the_nearest() -> None:
    with pytest.raises(FatalError) as caught:
        sql("store", "checkpont")
    assert caught.value.hint == "did you mean 'checkpoint'?"


def test_a_filled_statement_declares_only_the_parameters_it_uses() -> None:
    clauses = Clauses("severity >= $q0", "due_at < $q1, id", {"q0": 3, "q1": None, "q2": 1})
    both, condition = sql("services", "finding_rows"), sql("services", "finding_facets")
    assert set(used_params(both, clauses)) == {"q0", "q1"}
    assert set(used_params(condition, clauses)) == {"q0"}
    assert filled(both, clauses).parameter_names == {"count", "q0", "q1"}
