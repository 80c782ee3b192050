"""Every statement of ingest binds: its columns, its parameters and its temporary tables exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from riskcockpit.ingest.staging import TABLES
from riskcockpit.store.database import Writer
from riskcockpit.store.sql import Sql, sql, statement_names
from support.ingesting import open_bank


@pytest.fixture(scope="module")
def tx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writer]:
    directory: Path = tmp_path_factory.mktemp("binds")
    with open_bank(directory).writing() as writer:
        for table, columns in TABLES.items():
            writer.stage(table, columns, [])
        yield writer
        writer.discard()


@pytest.mark.parametrize("name", statement_names("ingest"))
def test_a_statement_binds_against_an_empty_cache_and_its_temporary_tables(
    name: str, tx: Writer
) -> None:
    statement = sql("ingest", name)
    explained = Sql(f"explain {name}", f"EXPLAIN {statement.text}", statement.params)
    assert tx.rows(explained, **dict.fromkeys(statement.parameter_names))
